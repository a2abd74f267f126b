-- Payment and return lines that count no more, with the day: what misses them became true then, not when it was received.
-- A line is gone that was recalled; and a return of which, since a second payment came, nothing tells which one it means.
-- `reference` is the document's; empty where it has none, or a return of the same payer, person, period and KNP states none:
-- which line such a one means follows from all the others.
-- Grain: a line. Inputs: recorded_payments, recorded_returns, withdrawn (sequence, withdrawn_on), matched_returns,
-- current_returns, money_of.
WITH gone AS (
    SELECT *, withdrawn_on AS gone_on, false AS came_back FROM recorded_payments JOIN withdrawn USING (sequence)
    UNION ALL BY NAME
    SELECT *, withdrawn_on AS gone_on, true AS came_back FROM recorded_returns JOIN withdrawn USING (sequence)
    UNION ALL BY NAME
    SELECT *, true_on AS gone_on, true AS came_back
    FROM matched_returns
    WHERE outcome = 'return_without_payment' AND true_on > received_on
),
line AS (
    SELECT m.payer_now, m.iin, m.period, m.knp, m.payer_kind, coalesce(m.document_reference, '') AS reference, gone_on, came_back
    FROM money_of('gone') m
    JOIN (SELECT sequence, line_no, gone_on, came_back FROM gone) USING (sequence, line_no)
),
loose AS (
    SELECT payer_now, iin, period, knp
    FROM (FROM current_returns WHERE coalesce(document_reference, '') = '')
    SEMI JOIN line USING (payer_now, iin, period, knp)
    UNION
    SELECT payer_now, iin, period, knp FROM line WHERE came_back AND reference = ''
)
SELECT line.* REPLACE (CASE WHEN loose.iin IS NULL THEN reference ELSE '' END AS reference)
FROM line
LEFT JOIN loose USING (payer_now, iin, period, knp)
