-- What did not get in as it stands on the day: one row instead of all for what a sender recalled. Money is tiyn.
-- Grain: a line, document or file. Inputs: recorded_quarantine, recorded_deliveries, recorded_totals, withdrawn (sequence).
FROM recorded_quarantine ANTI JOIN withdrawn USING (sequence)
UNION ALL BY NAME
SELECT
    sequence, 0 AS place, 0 AS line_no, received_on, file_sha256, sender, 'withdrawn' AS reason,
    getvariable('withdrawn_message') AS message, sum_tiyn AS amount_tiyn
FROM recorded_deliveries
SEMI JOIN withdrawn USING (sequence)
LEFT JOIN (
    SELECT sequence, min(sender) AS sender FROM recorded_totals GROUP BY sequence HAVING count(DISTINCT sender) = 1
) USING (sequence)
