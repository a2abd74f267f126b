-- Payment lines of the recent periods of everybody, and of the earlier wage months of which something is known since this
-- month; for the three periods behind the last of these what came late may be the pair before. All that is asked of the
-- periods is asked of these, for they lie anywhere among all lines and to find them is a look at each.
-- Grain: a payment line. Inputs: ledger_payments, links, earlier_wages; variables heard_from (the first period of earlier_wages,
-- or recent_from) and recent_from (the first period of which all people are looked at).
SELECT
    p.sequence, p.line_no, p.received_on, p.value_date, p.knp, p.payer, p.person, p.period, p.amount_tiyn
FROM (FROM ledger_payments WHERE period >= getvariable('heard_from')) p
LEFT JOIN (
    SELECT iin AS person, first_period, last_period FROM earlier_wages
    UNION ALL
    SELECT l.person, first_period, last_period FROM earlier_wages JOIN links l ON l.current = iin
) heard USING (person)
WHERE p.period >= getvariable('recent_from') OR p.period BETWEEN first_period AND last_period + INTERVAL 3 MONTH
