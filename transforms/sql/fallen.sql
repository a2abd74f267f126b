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
    SELECT older.sequence, min(newer.received_on) AS received_on
    FROM ledger_deliveries older
    JOIN (FROM ledger_deliveries WHERE register IS NOT NULL) newer
        ON older.source = 'registers' AND starts_with(older.file_name, newer.register)
        -- of a day the greatest name is in force, whatever came first
        AND (older.received_on, older.file_name, older.sequence) < (newer.received_on, newer.file_name, newer.sequence)
    GROUP BY older.sequence
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
    JOIN replaced ON replaced.sequence = q.sequence
    WHERE q.reason <> 'withdrawn'
)
GROUP BY sequence, place
