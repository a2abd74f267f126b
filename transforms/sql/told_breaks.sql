-- Breaks that stand in one of two snapshots only; of breaks alike in everything as many as one has more than the other.
-- Of different months only the newer one's are told: those of the other month stand in tables of their own.
-- Grain: a break, ordered as in its table. Money is tiyn. Inputs: older_breaks, newer_breaks, same_month (variable).
WITH counted AS (
    SELECT code, iin, payer_id, period, amount_tiyn, file_sha256, line_no, sum(side) AS more
    FROM (SELECT *, 1 AS side FROM newer_breaks UNION ALL SELECT *, -1 FROM older_breaks)
    GROUP BY ALL
    HAVING sum(side) > 0 OR (sum(side) < 0 AND getvariable('same_month'))
)
SELECT
    code, iin, payer_id, period, amount_tiyn, file_sha256, line_no, more < 0 AS in_older, more > 0 AS in_newer,
    unnest(range(abs(more)::BIGINT)) AS copy
FROM counted
ORDER BY code, iin, payer_id, period, file_sha256, line_no, amount_tiyn, copy
