-- How many days after their value date payments came in. Grain: one row per (payer_bank, days). Inputs: payments, files.
SELECT payer_bank, days, people, lines, paid_tiyn, (paid_tiyn * 0.01::DECIMAL(3, 2))::DECIMAL(20, 2) AS paid_tenge
FROM (
    SELECT
        payer_bank, date_diff('day', value_date, received_on) AS days, count(DISTINCT iin) AS people, count(*) AS lines,
        least(sum(p.paid_tiyn), 9223372036854775807)::BIGINT AS paid_tiyn
    FROM payments p
    JOIN (
        SELECT file_sha256, min(received_on) AS received_on FROM files WHERE accepted_lines > 0 GROUP BY file_sha256
    ) first_delivery USING (file_sha256)
    GROUP BY 1, 2
)
ORDER BY payer_bank, days
