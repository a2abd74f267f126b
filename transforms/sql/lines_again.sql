-- Payment lines of which a return is gone since this month, but for those that came or were settled in it.
-- Grain: a payment line. Inputs: ledger_payments, links, counts_again, first_settling (variable: the first value date settled in
-- the month).
WITH known_as AS (
    SELECT current AS id, person AS written FROM links
    UNION
    SELECT current, current FROM links
)
FROM (FROM ledger_payments WHERE received_on < getvariable('month') AND value_date < getvariable('first_settling'))
SEMI JOIN (
    SELECT coalesce(payer_as.written, payer_now) AS payer, coalesce(person_as.written, iin) AS person, period, knp
    FROM counts_again
    LEFT JOIN known_as payer_as ON payer_as.id = payer_now
    LEFT JOIN known_as person_as ON person_as.id = iin
) USING (person, period, payer, knp)
