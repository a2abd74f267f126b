-- The files of two snapshots with a number each, by which lines are joined faster than by 64 digits.
-- Grain: a file, numbered by its sha256. Inputs: older_files, newer_files.
SELECT file_sha256, (row_number() OVER (ORDER BY file_sha256))::INTEGER AS file_no
FROM (SELECT file_sha256 FROM older_files UNION SELECT file_sha256 FROM newer_files)
