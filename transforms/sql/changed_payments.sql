-- Payment lines that stand in one of two snapshots only, or otherwise in both; with their cause where it is plain.
-- A line that stands in one only came or was recalled between the two (moved_lines); what only settled did so by time
-- passing. The cause is null where neither is so. Grain: one row per payment line (file_no, line_no). Money is tiyn.
-- Inputs: older_payments, newer_payments, numbered_files (file_sha256, file_no), moved_lines (file_no, line_no, cause).
WITH older AS (
    SELECT file_no, line_no::INTEGER AS line_no, iin, period, payer_kind, state, settled_on, returned_tiyn, paid_tiyn
    FROM older_payments JOIN numbered_files USING (file_sha256)
),
newer AS (
    SELECT file_no, line_no::INTEGER AS line_no, iin, period, payer_kind, state, settled_on, returned_tiyn, paid_tiyn
    FROM newer_payments JOIN numbered_files USING (file_sha256)
),
paired AS (
    SELECT
        coalesce(older.file_no, newer.file_no) AS file_no, coalesce(older.line_no, newer.line_no) AS line_no,
        coalesce(older.period, newer.period) AS period, coalesce(older.paid_tiyn, newer.paid_tiyn) AS amount_tiyn,
        older.file_no IS NOT NULL AS in_older, newer.file_no IS NOT NULL AS in_newer,
        older.iin::UBIGINT AS older_iin, newer.iin::UBIGINT AS newer_iin, older.state AS older, newer.state AS newer,
        older.payer_kind AS older_kind, newer.payer_kind AS newer_kind,
        older.returned_tiyn AS older_returned_tiyn, newer.returned_tiyn AS newer_returned_tiyn,
        older.settled_on AS older_settled_on, newer.settled_on AS newer_settled_on,
        older.iin IS DISTINCT FROM newer.iin OR older.payer_kind IS DISTINCT FROM newer.payer_kind
        OR older.returned_tiyn <> newer.returned_tiyn OR older.settled_on <> newer.settled_on AS otherwise
    FROM newer
    FULL JOIN older ON older.file_no = newer.file_no AND older.line_no = newer.line_no
    WHERE older.file_no IS NULL OR newer.file_no IS NULL OR older.state <> newer.state OR otherwise
)
SELECT
    paired.* EXCLUDE (otherwise),
    CASE WHEN in_older AND in_newer AND NOT otherwise THEN 'time_passing' ELSE moved.cause END AS cause
FROM paired
LEFT JOIN moved_lines moved
    ON moved.file_no = paired.file_no AND moved.line_no = paired.line_no
    AND in_older <> in_newer AND (moved.cause = 'withdrawal') = in_older
