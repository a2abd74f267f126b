-- What did not get in of the month's deliveries, and the day on which it was released. Grain: a line, document or file,
-- in intake order. Inputs: ledger_quarantine, released (file_sha256, place, sequence, received_on).
SELECT q.*, r.received_on AS released_on
FROM ledger_quarantine q
LEFT JOIN released r ON r.file_sha256 = q.file_sha256 AND r.place = q.place AND r.sequence > q.sequence
WHERE date_trunc('month', q.received_on) = getvariable('month')
ORDER BY q.sequence, q.line_no, q.place, reason, field
