-- What stands outside by reason: how much, of how many senders, of the day itself. Released rows are left out.
-- Grain: one row per reason. Money is tiyn. Inputs: quarantine, files.
WITH today AS (
    SELECT DISTINCT file_sha256 FROM files
    WHERE received_on = getvariable('known_at') AND refused_reason IS DISTINCT FROM 'seen_before'
)
SELECT
    reason, count(*) AS "rows", coalesce(sum(amount_tiyn), 0) AS tiyn, count(DISTINCT sender) AS senders,
    count(*) FILTER (today.file_sha256 IS NOT NULL) AS tonight_rows,
    coalesce(sum(amount_tiyn) FILTER (today.file_sha256 IS NOT NULL), 0) AS tonight_tiyn
FROM quarantine
LEFT JOIN today USING (file_sha256)
WHERE released_on IS NULL
GROUP BY reason
ORDER BY reason
