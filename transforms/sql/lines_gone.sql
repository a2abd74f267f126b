-- Payment and return lines that count no more, with the day: what misses them became true then, not when it was received.
-- A line is gone that was recalled; and a return of which, since a second payment came, nothing tells which one it means.
-- Grain: a line. Inputs: recorded_payments, recorded_returns, withdrawn (sequence, withdrawn_on), links, matched_returns.
SELECT
    coalesce(payer_link.current, p.payer) AS payer_now, coalesce(person_link.current, p.person) AS iin, p.period, p.knp,
    w.withdrawn_on AS gone_on, came_back
FROM (SELECT *, false AS came_back FROM recorded_payments UNION ALL SELECT *, true FROM recorded_returns) p
JOIN withdrawn w USING (sequence)
LEFT JOIN links payer_link ON payer_link.person = p.payer
LEFT JOIN links person_link ON person_link.person = p.person
UNION ALL
SELECT payer_now, iin, period, knp, true_on, true
FROM matched_returns
WHERE outcome = 'return_without_payment' AND true_on > received_on
