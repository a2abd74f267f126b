-- Every payment line of one person with its file, whatever became of it. Grain: a payment line, by period and day.
-- Money is tiyn. Inputs: money, ledger_deliveries.
SELECT m.*, d.file_name, d.source, d.format
FROM money m
JOIN ledger_deliveries d USING (sequence)
WHERE m.iin = getvariable('iin')
ORDER BY m.period, m.value_date, m.sequence, m.line_no
