-- Return lines received in the month and the payment line each cancels. Grain: a return line.
-- Inputs: matched_returns, recorded_deliveries.
SELECT
    r.file_sha256, r.line_no, p.file_sha256[:16] || '-' || r.payment_line AS payment_id, r.iin, r.period, r.knp,
    r.amount_tiyn AS returned_tiyn
FROM matched_returns r
LEFT JOIN recorded_deliveries p ON p.sequence = r.payment_sequence
WHERE date_trunc('month', r.received_on) = getvariable('month')
ORDER BY r.sequence, r.line_no
