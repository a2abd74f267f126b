-- Payment lines that came or were settled in the month or later, in two parts, for of each the files tell where none are; and
-- those of which a return is gone since.
-- Grain: a payment line. Inputs: ledger_payments, lines_again, first_settling (variable: the first value date settled in the
-- month).
FROM ledger_payments WHERE received_on >= getvariable('month')
UNION ALL
FROM ledger_payments WHERE received_on < getvariable('month') AND value_date >= getvariable('first_settling')
UNION ALL
SELECT * EXCLUDE (again_on)
FROM lines_again
WHERE received_on < getvariable('month') AND value_date < getvariable('first_settling')
