-- Changed payment lines with the causes that a closer look found. Grain: one row per payment line, by file and line; a file is
-- its number, in order of the sha256, for 64 digits a line take longer to sort.
-- A line of one side only that neither came nor was recalled between the two is odd (cause program), unless the
-- snapshots are of different months: then it stands in the tables of the other month, and nothing moved it.
-- Inputs: changed_payments, payment_causes (file_no, line_no, cause), same_month (variable).
SELECT c.* REPLACE (coalesce(c.cause, f.cause, 'program') AS cause)
FROM changed_payments c
LEFT JOIN payment_causes f ON f.file_no = c.file_no AND f.line_no = c.line_no
WHERE c.cause IS NOT NULL OR f.cause IS NOT NULL OR getvariable('same_month')
ORDER BY c.file_no, c.line_no
