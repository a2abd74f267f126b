-- Payment lines received in the month up to the day, with their state on the day.
-- Grain: one row per payment line, ordered by sequence and line. Money is tiyn. Input: asked_money (money, or some rows of it).
SELECT
    file_sha256[:16] || '-' || line_no AS payment_id,
    file_sha256, line_no, document_reference, document_number, document_date, value_date, settled_on, knp,
    payer, CASE WHEN payer_kind NOT IN ('wrong_knp', 'penalty') THEN payer_kind END AS payer_kind, payer_bank,
    person, iin, period, paid_tiyn, returned_tiyn,
    CASE WHEN returned_tiyn = paid_tiyn THEN 'returned' WHEN settled THEN 'settled' ELSE 'pending' END AS state
FROM asked_money
WHERE date_trunc('month', received_on) = getvariable('month')
ORDER BY sequence, line_no
