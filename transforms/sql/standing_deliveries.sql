-- Deliveries as they stand on the day: what a sender recalled is refused as a whole. Grain: a delivery. Money is tiyn.
-- Inputs: recorded_deliveries, withdrawn (sequence).
FROM recorded_deliveries ANTI JOIN withdrawn USING (sequence)
UNION ALL BY NAME
SELECT * REPLACE (
    'withdrawn' AS refused_reason, NULL AS register, lines AS refused_lines, sum_tiyn AS refused_tiyn,
    0 AS accepted_lines, 0 AS accepted_tiyn, 0 AS quarantined_lines, 0 AS quarantined_tiyn, 0 AS duplicate_lines, 0 AS duplicate_tiyn
)
FROM recorded_deliveries SEMI JOIN withdrawn USING (sequence)
