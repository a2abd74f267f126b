-- How old the arrears are: by months from a person's oldest missing month to the month of the snapshot.
-- Grain: one row per age_months. Inputs: insured_status.
SELECT
    date_diff('month', list_min(missing_months), month) AS age_months, count(*) AS people,
    count(*) FILTER (status = 'uninsured') AS uninsured, sum(len(missing_months))::BIGINT AS missing_months,
    sum(arrears_tiyn)::BIGINT AS arrears_tiyn,
    (sum(arrears_tiyn)::BIGINT * 0.01::DECIMAL(3, 2))::DECIMAL(20, 2) AS arrears_tenge
FROM insured_status
WHERE len(missing_months) > 0
GROUP BY 1
ORDER BY 1
