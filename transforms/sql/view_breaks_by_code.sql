-- How many breaks of which kind stand in the month, and what to do. Grain: one row per code. Inputs: breaks, codes.
SELECT
    breaks.code, breaks.severity, count(*) AS rows, count(DISTINCT iin) AS people,
    coalesce(sum(amount_tiyn), 0)::BIGINT AS amount_tiyn,
    (coalesce(sum(amount_tiyn), 0)::BIGINT * 0.01::DECIMAL(3, 2))::DECIMAL(20, 2) AS amount_tenge,
    any_value(codes.english) AS meaning, any_value(codes.next_step) AS next_step
FROM breaks
JOIN codes ON codes.list = 'break' AND codes.code = breaks.code
GROUP BY breaks.code, breaks.severity
ORDER BY CASE breaks.severity WHEN 'error' THEN 1 WHEN 'warning' THEN 2 ELSE 3 END, rows DESC
