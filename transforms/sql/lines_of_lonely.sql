-- Payment lines of the people of lonely_wages, under every IIN that leads to the current one. Grain: a payment line.
-- Inputs: ledger_payments, links, lonely_wages.
FROM ledger_payments
SEMI JOIN (
    SELECT iin AS person FROM lonely_wages
    UNION ALL
    SELECT l.person FROM lonely_wages JOIN links l ON l.current = iin
) USING (person)
