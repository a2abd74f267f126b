-- What a payment line must say to have one of some keys: payer, person, period and KNP, under every id that leads to the
-- current one. The body of the macro keys_as_written(keys): `keys` names a table (payer_now, iin, period, knp).
-- Grain: one row per (payer, person, period, knp) as written. Inputs: the keys, links.
WITH wanted AS (
    SELECT DISTINCT payer_now, iin, period, knp FROM query_table(keys)
),
known_as AS (
    SELECT current AS id, person AS written FROM links
    UNION
    SELECT current, current FROM links
)
SELECT DISTINCT coalesce(payer_as.written, payer_now) AS payer, coalesce(person_as.written, iin) AS person, period, knp
FROM wanted
LEFT JOIN known_as payer_as ON payer_as.id = payer_now
LEFT JOIN known_as person_as ON person_as.id = iin
