-- Wage money of a month: the missing twin of deductions (121) and contributions (122), and sums above the cap.
-- Money is tiyn.
-- Grain: one row per (code, payer, iin, period); payer is null for contributions above the cap, a person's over all jobs.
-- Inputs: wage_pairs, lonely_wages (those of it whose twin is missing), money_of, lines_of_lonely (lines of ledger_payments of
-- their people), months, lines_gone, lines_again.
WITH both_in AS (
    SELECT
        line.payer_now, line.iin, lonely.period,
        greatest(
            min(greatest(line.received_on, line.settled_on, again.again_on)) FILTER (payer_kind = 'employer'),
            min(greatest(line.received_on, line.settled_on, again.again_on)) FILTER (payer_kind = 'withheld')
        ) AS both_on
    FROM money_of('lines_of_lonely') line
    JOIN lonely_wages lonely USING (payer_now, iin)
    LEFT JOIN lines_again again ON again.sequence = line.sequence AND again.line_no = line.line_no
    WHERE line.period BETWEEN lonely.period - INTERVAL 3 MONTH AND lonely.period - INTERVAL 1 MONTH
        AND payer_kind IN ('employer', 'withheld') AND settled AND net_tiyn > 0
    GROUP BY line.payer_now, line.iin, lonely.period, line.period
    HAVING bool_or(payer_kind = 'employer') AND bool_or(payer_kind = 'withheld')
),
both_before AS (SELECT payer_now, iin, period, min(both_on) AS both_on FROM both_in GROUP BY payer_now, iin, period),
gone AS (
    SELECT payer_now, iin, period, payer_kind, max(gone_on) AS gone_on
    FROM lines_gone
    WHERE payer_kind IN ('employer', 'withheld')
    GROUP BY payer_now, iin, period, payer_kind
),
missing AS (
    SELECT
        CASE WHEN deducted THEN 'missing_contribution' ELSE 'missing_deduction' END AS code,
        iin, payer, period, NULL::BIGINT AS amount_tiyn,
        greatest(known_on, m.wage_due_from, w.gone_on, both_on) AS true_on
    FROM lonely_wages
    JOIN both_before USING (payer_now, iin, period)
    JOIN months m USING (period)
    LEFT JOIN (
        SELECT payer_now, iin, period, max(gone_on) AS gone_on FROM gone GROUP BY payer_now, iin, period
    ) w USING (payer_now, iin, period)
),
over_cap AS (
    SELECT
        'over_cap' AS code, iin, payer, period,
        least(deductions_tiyn - m.deduction_cap_tiyn, 9223372036854775807)::BIGINT AS amount_tiyn,
        greatest(deducted_on, w.gone_on) AS true_on
    FROM wage_pairs
    JOIN months m USING (period)
    LEFT JOIN (FROM gone WHERE payer_kind = 'employer') w USING (payer_now, iin, period)
    WHERE deductions_tiyn > m.deduction_cap_tiyn + m.tolerance_tiyn
    UNION ALL
    SELECT
        'over_cap', iin, NULL, period, least(paid_tiyn - m.contribution_cap_tiyn, 9223372036854775807)::BIGINT,
        greatest(contributed_on, w.gone_on)
    FROM (
        SELECT iin, period, sum(contributions_tiyn) AS paid_tiyn, max(contributed_on) AS contributed_on
        FROM wage_pairs
        GROUP BY iin, period
    )
    JOIN months m USING (period)
    LEFT JOIN (
        SELECT iin, period, max(gone_on) AS gone_on FROM gone WHERE payer_kind = 'withheld' GROUP BY iin, period
    ) w USING (iin, period)
    WHERE paid_tiyn > m.contribution_cap_tiyn + m.tolerance_tiyn
)
SELECT code, iin, payer, period, amount_tiyn, NULL::VARCHAR AS file_sha256, NULL::BIGINT AS line_no, true_on
FROM (FROM missing UNION ALL FROM over_cap)
