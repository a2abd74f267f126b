-- Totals as they stand on the day: the lines of what a sender recalled are refused. Money is tiyn.
-- Grain: one row per (sequence, sender, knp). Inputs: recorded_totals, withdrawn (sequence).
FROM recorded_totals ANTI JOIN withdrawn USING (sequence)
UNION ALL BY NAME
SELECT * REPLACE (
    received_lines AS refused_lines, received_tiyn AS refused_tiyn, 0 AS accepted_lines, 0 AS accepted_tiyn,
    0 AS quarantined_lines, 0 AS quarantined_tiyn, 0 AS duplicate_lines, 0 AS duplicate_tiyn
)
FROM recorded_totals SEMI JOIN withdrawn USING (sequence)
