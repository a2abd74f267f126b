-- Payment lines that a return could mean: same payer, person, period and KNP as some return, by current ids.
-- Grain: one row per payment line (sequence, line_no). Inputs: ledger_payments, ledger_returns, links.
WITH wanted AS (
    SELECT DISTINCT
        coalesce(payer_link.current, r.payer) AS payer_now, coalesce(person_link.current, r.person) AS iin, r.period, r.knp
    FROM ledger_returns r
    LEFT JOIN links payer_link ON payer_link.person = r.payer
    LEFT JOIN links person_link ON person_link.person = r.person
),
paid AS (
    SELECT
        p.sequence, p.line_no, p.received_on, p.period, p.knp, p.document_reference, p.document_number, p.amount_tiyn,
        coalesce(payer_link.current, p.payer) AS payer_now, coalesce(person_link.current, p.person) AS iin
    FROM ledger_payments p
    LEFT JOIN links payer_link ON payer_link.person = p.payer
    LEFT JOIN links person_link ON person_link.person = p.person
)
SELECT paid.* FROM paid SEMI JOIN wanted USING (payer_now, iin, period, knp) ORDER BY sequence, line_no
