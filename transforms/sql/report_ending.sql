-- How long conditional insurance lasts. Grain: one row per conditional_until. Input: insured_status.
SELECT conditional_until, count(*) AS people
FROM insured_status
WHERE conditional_until IS NOT NULL
GROUP BY conditional_until
ORDER BY conditional_until
