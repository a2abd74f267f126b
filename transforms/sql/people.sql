-- Everybody known on the day: persons of accepted payment lines, of intervals, and of the persons register.
-- Grain: one row per current IIN. Inputs: ledger_payments, links, basis_intervals, known_persons.
SELECT DISTINCT iin FROM (
    SELECT coalesce(l.current, p.person) AS iin FROM ledger_payments p LEFT JOIN links l USING (person)
    UNION ALL
    SELECT iin FROM basis_intervals
    UNION ALL
    SELECT coalesce(l.current, k.person) FROM known_persons k LEFT JOIN links l USING (person)
)
ORDER BY iin
