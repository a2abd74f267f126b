-- What the entries on the account turned out to be. Grain: one row per (match, direction). Money is tiyn.
-- Input: statement_entries.
SELECT "match", direction, count(*) AS entries, sum(amount_tiyn) AS tiyn
FROM statement_entries
GROUP BY "match", direction
ORDER BY "match", direction
