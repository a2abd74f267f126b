-- Every link in force that leads to one person's current IIN, directly or through others, with its file.
-- Grain: a row of iin_links. Inputs: ledger_links, in_force, ledger_deliveries, links.
SELECT k.*, d.file_name, d.source, d.format, d.file_sha256, d.received_on
FROM ledger_links k
SEMI JOIN in_force USING (sequence)
JOIN ledger_deliveries d USING (sequence)
JOIN links l USING (person)
WHERE l.current = getvariable('iin')
ORDER BY k.sequence, k.line_no
