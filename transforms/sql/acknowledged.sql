-- What became of everything that a sender sent in the month: accepted lines, and what was left outside with its reason.
-- What was refused first and released later is told as released here, and as accepted in the month of its release.
-- Long numbers in a file's name may name somebody.
-- Money is tenge with two decimals. Grain: a line, document or file.
-- Inputs: ledger_payments, ledger_returns, ledger_transfers, ledger_entries, ledger_quarantine, ledger_deliveries, released,
-- source (variable: folder, bank or channel).
WITH line AS (
    SELECT sequence, line_no, payer_bank AS sender, document_reference, 'accepted' AS verdict, NULL AS reason, NULL AS field, amount_tiyn, NULL AS message
    FROM ledger_payments
    UNION ALL
    SELECT sequence, line_no, payer_bank, document_reference, 'accepted', NULL, NULL, amount_tiyn, NULL FROM ledger_returns
    UNION ALL
    SELECT sequence, line_no, payer_bank, document_reference, 'accepted', NULL, NULL, amount_tiyn, NULL FROM ledger_transfers
    UNION ALL
    SELECT sequence, line_no, NULL, document_number, 'accepted', NULL, NULL, amount_tiyn, NULL FROM ledger_entries
    UNION ALL
    SELECT
        q.sequence, q.line_no, q.sender, q.reference,
        CASE WHEN r.sequence IS NOT NULL THEN 'released' WHEN reason LIKE 'duplicate_%' THEN 'duplicate' ELSE 'refused' END,
        reason, field, amount_tiyn, message
    FROM ledger_quarantine q
    LEFT JOIN released r ON r.file_sha256 = q.file_sha256 AND r.place = q.place AND r.sequence > q.sequence
),
told AS (
    SELECT
        d.received_on, regexp_replace(d.file_name, '(?:\d{6}[ ._-]\d{2}|\d{5,})(\d{4})', '…\1', 'g') AS file, d.file_sha256, line.*
    FROM line
    JOIN ledger_deliveries d USING (sequence)
    WHERE date_trunc('month', d.received_on) = getvariable('month')
        AND getvariable('source') IN (d.source, coalesce(line.sender, ''))
)
SELECT
    received_on, file, file_sha256, line_no,
    document_reference AS reference,
    verdict, reason, field, (amount_tiyn * 0.01::DECIMAL(3, 2))::DECIMAL(20, 2) AS amount_tenge, message
FROM told
