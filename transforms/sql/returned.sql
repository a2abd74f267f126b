-- What came back of payment lines, as known on the day, and on which day the last of it. Money is tiyn.
-- Grain: one row per payment line (payment_sequence, payment_line). Input: matched_returns.
SELECT payment_sequence, payment_line, sum(amount_tiyn)::BIGINT AS returned_tiyn, max(received_on) AS returned_on
FROM matched_returns
WHERE outcome = 'matched'
GROUP BY payment_sequence, payment_line
ORDER BY payment_sequence, payment_line
