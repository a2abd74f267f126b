-- What stands outside by reason: how much, of how many senders, of the day itself. Released rows are left out.
-- Grain: one row per reason. Money is tiyn. Input: quarantine.
SELECT
    reason, count(*) AS "rows", coalesce(sum(amount_tiyn), 0) AS tiyn, count(DISTINCT sender) AS senders,
    count(*) FILTER (received_on = getvariable('known_at')) AS tonight_rows,
    coalesce(sum(amount_tiyn) FILTER (received_on = getvariable('known_at')), 0) AS tonight_tiyn
FROM quarantine
WHERE released_on IS NULL
GROUP BY reason
ORDER BY reason
