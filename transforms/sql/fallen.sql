-- Verdicts that stand no more, and since when: an acceptance or a replay released them, the same bytes came again and were
-- judged anew, or a newer register of the kind is in force. Grain: (file_sha256, place).
-- Inputs: ledger_releases, ledger_quarantine, ledger_deliveries, in_force (sequence).
WITH reading AS (
    SELECT file_sha256, max(sequence) AS sequence, max(received_on) AS received_on
    FROM ledger_deliveries
    WHERE event = 'delivery' AND source <> 'registers' AND coalesce(refused_reason, '') NOT IN ('seen_before', 'withdrawn')
    GROUP BY file_sha256
    HAVING count(*) > 1 -- few: so the quarantine of all the years is hardly looked at
),
replaced AS (
    SELECT older.sequence AS replaced, max(newer.sequence) AS sequence, max(newer.received_on) AS received_on
    FROM ledger_deliveries older
    JOIN (FROM ledger_deliveries SEMI JOIN in_force USING (sequence)) newer
        ON older.source = 'registers' AND starts_with(older.file_name, newer.register) AND older.sequence < newer.sequence
    GROUP BY older.sequence
)
SELECT file_sha256, place, max(sequence) AS sequence, max(received_on) AS received_on
FROM (
    SELECT file_sha256, place, sequence, received_on FROM ledger_releases
    UNION ALL
    SELECT file_sha256, q.place, reading.sequence, reading.received_on
    FROM ledger_quarantine q
    JOIN reading USING (file_sha256)
    WHERE reading.sequence > q.sequence AND q.reason <> 'withdrawn'
    UNION ALL
    SELECT q.file_sha256, q.place, replaced.sequence, replaced.received_on
    FROM ledger_quarantine q
    JOIN replaced ON replaced.replaced = q.sequence AND q.reason <> 'withdrawn'
)
GROUP BY file_sha256, place
