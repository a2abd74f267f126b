-- How many people moved from which status to which. Grain: one row per (comparison, before, after). Inputs: status_changes.
SELECT comparison, before, after, count(*) AS people
FROM status_changes
GROUP BY comparison, before, after
ORDER BY comparison, people DESC, before, after
