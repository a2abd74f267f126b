-- Totals of what differs: people by cause and both statuses, payments by cause, breaks by code. Money is tiyn.
-- Grain: (what, in_older, in_newer, cause, code, older, newer). Inputs: told_people, told_payments, told_breaks.
WITH total AS (
    SELECT
        'person_total' AS what, in_older, in_newer, cause, NULL AS code, older, newer, count(*) AS rows, NULL::HUGEINT AS amount_tiyn
    FROM told_people
    GROUP BY ALL
    UNION ALL
    SELECT 'payment_total', in_older, in_newer, cause, NULL, NULL, NULL, count(*), sum(amount_tiyn) FROM told_payments GROUP BY ALL
    UNION ALL
    SELECT 'break_total', in_older, in_newer, NULL, code, NULL, NULL, count(*), sum(amount_tiyn) FROM told_breaks GROUP BY ALL
)
SELECT * REPLACE (
    CASE WHEN amount_tiyn IS NOT NULL THEN greatest(least(amount_tiyn, 9223372036854775807), -9223372036854775807) END::BIGINT AS amount_tiyn
)
FROM total
