-- What came in from which bank or channel for which purpose, files received in the month.
-- Grain: one row per (payer_bank, knp). Inputs: payments.
SELECT
    payer_bank, knp, count(DISTINCT iin) AS people, count(*) AS lines,
    sum(paid_tiyn)::BIGINT AS paid_tiyn, (sum(paid_tiyn)::BIGINT * 0.01::DECIMAL(3, 2))::DECIMAL(20, 2) AS paid_tenge,
    sum(returned_tiyn)::BIGINT AS returned_tiyn,
    (sum(returned_tiyn)::BIGINT * 0.01::DECIMAL(3, 2))::DECIMAL(20, 2) AS returned_tenge,
    coalesce(sum(paid_tiyn - returned_tiyn) FILTER (state = 'pending'), 0)::BIGINT AS pending_tiyn,
    (coalesce(sum(paid_tiyn - returned_tiyn) FILTER (state = 'pending'), 0)::BIGINT * 0.01::DECIMAL(3, 2))::DECIMAL(20, 2)
        AS pending_tenge
FROM payments
GROUP BY payer_bank, knp
ORDER BY payer_bank, knp
