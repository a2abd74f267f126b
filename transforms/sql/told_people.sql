-- People whose status changed, with the cause that was found. Grain: one row per iin, ordered by it.
-- Inputs: changed_people, people_causes (iin, cause).
SELECT c.*, f.cause, older IS NOT NULL AS in_older, newer IS NOT NULL AS in_newer
FROM changed_people c
LEFT JOIN people_causes f ON f.iin = c.iin
ORDER BY c.iin
