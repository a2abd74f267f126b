-- How many breaks of which kind stand in the month, and what to do. Grain: one row per code. Inputs: breaks, codes.
SELECT
    counted.code, counted.severity, rows, people, amount_tiyn, (amount_tiyn * 0.01::DECIMAL(3, 2))::DECIMAL(20, 2) AS amount_tenge,
    codes.english AS meaning, codes.next_step
FROM (
    SELECT
        code, severity, count(*) AS rows, count(DISTINCT iin) AS people,
        greatest(least(coalesce(sum(amount_tiyn), 0), 9223372036854775807), -9223372036854775807)::BIGINT AS amount_tiyn
    FROM breaks
    GROUP BY code, severity
) counted
JOIN codes ON codes.list = 'break' AND codes.code = counted.code
ORDER BY CASE counted.severity WHEN 'error' THEN 1 WHEN 'warning' THEN 2 ELSE 3 END, rows DESC, counted.code
