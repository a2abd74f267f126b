-- What of the month's files stands outside, by reason and sender. Grain: one row per (reason, sender). Inputs: quarantine, codes.
SELECT
    reason, sender, count(*) AS rows, coalesce(sum(amount_tiyn), 0)::BIGINT AS amount_tiyn,
    (coalesce(sum(amount_tiyn), 0)::BIGINT * 0.01::DECIMAL(3, 2))::DECIMAL(20, 2) AS amount_tenge,
    any_value(codes.english) AS meaning, any_value(codes.next_step) AS next_step
FROM quarantine
JOIN codes ON codes.list = 'outside' AND codes.code = reason
WHERE released_on IS NULL
GROUP BY reason, sender
ORDER BY rows DESC, reason, sender
