-- Payment lines of the people of lonely_wages, under every IIN that leads to the current one, of the months that may be the
-- pair before. Grain: a payment line. Inputs: ledger_payments, links, lonely_wages, lonely_from and lonely_until (variables:
-- its first and last period).
FROM (
    FROM ledger_payments
    WHERE period >= getvariable('lonely_from')::DATE - INTERVAL 3 MONTH AND period < getvariable('lonely_until') AND payer <> person
)
SEMI JOIN (
    SELECT iin AS person FROM lonely_wages
    UNION ALL
    SELECT l.person FROM lonely_wages JOIN links l ON l.current = iin
) USING (person)
