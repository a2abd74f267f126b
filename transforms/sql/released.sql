-- First verdicts that an acceptance or a replay took back, and when. Grain: (file_sha256, place). Input: ledger_releases.
SELECT file_sha256, place, max(sequence) AS sequence, max(received_on) AS received_on
FROM ledger_releases
GROUP BY file_sha256, place
