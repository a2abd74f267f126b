-- Breaks that one payment line gives by itself. Pending and wholly returned lines give none.
-- Only lines that came, were settled or count again in the month or later can give one in it.
-- Grain: one row per line and code. Money is tiyn.
-- Inputs: money_of, lines_since (of ledger_payments), own_months, months, basis_intervals, lines_again.
WITH line AS (FROM money_of('lines_since') WHERE settled AND net_tiyn > 0),
duty AS (
    SELECT sequence, line_no, bool_or(duty = 'not_owed') AS not_owed, bool_or(duty = 'category_conflict') AS category_conflict
    FROM line
    JOIN (
        SELECT iin, duty, greatest(date_trunc('month', from_day), valid_from) AS from_month, coalesce(to_day, DATE '9999-12-31') AS to_day
        FROM basis_intervals
        WHERE duty IS NOT NULL
    ) category ON category.iin = line.iin AND line.period BETWEEN category.from_month AND category.to_day
    WHERE line.knp IN ('121', '122')
    GROUP BY sequence, line_no
)
SELECT unnest(codes) AS code, iin, payer, period, amount_tiyn, file_sha256, line_no, true_on
FROM (
    SELECT
        list_filter([
            CASE WHEN line.payer_kind = 'wrong_knp' THEN 'wrong_knp' END,
            CASE WHEN line.payer_kind <> 'wrong_knp'
                AND line.value_date > CASE line.payer_kind WHEN 'independent' THEN m.independent_due_on ELSE m.wage_due_on END
                THEN 'late_payment' END,
            CASE WHEN line.payer_kind <> 'wrong_knp' AND datediff('month', line.value_date, line.period) > m.advance_limit_months
                THEN 'beyond_advance' END,
            CASE WHEN line.net_tiyn >= 2 * own.required_tiyn THEN 'lump_sum' END,
            CASE WHEN duty.not_owed THEN 'not_owed'
                WHEN duty.category_conflict AND (line.knp = '121' OR line.payer_kind = 'withheld') THEN 'category_conflict' END
        ], lambda code: code IS NOT NULL) AS codes,
        line.iin, line.payer, line.period, line.net_tiyn AS amount_tiyn,
        line.file_sha256, line.line_no, greatest(line.received_on, line.settled_on, again.again_on) AS true_on
    FROM line
    JOIN months m USING (period)
    LEFT JOIN (FROM own_months WHERE largest_tiyn >= 2 * required_tiyn) own
        ON own.iin = line.iin AND own.period = line.period AND own.payer_kind = line.payer_kind
    LEFT JOIN duty ON duty.sequence = line.sequence AND duty.line_no = line.line_no
    LEFT JOIN lines_again again ON again.sequence = line.sequence AND again.line_no = line.line_no
    WHERE line.payer_kind <> 'penalty'
)
WHERE len(codes) > 0
