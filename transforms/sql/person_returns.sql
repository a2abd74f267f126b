-- Every return line of one person with its file and the payment line that it cancels, if it fits one.
-- Grain: a return line, by day. Money is tiyn. Inputs: matched_returns, ledger_deliveries.
SELECT r.*, d.file_name, d.source, d.format
FROM matched_returns r
JOIN ledger_deliveries d USING (sequence)
WHERE r.iin = getvariable('iin')
ORDER BY r.value_date, r.sequence, r.line_no
