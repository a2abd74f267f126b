-- The different spellings of people who are not always written alike, with the last day on which they were.
-- Grain: one row per (person, spelling). Inputs: named.
WITH unlike AS (
    SELECT person, max(received_on) AS last_on
    FROM named
    GROUP BY person
    HAVING min(surname) <> max(surname) OR min(name) <> max(name) OR min(patronymic) <> max(patronymic)
)
SELECT DISTINCT person, iin, surname, name, patronymic, last_on FROM named JOIN unlike USING (person)
