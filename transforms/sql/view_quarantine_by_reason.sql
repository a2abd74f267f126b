-- What of the month's files stands outside, by reason and sender. Grain: one row per (reason, sender). Inputs: quarantine, codes.
SELECT
    reason, sender, rows, amount_tiyn, (amount_tiyn * 0.01::DECIMAL(3, 2))::DECIMAL(20, 2) AS amount_tenge,
    codes.english AS meaning, codes.next_step
FROM (
    SELECT
        reason, sender, count(*) AS rows,
        greatest(least(coalesce(sum(amount_tiyn), 0), 9223372036854775807), -9223372036854775807)::BIGINT AS amount_tiyn
    FROM quarantine
    WHERE released_on IS NULL
    GROUP BY reason, sender
)
JOIN codes ON codes.list = 'outside' AND codes.code = reason
ORDER BY rows DESC, reason, sender
