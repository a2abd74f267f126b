-- Months covered by money before they began, and how many months ahead: 1 = by the end of the month before.
-- Grain: one row per (iin, period) with lead >= 1. Inputs: money, own_months.
WITH covered AS (
    SELECT iin, period, value_date AS covered_on
    FROM money
    WHERE payer_kind IN ('employer', 'withheld') AND settled AND net_tiyn > 0
        AND value_date < period AND period BETWEEN getvariable('first_month') AND getvariable('last_month')
    UNION ALL
    SELECT iin, period, covered_on
    FROM own_months
    WHERE covered_on < period AND period BETWEEN getvariable('first_month') AND getvariable('last_month')
)
SELECT
    iin,
    datediff('month', period, getvariable('last_month'))::INTEGER AS back,
    max(datediff('month', covered_on, period))::INTEGER AS lead
FROM covered
GROUP BY iin, period
ORDER BY iin, back
