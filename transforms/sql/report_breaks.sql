-- Breaks by code. Grain: one row per (code, severity). Money is tiyn. Input: breaks.
SELECT code, severity, count(*) AS "rows", coalesce(sum(amount_tiyn), 0) AS tiyn
FROM breaks
GROUP BY code, severity
ORDER BY code
