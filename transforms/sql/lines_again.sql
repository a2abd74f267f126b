-- Payment lines of which a return is gone since this month, but for those that came or were settled in it.
-- Grain: a payment line. Inputs: ledger_payments, keys_as_written, counts_again, first_settling (variable: the first value date
-- settled in the month).
FROM (FROM ledger_payments WHERE received_on < getvariable('month') AND value_date < getvariable('first_settling'))
SEMI JOIN (FROM keys_as_written('counts_again')) USING (person, period, payer, knp)
