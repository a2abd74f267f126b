-- People of whom it is to be found out why they, or payments of theirs, changed. Grain: one row per iin, ordered by it.
-- Inputs: changed_people, changed_payments.
SELECT iin FROM changed_people
UNION
SELECT newer_iin FROM changed_payments WHERE cause IS NULL AND in_older AND in_newer
ORDER BY iin
