-- People by status, reason and what covers the month. Grain: one row per (status, reason, basis, category, payer_kind), without
-- a basis where nothing covers it. Arrears are tiyn. Inputs: insured_status, coverage (iins as numbers).
SELECT status, reason, basis, category, payer_kind, count(*) AS people, sum(arrears_tiyn) AS arrears_tiyn
FROM insured_status
LEFT JOIN coverage USING (iin)
GROUP BY ALL
ORDER BY ALL
