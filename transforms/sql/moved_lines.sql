-- Payment lines that came, or were recalled, between two snapshots. Grain: (sequence, line_no).
-- Inputs: ledger_lines (sequence, line_no), moving (sequence, file_sha256, cause), numbered_files.
SELECT file_no, line_no, cause
FROM ledger_lines
JOIN moving USING (sequence)
JOIN numbered_files USING (file_sha256)
