-- Breaks of an earlier snapshot by code. Grain: one row per (code, severity). Input: earlier_breaks.
SELECT code, severity, count(*) AS "rows"
FROM earlier_breaks
GROUP BY code, severity
ORDER BY code
