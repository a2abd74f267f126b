-- Payment lines that are otherwise in the newer snapshot for no plain cause, of some people (part).
-- Grain: one row per payment line, by file and line. Inputs: changed_payments, numbered_files, part (iin).
SELECT changed_payments.* REPLACE (line_no::BIGINT AS line_no), file_sha256
FROM changed_payments
JOIN numbered_files USING (file_no)
SEMI JOIN part ON part.iin = newer_iin
WHERE cause IS NULL AND in_older AND in_newer
ORDER BY file_no, line_no
