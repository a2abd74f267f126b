-- Categories in force that cover the month: of several that a person has the first by name.
-- Grain: one row per iin, ordered by iin. Input: basis_intervals (source, iin, from_day, to_day, valid_from, place).
SELECT iin, min(place) AS place
FROM basis_intervals
WHERE source = 'preferential' AND valid_from <= getvariable('month') AND from_day <= last_day(getvariable('month'))
    AND (to_day IS NULL OR to_day >= getvariable('month'))
GROUP BY iin
ORDER BY iin
