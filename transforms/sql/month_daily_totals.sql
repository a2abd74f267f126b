-- Both sides of the money of a day: what came in and what became of it; what was paid and what is left of it.
-- Grain: one row per (received_on, sender, knp), unknown ones last. Money is tiyn. Inputs: ledger_totals, money.
WITH counted AS (
    SELECT
        received_on, sender, knp,
        sum(received_lines)::BIGINT AS received_lines, least(sum(received_tiyn), 9223372036854775807)::BIGINT AS received_tiyn,
        sum(accepted_lines)::BIGINT AS accepted_lines, least(sum(accepted_tiyn), 9223372036854775807)::BIGINT AS accepted_tiyn,
        sum(quarantined_lines)::BIGINT AS quarantined_lines, least(sum(quarantined_tiyn), 9223372036854775807)::BIGINT AS quarantined_tiyn,
        sum(refused_lines)::BIGINT AS refused_lines, least(sum(refused_tiyn), 9223372036854775807)::BIGINT AS refused_tiyn,
        sum(duplicate_lines)::BIGINT AS duplicate_lines, least(sum(duplicate_tiyn), 9223372036854775807)::BIGINT AS duplicate_tiyn
    FROM ledger_totals
    WHERE date_trunc('month', received_on) = getvariable('month')
    GROUP BY received_on, sender, knp
),
paid AS (
    SELECT
        received_on, payer_bank AS sender, knp,
        least(sum(paid_tiyn), 9223372036854775807)::BIGINT AS paid_tiyn,
        least(sum(returned_tiyn), 9223372036854775807)::BIGINT AS returned_tiyn,
        least(coalesce(sum(net_tiyn) FILTER (settled), 0), 9223372036854775807)::BIGINT AS settled_tiyn,
        least(coalesce(sum(net_tiyn) FILTER (NOT settled), 0), 9223372036854775807)::BIGINT AS pending_tiyn
    FROM money
    WHERE date_trunc('month', received_on) = getvariable('month')
    GROUP BY received_on, payer_bank, knp
)
SELECT
    counted.*, coalesce(paid_tiyn, 0) AS paid_tiyn, coalesce(returned_tiyn, 0) AS returned_tiyn,
    coalesce(settled_tiyn, 0) AS settled_tiyn, coalesce(pending_tiyn, 0) AS pending_tiyn
FROM counted
LEFT JOIN paid
    ON paid.received_on = counted.received_on AND paid.sender IS NOT DISTINCT FROM counted.sender
    AND paid.knp IS NOT DISTINCT FROM counted.knp
ORDER BY counted.received_on, counted.sender NULLS LAST, counted.knp NULLS LAST
