-- How old the arrears are: by months from a person's oldest missing month to the month of the snapshot.
-- Grain: one row per age_months. Inputs: insured_status.
SELECT age_months, people, uninsured, missing_months, arrears_tiyn, (arrears_tiyn * 0.01::DECIMAL(3, 2))::DECIMAL(20, 2) AS arrears_tenge
FROM (
    SELECT
        date_diff('month', list_min(p.missing_months), month) AS age_months, count(*) AS people,
        count(*) FILTER (status = 'uninsured') AS uninsured, sum(len(p.missing_months))::BIGINT AS missing_months,
        least(sum(p.arrears_tiyn), 9223372036854775807)::BIGINT AS arrears_tiyn
    FROM insured_status p
    WHERE len(p.missing_months) > 0
    GROUP BY 1
)
ORDER BY age_months
