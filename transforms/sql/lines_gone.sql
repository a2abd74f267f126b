-- Payment and return lines that count no more, with the day: what misses them became true then, not when it was received.
-- A line is gone that was recalled; and a return of which, since a second payment came, nothing tells which one it means.
-- Grain: a line. Inputs: recorded_payments, recorded_returns, withdrawn (sequence, withdrawn_on), matched_returns, money_of.
WITH gone AS (
    SELECT *, withdrawn_on AS gone_on, false AS came_back FROM recorded_payments JOIN withdrawn USING (sequence)
    UNION ALL BY NAME
    SELECT *, withdrawn_on AS gone_on, true AS came_back FROM recorded_returns JOIN withdrawn USING (sequence)
    UNION ALL BY NAME
    SELECT *, true_on AS gone_on, true AS came_back
    FROM matched_returns
    WHERE outcome = 'return_without_payment' AND true_on > received_on
)
SELECT line.payer_now, line.iin, line.period, line.knp, line.payer_kind, line.document_reference, gone_on, came_back
FROM money_of('gone') line
JOIN (SELECT sequence, line_no, gone_on, came_back FROM gone) USING (sequence, line_no)
