-- What payment lines and the persons register say of people of whom they do not always say the same, or whose birth date
-- is not that of the IIN: names and birth dates, of people with such a line in the month, under whichever of their IINs.
-- Grain: a line. Inputs: ledger_payments, known_persons, ledger_deliveries, links; suspects (person, born_otherwise: whether
-- some birth date is not the IIN's): all of these people, and maybe others.
WITH said AS (
    SELECT person, surname, name, patronymic, birth_date, received_on FROM ledger_payments SEMI JOIN suspects USING (person)
    UNION ALL
    SELECT person, surname, name, patronymic, birth_date, d.received_on
    FROM known_persons
    SEMI JOIN suspects USING (person)
    JOIN ledger_deliveries d USING (sequence)
),
told AS MATERIALIZED (
    FROM said WHERE surname IS NOT NULL OR name IS NOT NULL OR patronymic IS NOT NULL OR birth_date IS NOT NULL
),
unlike AS (
    SELECT
        person, coalesce(any_value(l.current), person) AS iin,
        bool_or(received_on BETWEEN getvariable('month') AND last_day(getvariable('month'))) AS in_month
    FROM told
    JOIN suspects USING (person)
    LEFT JOIN links l USING (person)
    GROUP BY person
    HAVING bool_or(born_otherwise) OR min(surname) <> max(surname) OR min(name) <> max(name)
        OR min(patronymic) <> max(patronymic) OR min(birth_date) <> max(birth_date)
)
SELECT told.*, iin
FROM told
JOIN unlike USING (person)
SEMI JOIN (FROM unlike WHERE in_month) USING (iin)
