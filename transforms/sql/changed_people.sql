-- People whose status differs between two snapshots, or who are known in one of them only.
-- Grain: one row per iin, ordered by it. Inputs: older_insured_status, newer_insured_status.
-- IINs are texts of 12 digits, which are joined sooner than made into numbers.
SELECT
    coalesce(older.iin, newer.iin)::UBIGINT AS iin, older.status AS older, older.reason AS older_reason,
    newer.status AS newer, newer.reason AS newer_reason
FROM older_insured_status older
FULL JOIN newer_insured_status newer ON newer.iin = older.iin
WHERE older.status IS DISTINCT FROM newer.status
ORDER BY 1
