-- Every row of the persons register in force that names one person, with its file. Grain: a row of the register.
-- Inputs: known_persons, ledger_deliveries, links.
SELECT k.sequence, k.line_no, k.person, d.file_name, d.source, d.format, d.file_sha256, d.received_on
FROM known_persons k
JOIN ledger_deliveries d USING (sequence)
LEFT JOIN links l USING (person)
WHERE coalesce(l.current, k.person) = getvariable('iin')
ORDER BY k.sequence, k.line_no
