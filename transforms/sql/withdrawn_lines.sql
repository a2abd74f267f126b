-- Payment and return lines that were recalled, with the day: what misses them became true then, not when it was received.
-- Grain: a line. Inputs: recorded_payments, recorded_returns, withdrawn (sequence, withdrawn_on), links.
SELECT
    coalesce(payer_link.current, p.payer) AS payer_now, coalesce(person_link.current, p.person) AS iin, p.period, p.knp,
    w.withdrawn_on
FROM (FROM recorded_payments UNION ALL FROM recorded_returns) p
JOIN withdrawn w USING (sequence)
LEFT JOIN links payer_link ON payer_link.person = p.payer
LEFT JOIN links person_link ON person_link.person = p.person
