-- Return lines under current ids. Grain: a return line (sequence, line_no). Inputs: ledger_returns, links.
SELECT r.*, coalesce(payer_link.current, r.payer) AS payer_now, coalesce(person_link.current, r.person) AS iin
FROM ledger_returns r
LEFT JOIN links payer_link ON payer_link.person = r.payer
LEFT JOIN links person_link ON person_link.person = r.person
