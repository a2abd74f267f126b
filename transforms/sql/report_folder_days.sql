-- What came in by day and folder of the inbox. Grain: one row per (received_on, sender), the folder as the sender.
-- Money is tiyn. Input: files.
SELECT received_on, source AS sender, sum(lines) AS received_lines, sum(sum_tiyn) AS received_tiyn
FROM files
WHERE event = 'delivery'
GROUP BY received_on, source
ORDER BY received_on, source
