-- Verdicts that stand no more, and since when: an acceptance or a replay released them, the same bytes came again and were
-- judged anew, or another register of the kind came into force in place of theirs; the first of these counts.
-- Grain: a verdict (sequence, place). Inputs: ledger_releases, ledger_quarantine, ledger_deliveries.
WITH reading AS (
    SELECT file_sha256, sequence, received_on
    FROM ledger_deliveries
    WHERE event = 'delivery' AND source <> 'registers' AND coalesce(refused_reason, '') NOT IN ('seen_before', 'withdrawn')
    QUALIFY count(*) OVER (PARTITION BY file_sha256) > 1 -- few: so the quarantine of all the years is hardly looked at
),
replaced AS (
    -- by the next one of the kind that was accepted; of a day the greatest name is in force, whatever came first
    SELECT d.sequence, min(d.received_on) FILTER (d.register = kind.register) OVER (
        PARTITION BY kind.register ORDER BY d.received_on, d.file_name, d.sequence
        ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
    ) AS received_on
    FROM ledger_deliveries d
    JOIN (SELECT DISTINCT register FROM ledger_deliveries WHERE register IS NOT NULL) kind
        ON starts_with(d.file_name, kind.register)
    WHERE d.source = 'registers'
)
SELECT sequence, place, min(received_on) AS received_on
FROM (
    SELECT q.sequence, q.place, r.received_on
    FROM ledger_quarantine q
    JOIN ledger_releases r ON r.file_sha256 = q.file_sha256 AND r.place = q.place AND r.sequence > q.sequence
    UNION ALL
    SELECT q.sequence, q.place, reading.received_on
    FROM ledger_quarantine q
    JOIN reading ON reading.file_sha256 = q.file_sha256 AND reading.sequence > q.sequence
    WHERE q.reason <> 'withdrawn'
    UNION ALL
    SELECT q.sequence, q.place, replaced.received_on
    FROM ledger_quarantine q
    JOIN replaced ON replaced.sequence = q.sequence AND replaced.received_on IS NOT NULL
    WHERE q.reason <> 'withdrawn'
)
GROUP BY sequence, place
