-- What did not get in of the month's deliveries. Grain: a line, document or file, in intake order. Input: ledger_quarantine.
FROM ledger_quarantine
WHERE date_trunc('month', received_on) = getvariable('month')
ORDER BY sequence, line_no, reason, field
