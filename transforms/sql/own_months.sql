-- Own money of a person's month against what the law asks: the sum, its largest line, the requirement, the day that reached it.
-- The requirement is that of the earlier of the period's year and the year of the first value date, never before 2020.
-- Grain: one row per (iin, period) with settled, unreturned own money. Money is tiyn.
-- Inputs: money, repeated_months (iin, period: of those with several lines), requirements (payer_kind, year, required_tiyn),
-- months (period, tolerance_tiyn).
WITH line AS (
    SELECT iin, period, payer_kind, value_date, net_tiyn, known_on
    FROM money
    WHERE payer_kind IN ('sole_proprietor', 'independent') AND settled
),
summed AS (
    SELECT
        iin, period, payer_kind,
        net_tiyn AS own_tiyn, value_date AS first_on, value_date AS last_on, net_tiyn AS largest_tiyn, known_on
    FROM line ANTI JOIN repeated_months USING (iin, period)
    WHERE net_tiyn > 0
    UNION ALL
    SELECT
        iin, period, payer_kind,
        least(sum(net_tiyn), 9223372036854775807)::BIGINT AS own_tiyn,
        min(value_date) FILTER (net_tiyn > 0) AS first_on, max(value_date) FILTER (net_tiyn > 0) AS last_on,
        max(net_tiyn) AS largest_tiyn,
        max(known_on) AS known_on -- wholly returned lines too: a return may be what made the rest too little
    FROM line SEMI JOIN repeated_months USING (iin, period)
    GROUP BY iin, period, payer_kind
    HAVING sum(net_tiyn) > 0
),
asked AS (
    SELECT summed.*, r.required_tiyn, m.tolerance_tiyn
    FROM summed
    JOIN requirements r
        ON r.payer_kind = summed.payer_kind AND r.year = greatest(2020, least(year(period), year(first_on)))
    JOIN months m USING (period)
),
-- Only months paid in several parts need their sums day by day.
part AS (
    SELECT
        iin, period, value_date,
        sum(net_tiyn) OVER (PARTITION BY iin, period ORDER BY value_date) AS so_far_tiyn
    FROM line SEMI JOIN (FROM asked WHERE first_on <> last_on) USING (iin, period)
    WHERE net_tiyn > 0
),
reached AS (
    SELECT iin, period, min(value_date) AS reached_on
    FROM part JOIN asked USING (iin, period)
    WHERE so_far_tiyn >= required_tiyn - tolerance_tiyn
    GROUP BY iin, period
)
SELECT
    asked.*,
    own_tiyn >= required_tiyn - tolerance_tiyn AS covers,
    CASE WHEN own_tiyn >= required_tiyn - tolerance_tiyn THEN coalesce(reached_on, first_on) END AS covered_on
FROM asked
LEFT JOIN reached USING (iin, period)
