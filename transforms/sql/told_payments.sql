-- Changed payment lines with the causes that a closer look found. Grain: one row per payment line, by file and line.
-- Inputs: changed_payments, looked_at (file_sha256, line_no, cause).
SELECT c.* REPLACE (coalesce(c.cause, l.cause) AS cause)
FROM changed_payments c
LEFT JOIN looked_at l ON l.file_sha256 = c.file_sha256 AND l.line_no = c.line_no
ORDER BY c.file_sha256, c.line_no
