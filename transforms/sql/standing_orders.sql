-- Payment orders that stand for money of their own: a message of which nothing got in gives way to its corrected resend,
-- not to its own lines that a replay let in, for these are no order.
-- Grain: an order. Inputs: ledger_orders, ledger_documents.
FROM ledger_orders
ANTI JOIN (
    SELECT mended.sequence, mended.document_no
    FROM ledger_documents mended
    SEMI JOIN (
        FROM ledger_documents SEMI JOIN ledger_orders USING (sequence, document_no) WHERE accepted_lines > 0
    ) taken USING (document_key)
    WHERE coalesce(mended.accepted_lines, 0) = 0
) USING (sequence, document_no)
