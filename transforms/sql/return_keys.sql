-- What a payment line must say to be one that a return could mean: payer, person, period and KNP as some return, under every
-- id that leads to the current one. Grain: one row per (payer, person, period, knp) as written.
-- Inputs: returns_to_match (payer_now, iin, period, knp), links.
WITH wanted AS (
    SELECT DISTINCT payer_now, iin, period, knp FROM returns_to_match
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
