-- Return lines received in the month and the payment line each cancels. Grain: a return line. Input: matched_returns.
SELECT
    r.file_sha256, r.line_no, p.file_sha256[:16] || '-' || p.line_no AS payment_id, r.iin, r.period, r.knp,
    r.amount_tiyn AS returned_tiyn
FROM ledger_payments p
RIGHT JOIN matched_returns r ON p.sequence = r.payment_sequence AND p.line_no = r.payment_line
WHERE date_trunc('month', r.received_on) = getvariable('month')
ORDER BY r.sequence, r.line_no
