-- Breaks of which one of two snapshots has more than the other, alike in everything, and how many more the newer one has.
-- Of different months only the newer one's are told: those of the other month stand in tables of their own.
-- Grain: (code, iin, payer_id, period, amount_tiyn, file_sha256, line_no). Money is tiyn.
-- Inputs: older_breaks, newer_breaks, same_month (variable).
SELECT code, iin, payer_id, period, amount_tiyn, file_sha256, line_no, sum(side) AS more
FROM (SELECT *, 1 AS side FROM newer_breaks UNION ALL SELECT *, -1 FROM older_breaks)
GROUP BY ALL
HAVING sum(side) > 0 OR (sum(side) < 0 AND getvariable('same_month'))
