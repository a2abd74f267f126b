-- Which payers sent deductions (121) without contributions (122) or the other way round, for whom they used to send both.
-- Grain: one row per (payer_id, period). Inputs: breaks.
SELECT
    payer_id, period, count(DISTINCT iin) AS people,
    count(*) FILTER (code = 'missing_contribution') AS missing_contributions,
    count(*) FILTER (code = 'missing_deduction') AS missing_deductions
FROM breaks
WHERE code IN ('missing_contribution', 'missing_deduction')
GROUP BY payer_id, period
ORDER BY people DESC, payer_id, period
