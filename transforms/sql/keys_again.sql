-- Keys whose returns must be matched again since a night: those of new returns, and those of new payment lines that a return
-- could mean. Grain: one row per (payer_now, iin, period, knp).
-- Inputs: current_returns, ledger_payments, links, since (variable: the last delivery that was known then).
SELECT payer_now, iin, period, knp FROM current_returns WHERE sequence > getvariable('since')
UNION
SELECT payer_now, iin, period, knp
FROM (
    SELECT
        coalesce(payer_link.current, p.payer) AS payer_now, coalesce(person_link.current, p.person) AS iin, p.period, p.knp
    FROM ledger_payments p
    LEFT JOIN links payer_link ON payer_link.person = p.payer
    LEFT JOIN links person_link ON person_link.person = p.person
    WHERE p.sequence > getvariable('since')
)
SEMI JOIN current_returns USING (payer_now, iin, period, knp)
