-- What payment lines and the persons register say of people of whom they do not always say the same, or whose birth date
-- is not that of the IIN: names and birth dates, of people with a line in the month. Everybody else is passed over first: of
-- whom always the same is said, all lines have one hash.
-- The seventh digit tells the century of birth; with 0 any century will do.
-- Grain: a line. Inputs: ledger_payments, known_persons, ledger_deliveries, links.
WITH said AS (
    SELECT person, surname, name, patronymic, birth_date, received_on FROM ledger_payments
    UNION ALL
    SELECT person, surname, name, patronymic, birth_date, d.received_on
    FROM known_persons
    JOIN ledger_deliveries d USING (sequence)
),
speaking AS (
    FROM said WHERE surname IS NOT NULL OR name IS NOT NULL OR patronymic IS NOT NULL OR birth_date IS NOT NULL
),
suspect AS (
    SELECT person
    FROM (
        SELECT
            person, birth_date, hash(surname, name, patronymic, birth_date) AS words,
            received_on BETWEEN getvariable('month') AND last_day(getvariable('month')) AS of_month
        FROM speaking
    )
    GROUP BY person
    HAVING bool_or(of_month) AND (
        min(words) <> max(words)
        OR person // 1000000 <> year(min(birth_date)) % 100 * 10000 + month(min(birth_date)) * 100 + day(min(birth_date))
        OR (person // 100000 % 10 > 0 AND year(min(birth_date)) // 100 <> 18 + (person // 100000 % 10 - 1) // 2)
    )
),
told AS MATERIALIZED (FROM speaking SEMI JOIN suspect USING (person)),
unlike AS (
    SELECT person
    FROM told
    GROUP BY person
    HAVING min(surname) <> max(surname) OR min(name) <> max(name) OR min(patronymic) <> max(patronymic)
        OR min(birth_date) <> max(birth_date)
        OR person // 1000000 <> year(min(birth_date)) % 100 * 10000 + month(min(birth_date)) * 100 + day(min(birth_date))
        OR (person // 100000 % 10 > 0 AND year(min(birth_date)) // 100 <> 18 + (person // 100000 % 10 - 1) // 2)
)
SELECT told.*, coalesce(l.current, person) AS iin
FROM told
SEMI JOIN unlike USING (person)
LEFT JOIN links l USING (person)
