-- Verdicts that stand no more, and since when: an acceptance or a replay released them, or the same bytes came again and were
-- judged anew. A register replaces the one before, whatever was said of that. Grain: (file_sha256, place).
-- Inputs: ledger_releases, ledger_quarantine, ledger_deliveries.
WITH reading AS (
    SELECT file_sha256, max(sequence) AS sequence, max(received_on) AS received_on
    FROM ledger_deliveries
    WHERE event = 'delivery' AND source <> 'registers' AND coalesce(refused_reason, '') NOT IN ('seen_before', 'withdrawn')
    GROUP BY file_sha256
    HAVING count(*) > 1 -- few: so the quarantine of all the years is hardly looked at
)
SELECT file_sha256, place, max(sequence) AS sequence, max(received_on) AS received_on
FROM (
    SELECT file_sha256, place, sequence, received_on FROM ledger_releases
    UNION ALL
    SELECT file_sha256, q.place, reading.sequence, reading.received_on
    FROM ledger_quarantine q
    JOIN reading USING (file_sha256)
    WHERE reading.sequence > q.sequence AND q.reason <> 'withdrawn'
)
GROUP BY file_sha256, place
