-- Files of the day of which something was left outside, what asks for most attention first.
-- Grain: one row per (file, reason), at most 40. Money is tiyn. Inputs: quarantine, files.
WITH today AS (
    SELECT file_sha256, any_value(source) AS source, any_value(file_name) AS file_name
    FROM files
    WHERE received_on = getvariable('known_at') AND refused_reason IS DISTINCT FROM 'seen_before'
    GROUP BY file_sha256
)
SELECT
    file_sha256, source, file_name, reason, list_contains(getvariable('refusals'), reason) AS whole,
    count(*) AS "rows", coalesce(sum(amount_tiyn), 0) AS tiyn
FROM quarantine
JOIN today USING (file_sha256)
WHERE released_on IS NULL AND NOT list_contains(getvariable('harmless'), reason)
GROUP BY ALL
ORDER BY whole DESC, tiyn DESC, "rows" DESC, file_sha256, reason
LIMIT 40
