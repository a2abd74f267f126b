-- Wage money of a month: the missing twin of deductions (121) and contributions (122), and sums above the cap.
-- Only months in which something can become true now are looked at: due now, or from a line on that is known since now.
-- Pending money counts as sent, wholly returned money does not. Money is tiyn.
-- Grain: one row per (code, payer, iin, period); payer is null for contributions above the cap, a person's over all jobs.
-- Inputs: money, months, withdrawn_lines.
WITH wage AS (
    SELECT
        payer, payer_now, iin, period, payer_kind = 'employer' AS deduction, net_tiyn, settled, known_on,
        greatest(received_on, settled_on) AS came_on
    FROM money
    WHERE payer_kind IN ('employer', 'withheld')
),
due AS (SELECT period FROM months WHERE date_trunc('month', wage_due_from) = getvariable('month')),
late AS (
    SELECT iin, min(period) AS first_period, max(period) AS last_period
    FROM (
        SELECT iin, period FROM wage WHERE date_trunc('month', known_on) = getvariable('month') AND period NOT IN (FROM due)
        UNION ALL
        SELECT iin, period FROM withdrawn_lines
    )
    GROUP BY iin
),
touched AS (
    SELECT * FROM wage WHERE period IN (FROM due)
    UNION ALL
    -- for the three periods behind it what came late may be the pair before
    SELECT wage.*
    FROM wage
    JOIN late USING (iin)
    WHERE period BETWEEN first_period AND last_period + INTERVAL 3 MONTH AND period NOT IN (FROM due)
),
pair AS (
    SELECT
        payer_now, iin, period, min(payer) AS payer,
        coalesce(bool_or(net_tiyn > 0) FILTER (deduction), false) AS deducted,
        coalesce(bool_or(net_tiyn > 0) FILTER (NOT deduction), false) AS contributed,
        bool_or(settled AND net_tiyn > 0) AS counts,
        sum(net_tiyn) FILTER (deduction AND settled) AS deductions_tiyn,
        sum(net_tiyn) FILTER (NOT deduction AND settled) AS contributions_tiyn,
        max(known_on) FILTER (settled) AS known_on,
        max(known_on) FILTER (deduction AND settled) AS deducted_on,
        max(known_on) FILTER (NOT deduction AND settled) AS contributed_on
    FROM touched
    GROUP BY payer_now, iin, period
),
alone AS (FROM pair WHERE deducted <> contributed AND counts),
both_in AS (
    SELECT
        payer_now, iin, alone.period,
        greatest(min(came_on) FILTER (deduction), min(came_on) FILTER (NOT deduction)) AS both_on
    FROM wage
    JOIN alone USING (payer_now, iin)
    WHERE wage.period BETWEEN alone.period - INTERVAL 3 MONTH AND alone.period - INTERVAL 1 MONTH AND settled AND net_tiyn > 0
    GROUP BY payer_now, iin, alone.period, wage.period
    HAVING bool_or(deduction) AND bool_or(NOT deduction)
),
both_before AS (SELECT payer_now, iin, period, min(both_on) AS both_on FROM both_in GROUP BY payer_now, iin, period),
recalled AS (
    SELECT payer_now, iin, period, knp, max(withdrawn_on) AS withdrawn_on
    FROM withdrawn_lines
    GROUP BY payer_now, iin, period, knp
),
missing AS (
    SELECT
        CASE WHEN deducted THEN 'missing_contribution' ELSE 'missing_deduction' END AS code,
        iin, payer, period, NULL::BIGINT AS amount_tiyn,
        greatest(known_on, m.wage_due_from, w.withdrawn_on, both_on) AS true_on
    FROM alone
    JOIN both_before USING (payer_now, iin, period)
    JOIN months m USING (period)
    LEFT JOIN (
        SELECT payer_now, iin, period, max(withdrawn_on) AS withdrawn_on FROM recalled GROUP BY payer_now, iin, period
    ) w USING (payer_now, iin, period)
),
over_cap AS (
    SELECT
        'over_cap' AS code, iin, payer, period,
        least(deductions_tiyn - m.deduction_cap_tiyn, 9223372036854775807)::BIGINT AS amount_tiyn,
        greatest(deducted_on, w.withdrawn_on) AS true_on
    FROM pair
    JOIN months m USING (period)
    LEFT JOIN (FROM recalled WHERE knp = '121') w USING (payer_now, iin, period)
    WHERE deductions_tiyn > m.deduction_cap_tiyn + m.tolerance_tiyn
    UNION ALL
    SELECT
        'over_cap', iin, NULL, period, least(paid_tiyn - m.contribution_cap_tiyn, 9223372036854775807)::BIGINT,
        greatest(contributed_on, w.withdrawn_on)
    FROM (
        SELECT iin, period, sum(contributions_tiyn) AS paid_tiyn, max(contributed_on) AS contributed_on
        FROM pair
        GROUP BY iin, period
    )
    JOIN months m USING (period)
    LEFT JOIN (
        SELECT iin, period, max(withdrawn_on) AS withdrawn_on FROM recalled WHERE knp = '122' GROUP BY iin, period
    ) w USING (iin, period)
    WHERE paid_tiyn > m.contribution_cap_tiyn + m.tolerance_tiyn
)
SELECT code, iin, payer, period, amount_tiyn, NULL::VARCHAR AS file_sha256, NULL::BIGINT AS line_no, true_on
FROM (FROM missing UNION ALL FROM over_cap)
