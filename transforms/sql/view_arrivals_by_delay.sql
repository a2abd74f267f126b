-- How many days after their value date payments came in. Grain: one row per (payer_bank, days). Inputs: payments, files.
SELECT
    payer_bank, date_diff('day', value_date, received_on) AS days, count(DISTINCT iin) AS people, count(*) AS lines,
    sum(paid_tiyn)::BIGINT AS paid_tiyn, (sum(paid_tiyn)::BIGINT * 0.01::DECIMAL(3, 2))::DECIMAL(20, 2) AS paid_tenge
FROM payments
JOIN (
    SELECT file_sha256, min(received_on) AS received_on FROM files WHERE accepted_lines > 0 GROUP BY file_sha256
) first_delivery USING (file_sha256)
GROUP BY 1, 2
ORDER BY 1, 2
