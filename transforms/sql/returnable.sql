-- Payment lines that a return could mean: same payer, person, period and KNP as some return, by current ids.
-- Grain: one row per payment line (sequence, line_no). Inputs: likely_returned (all lines that could have one of the keys, and
-- maybe others), last_sequence (variable: the last delivery that is known), withdrawn, return_keys, links.
SELECT
    p.sequence, p.line_no, p.received_on, p.person, p.period, p.value_date, p.knp,
    p.document_reference, p.document_number, p.amount_tiyn,
    coalesce(payer_link.current, p.payer) AS payer_now, coalesce(person_link.current, p.person) AS iin
FROM likely_returned p
SEMI JOIN return_keys USING (person, period, payer, knp)
ANTI JOIN withdrawn USING (sequence)
LEFT JOIN links payer_link ON payer_link.person = p.payer
LEFT JOIN links person_link ON person_link.person = p.person
WHERE p.sequence <= getvariable('last_sequence')
