-- People whose status differs between two snapshots, or who are known in one of them only.
-- Grain: one row per iin, ordered by it. Inputs: older_insured_status, newer_insured_status.
SELECT
    coalesce(older.iin, newer.iin) AS iin, older.status AS older, older.reason AS older_reason,
    newer.status AS newer, newer.reason AS newer_reason
FROM (SELECT iin::UBIGINT AS iin, status, reason FROM older_insured_status) older
FULL JOIN (SELECT iin::UBIGINT AS iin, status, reason FROM newer_insured_status) newer ON newer.iin = older.iin
WHERE older.status IS DISTINCT FROM newer.status
ORDER BY 1
