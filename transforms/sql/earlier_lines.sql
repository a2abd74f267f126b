-- Payment lines of the earlier wage months of which something is known since this month. For the three periods behind the last
-- what came late may be the pair before. Grain: a payment line. Inputs: ledger_payments, links, earlier_wages.
SELECT p.*
FROM ledger_payments p
JOIN (
    SELECT iin AS person, first_period, last_period FROM earlier_wages
    UNION ALL
    SELECT l.person, first_period, last_period FROM earlier_wages JOIN links l ON l.current = iin
) heard USING (person)
WHERE p.period BETWEEN first_period AND last_period + INTERVAL 3 MONTH AND p.period < getvariable('recent_from')
