-- Payment lines that a return could mean: same payer, person, period and KNP as some return, by current ids.
-- Asked for as written, under every id that leads to the current one, so that no other line is looked at twice.
-- Grain: one row per payment line (sequence, line_no). Inputs: ledger_payments, ledger_returns, links.
WITH wanted AS (
    SELECT DISTINCT
        coalesce(payer_link.current, r.payer) AS payer_now, coalesce(person_link.current, r.person) AS iin, r.period, r.knp
    FROM ledger_returns r
    LEFT JOIN links payer_link ON payer_link.person = r.payer
    LEFT JOIN links person_link ON person_link.person = r.person
),
known_as AS (
    SELECT current AS id, person AS written FROM links
    UNION
    SELECT current, current FROM links
),
written AS (
    SELECT DISTINCT coalesce(payer_as.written, payer_now) AS payer, coalesce(person_as.written, iin) AS person, period, knp
    FROM wanted
    LEFT JOIN known_as payer_as ON payer_as.id = payer_now
    LEFT JOIN known_as person_as ON person_as.id = iin
)
SELECT
    p.sequence, p.line_no, p.file_sha256, p.received_on, p.person, p.period, p.value_date, p.knp,
    p.document_reference, p.document_number, p.amount_tiyn,
    coalesce(payer_link.current, p.payer) AS payer_now, coalesce(person_link.current, p.person) AS iin
FROM (FROM ledger_payments SEMI JOIN written USING (person, period, payer, knp)) p
LEFT JOIN links payer_link ON payer_link.person = p.payer
LEFT JOIN links person_link ON person_link.person = p.person
ORDER BY p.sequence, p.line_no
