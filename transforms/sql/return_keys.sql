-- What a payment line must say to be one that a return could mean: payer, person, period and KNP as some return, under every
-- id that leads to the current one. Grain: one row per (payer, person, period, knp) as written. Inputs: ledger_returns, links.
WITH wanted AS (
    SELECT DISTINCT
        coalesce(payer_link.current, r.payer) AS payer_now, coalesce(person_link.current, r.person) AS iin, r.period, r.knp
    FROM ledger_returns r
    LEFT JOIN links payer_link ON payer_link.person = r.payer
    LEFT JOIN links person_link ON person_link.person = r.person
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
