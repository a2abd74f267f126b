-- Breaks that a document, a penalty, a quarantined line or a return gives: they stand on the day of receipt.
-- What was released by replay or accept, or judged anew since, is no break any more.
-- Grain: one row per document, line or return line. Money is tiyn.
-- Inputs: money, ledger_documents, ledger_quarantine, ledger_transfers, matched_returns, lines_gone, fallen.
WITH penalty AS (
    SELECT
        'penalty' AS code, iin, payer, period, paid_tiyn AS amount_tiyn, file_sha256, line_no, received_on AS true_on
    FROM money
    WHERE knp IN ('123', '124') AND payer_kind = 'penalty' -- the files tell where lines of a KNP lie
),
refund AS (
    SELECT
        'refund_in_transit', NULL::UBIGINT, NULL::UBIGINT, NULL::DATE,
        least(sum(t.amount_tiyn), 9223372036854775807)::BIGINT, d.file_sha256, d.line_no, d.received_on
    FROM ledger_transfers t
    JOIN ledger_documents d USING (sequence, document_no)
    WHERE t.kind = 'refund'
    GROUP BY sequence, document_no, d.file_sha256, d.line_no, d.received_on
),
refused AS (
    SELECT
        refused_reason, NULL::UBIGINT, NULL::UBIGINT, NULL::DATE,
        CASE refused_reason WHEN 'duplicate_document' THEN found_tiyn ELSE difference_tiyn END,
        file_sha256, line_no, received_on
    FROM (
        -- where the file as such is refused, nothing is told of its documents
        FROM ledger_documents inner_one
        WHERE document_no = -1 OR sequence NOT IN (SELECT sequence FROM ledger_documents WHERE document_no = -1 AND refused_reason IS NOT NULL)
    ) told
    ANTI JOIN fallen f ON f.sequence = told.sequence AND f.place = told.line_no
    WHERE refused_reason IN ('control_total', 'control_count', 'document_differs', 'duplicate_document')
),
quarantined AS (
    SELECT reason, NULL::UBIGINT, NULL::UBIGINT, NULL::DATE, amount_tiyn, file_sha256, line_no, received_on
    FROM ledger_quarantine told
    ANTI JOIN fallen f ON f.sequence = told.sequence AND f.place = told.place
    WHERE reason IN ('unsupported_knp', 'duplicate_payment')
),
unmatched_return AS (
    SELECT
        outcome, iin, payer, period, amount_tiyn, file_sha256, line_no,
        greatest(true_on, (
            SELECT max(gone_on)
            FROM lines_gone w
            WHERE w.payer_now = r.payer_now AND w.iin = r.iin AND w.period = r.period AND w.knp = r.knp
                AND w.reference IN ('', r.document_reference)
        ))
    FROM matched_returns r
    WHERE outcome <> 'matched'
)
FROM penalty UNION ALL FROM refund UNION ALL FROM refused UNION ALL FROM quarantined UNION ALL FROM unmatched_return
