-- What did not get in of the month's deliveries, and the day from which it stands no more. Grain: a line, document or file,
-- in intake order. Inputs: ledger_quarantine, fallen (file_sha256, place, sequence, received_on).
SELECT q.*, f.received_on AS released_on
FROM ledger_quarantine q
LEFT JOIN fallen f ON f.file_sha256 = q.file_sha256 AND f.place = q.place AND f.sequence > q.sequence
WHERE date_trunc('month', q.received_on) = getvariable('month')
ORDER BY q.sequence, q.line_no, q.place, reason, field
