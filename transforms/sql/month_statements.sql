-- Account statements received in the month with their balances, and what their credits turned out to be.
-- Grain: a statement, in intake order. Money is tiyn. Inputs: ledger_statements, matched_entries.
SELECT
    s.* EXCLUDE (document_no, received_on), document_no AS statement_no,
    coalesce(matched_credits_tiyn, 0) AS matched_credits_tiyn, coalesce(unmatched_credits_tiyn, 0) AS unmatched_credits_tiyn,
    coalesce(refund_credits_tiyn, 0) AS refund_credits_tiyn, coalesce(penalty_credits_tiyn, 0) AS penalty_credits_tiyn,
    coalesce(other_credits_tiyn, 0) AS other_credits_tiyn
FROM ledger_statements s
LEFT JOIN (
    SELECT
        sequence, document_no,
        sum(amount_tiyn) FILTER (match = 'matched') AS matched_credits_tiyn,
        sum(amount_tiyn) FILTER (match = 'unmatched') AS unmatched_credits_tiyn,
        sum(amount_tiyn) FILTER (match = 'refund') AS refund_credits_tiyn,
        sum(amount_tiyn) FILTER (match = 'penalty') AS penalty_credits_tiyn,
        sum(amount_tiyn) FILTER (match = 'other') AS other_credits_tiyn
    FROM matched_entries
    WHERE direction = 'credit'
    GROUP BY sequence, document_no
) USING (sequence, document_no)
WHERE date_trunc('month', s.received_on) = getvariable('month')
ORDER BY s.sequence, statement_no
