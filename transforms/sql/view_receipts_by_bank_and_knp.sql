-- What came in from which bank or channel for which purpose, files received in the month.
-- Grain: one row per (payer_bank, knp). Inputs: payments.
SELECT
    payer_bank, knp, people, lines,
    paid_tiyn, (paid_tiyn * 0.01::DECIMAL(3, 2))::DECIMAL(20, 2) AS paid_tenge,
    returned_tiyn, (returned_tiyn * 0.01::DECIMAL(3, 2))::DECIMAL(20, 2) AS returned_tenge,
    pending_tiyn, (pending_tiyn * 0.01::DECIMAL(3, 2))::DECIMAL(20, 2) AS pending_tenge
FROM (
    SELECT
        payer_bank, knp, count(DISTINCT iin) AS people, count(*) AS lines,
        least(sum(p.paid_tiyn), 9223372036854775807)::BIGINT AS paid_tiyn, least(sum(p.returned_tiyn), 9223372036854775807)::BIGINT AS returned_tiyn,
        least(coalesce(sum(p.paid_tiyn - p.returned_tiyn) FILTER (state = 'pending'), 0), 9223372036854775807)::BIGINT AS pending_tiyn
    FROM payments p
    GROUP BY payer_bank, knp
)
ORDER BY payer_bank, knp
