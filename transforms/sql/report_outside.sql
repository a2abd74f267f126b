-- What stands outside by reason: how much, of how many senders, of the day itself, and of days before it of which no night
-- told. Released rows are left out. Grain: one row per reason. Money is tiyn. Inputs: quarantine, told_until (variable: the day of
-- the night before, null without one).
SELECT
    reason, count(*) AS "rows", coalesce(sum(amount_tiyn), 0) AS tiyn, count(DISTINCT sender) AS senders,
    count(*) FILTER (received_on = getvariable('known_at')) AS tonight_rows,
    coalesce(sum(amount_tiyn) FILTER (received_on = getvariable('known_at')), 0) AS tonight_tiyn,
    count(*) FILTER (is_untold) AS untold_rows, coalesce(sum(amount_tiyn) FILTER (is_untold), 0) AS untold_tiyn
FROM (
    SELECT
        *, received_on < getvariable('known_at') AND coalesce(received_on > getvariable('told_until'), true) AS is_untold
    FROM quarantine
)
WHERE released_on IS NULL
GROUP BY reason
ORDER BY reason
