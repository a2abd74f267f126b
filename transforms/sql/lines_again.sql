-- Payment lines of which a return is gone since this month, with the day since which they count again.
-- Grain: a payment line. Inputs: ledger_payments, links, keys_as_written, counts_again.
SELECT p.*, max(again.again_on) AS again_on
FROM (FROM ledger_payments SEMI JOIN (FROM keys_as_written('counts_again')) USING (person, period, payer, knp)) p
LEFT JOIN links payer_link ON payer_link.person = p.payer
LEFT JOIN links person_link ON person_link.person = p.person
JOIN counts_again again
    ON again.payer_now = coalesce(payer_link.current, p.payer) AND again.iin = coalesce(person_link.current, p.person)
    AND again.period = p.period AND again.knp = p.knp
    AND (again.reference = '' OR again.reference = p.document_reference)
GROUP BY ALL
