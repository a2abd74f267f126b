-- How many people have which status and why, with their arrears. Grain: one row per (status, reason). Inputs: insured_status.
SELECT
    status, reason, count(*) AS people, sum(arrears_tiyn)::BIGINT AS arrears_tiyn,
    (sum(arrears_tiyn)::BIGINT * 0.01::DECIMAL(3, 2))::DECIMAL(20, 2) AS arrears_tenge
FROM insured_status
GROUP BY status, reason
ORDER BY status, people DESC
