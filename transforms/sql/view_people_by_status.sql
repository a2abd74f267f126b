-- How many people have which status and why, with their arrears. Grain: one row per (status, reason). Inputs: insured_status.
SELECT status, reason, people, arrears_tiyn, (arrears_tiyn * 0.01::DECIMAL(3, 2))::DECIMAL(20, 2) AS arrears_tenge
FROM (
    SELECT status, reason, count(*) AS people, least(sum(arrears_tiyn), 9223372036854775807)::BIGINT AS arrears_tiyn
    FROM insured_status
    GROUP BY status, reason
)
ORDER BY status, people DESC, reason
