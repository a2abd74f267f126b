-- Files of which something was left outside on the day, what asks for most attention first.
-- Grain: one row per (file, reason), at most 40. Money is tiyn. Inputs: quarantine, files.
WITH named AS (
    SELECT file_sha256, any_value(source) AS source, any_value(file_name) AS file_name
    FROM files
    WHERE received_on = getvariable('known_at')
    GROUP BY file_sha256
)
SELECT
    file_sha256, source, file_name, reason, list_contains(getvariable('refusals'), reason) AS whole,
    count(*) AS "rows", coalesce(sum(amount_tiyn), 0) AS tiyn
FROM quarantine
JOIN named USING (file_sha256)
WHERE received_on = getvariable('known_at') AND released_on IS NULL AND NOT list_contains(getvariable('harmless'), reason)
GROUP BY ALL
ORDER BY whole DESC, tiyn DESC, "rows" DESC, file_sha256, reason
LIMIT 40
