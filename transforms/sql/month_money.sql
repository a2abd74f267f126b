-- Settled, unreturned money for the month: sums, kinds and first days, own money beside its requirement.
-- Grain: one row per iin with such money. Money is tiyn. Inputs: recent_money (money of lines for the
-- month, and maybe others), own_months.
SELECT
    iin,
    least(coalesce(sum(net_tiyn) FILTER (line.payer_kind = 'employer'), 0), 9223372036854775807)::BIGINT AS deductions_tiyn,
    least(coalesce(sum(net_tiyn) FILTER (line.payer_kind <> 'employer'), 0), 9223372036854775807)::BIGINT AS contributions_tiyn,
    bool_or(line.payer_kind = 'employer') AS by_employer,
    bool_or(line.payer_kind = 'withheld') AS by_withheld,
    any_value(own.payer_kind) AS own_kind,
    coalesce(any_value(own.covers), false) AS own_covers,
    any_value(own.required_tiyn) AS required_tiyn,
    least(min(value_date) FILTER (line.payer_kind IN ('employer', 'withheld')), any_value(own.covered_on)) AS covered_on
FROM (
    SELECT iin, payer_kind, net_tiyn, value_date
    FROM recent_money
    WHERE period = getvariable('month') AND settled AND net_tiyn > 0
        AND payer_kind IN ('employer', 'withheld', 'sole_proprietor', 'independent')
) line
LEFT JOIN (
    SELECT iin, payer_kind, covers, required_tiyn, covered_on FROM own_months WHERE period = getvariable('month')
) own USING (iin)
GROUP BY iin
ORDER BY iin
