-- Every row of the entrepreneurs register in force about whoever withheld money for one person, with its file: on it
-- rests that the money counts as withheld. Grain: a row of the register, by payer (current IIN) and first day.
-- Inputs: money, ledger_intervals, in_force, ledger_deliveries, links.
SELECT i.*, coalesce(l.current, i.person) AS payer_now, d.file_name, d.source, d.format, d.file_sha256, d.received_on
FROM ledger_intervals i
SEMI JOIN in_force USING (sequence)
JOIN ledger_deliveries d USING (sequence)
LEFT JOIN links l USING (person)
WHERE i.register = 'entrepreneurs'
    AND coalesce(l.current, i.person) IN (
        SELECT payer_now FROM money WHERE iin = getvariable('iin') AND payer_kind = 'withheld'
    )
ORDER BY payer_now, i.from_day, i.sequence, i.line_no
