-- Every interval of one person in the registers in force, with its file. Grain: a row of a register, by its first day.
-- Inputs: ledger_intervals, in_force, ledger_deliveries, links.
SELECT i.*, d.file_name, d.source, d.format, d.file_sha256, d.received_on
FROM ledger_intervals i
SEMI JOIN in_force USING (sequence)
JOIN ledger_deliveries d USING (sequence)
LEFT JOIN links l USING (person)
WHERE coalesce(l.current, i.person) = getvariable('iin')
ORDER BY i.from_day, i.sequence, i.line_no
