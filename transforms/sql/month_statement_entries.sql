-- Entries of account statements received in the month, with what they turned out to be. Grain: an entry, in intake order.
-- Input: matched_entries.
SELECT
    sequence, file_sha256, entry_no, line_no, account, booked_on, direction, amount_tiyn, counterparty, document_number,
    document_date, knp, match, match_rule, order_sha256 AS matched_sha256, order_line AS matched_line
FROM matched_entries
WHERE date_trunc('month', received_on) = getvariable('month')
ORDER BY sequence, entry_no
