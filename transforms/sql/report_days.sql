-- What came in by day and sender. Grain: one row per (received_on, sender). Money is tiyn. Input: daily_totals.
SELECT
    received_on, sender, sum(received_lines) AS received_lines, sum(received_tiyn) AS received_tiyn,
    sum(accepted_lines) AS accepted_lines, sum(accepted_tiyn) AS accepted_tiyn,
    sum(received_lines - accepted_lines - duplicate_lines) AS outside_lines,
    sum(received_tiyn - accepted_tiyn - duplicate_tiyn) AS outside_tiyn
FROM daily_totals
GROUP BY received_on, sender
ORDER BY received_on, sender NULLS LAST
