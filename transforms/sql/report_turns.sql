-- Whose status is another than in an earlier snapshot. Grain: one row per (before, before_reason, after, after_reason), with
-- nulls where somebody was or is not known. Inputs: earlier_status, insured_status (iins as numbers).
SELECT
    e.status AS before, e.reason AS before_reason, s.status AS after, s.reason AS after_reason, count(*) AS people
FROM insured_status s
FULL JOIN earlier_status e USING (iin)
WHERE s.status IS DISTINCT FROM e.status
GROUP BY ALL
ORDER BY ALL
