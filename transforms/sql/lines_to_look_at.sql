-- Payment lines that are otherwise in the newer snapshot for no plain cause, of some people (part).
-- Grain: one row per payment line, by file and line. Inputs: changed_payments, part (iin).
FROM changed_payments
SEMI JOIN part ON part.iin = newer_iin
WHERE cause IS NULL AND in_older AND in_newer
ORDER BY file_sha256, line_no
