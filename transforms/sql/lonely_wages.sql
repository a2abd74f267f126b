-- Wage months whose deductions or contributions came alone although the month is due by the day. Grain: (payer_now, iin, period).
-- Inputs: wage_pairs, months.
FROM wage_pairs
SEMI JOIN (FROM months WHERE wage_due_from <= getvariable('known_at')) USING (period)
WHERE deducted <> contributed AND counts
