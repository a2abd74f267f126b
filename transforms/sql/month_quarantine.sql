-- What did not get in of the month's deliveries, and the day from which it stands no more. Grain: a line, document or file,
-- in intake order. Inputs: ledger_quarantine, fallen.
SELECT q.*, f.received_on AS released_on
FROM ledger_quarantine q
LEFT JOIN fallen f ON f.sequence = q.sequence AND f.place = q.place
WHERE date_trunc('month', q.received_on) = getvariable('month')
ORDER BY q.sequence, q.line_no, q.place, reason, field
