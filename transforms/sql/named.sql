-- What payment lines and the persons register say of people: names and birth dates, of people with a line in the month.
-- Grain: a line. Inputs: ledger_payments, known_persons, ledger_deliveries, links.
WITH said AS (
    SELECT person, surname, name, patronymic, birth_date, received_on FROM ledger_payments
    UNION ALL
    SELECT person, surname, name, patronymic, birth_date, d.received_on
    FROM known_persons
    JOIN ledger_deliveries d USING (sequence)
),
speaking AS (FROM said WHERE coalesce(surname, name, patronymic, birth_date::VARCHAR) IS NOT NULL)
SELECT speaking.*, coalesce(l.current, person) AS iin
FROM speaking
SEMI JOIN (SELECT person FROM speaking WHERE date_trunc('month', received_on) = getvariable('month')) USING (person)
LEFT JOIN links l USING (person)
