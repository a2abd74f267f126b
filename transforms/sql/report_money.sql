-- What became of accepted payments: by state, and the month that the rest of the money is for. Grain: one row per
-- (state, period, covers); covers says whether such money can cover a month. Money is tiyn. Input: payments.
SELECT
    state, period, payer_kind IS NOT NULL AS covers, count(*) AS lines, sum(paid_tiyn) AS paid_tiyn,
    sum(returned_tiyn) AS returned_tiyn
FROM payments
GROUP BY ALL
ORDER BY ALL
