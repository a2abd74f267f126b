-- What payment lines and the persons register say of people of whom they do not always say the same, or whose birth date
-- is not that of the IIN: names and birth dates, of people with a line in the month. Everybody else is passed over first.
-- The seventh digit tells the century of birth; with 0 any century will do.
-- Grain: a line. Inputs: ledger_payments, known_persons, ledger_deliveries, links.
WITH said AS (
    SELECT person, surname, name, patronymic, birth_date, received_on FROM ledger_payments
    UNION ALL
    SELECT person, surname, name, patronymic, birth_date, d.received_on
    FROM known_persons
    JOIN ledger_deliveries d USING (sequence)
),
speaking AS (FROM said WHERE coalesce(surname, name, patronymic, birth_date::VARCHAR) IS NOT NULL),
unlike AS (
    SELECT person
    FROM speaking
    GROUP BY person
    HAVING bool_or(date_trunc('month', received_on) = getvariable('month'))
        AND (
            min(surname) <> max(surname) OR min(name) <> max(name) OR min(patronymic) <> max(patronymic)
            OR min(birth_date) <> max(birth_date)
            OR person // 1000000 <> year(min(birth_date)) % 100 * 10000 + month(min(birth_date)) * 100 + day(min(birth_date))
            OR (person // 100000 % 10 > 0 AND year(min(birth_date)) // 100 <> 18 + (person // 100000 % 10 - 1) // 2)
        )
)
SELECT speaking.*, coalesce(l.current, person) AS iin
FROM speaking
SEMI JOIN unlike USING (person)
LEFT JOIN links l USING (person)
