-- What came in, by folder, format and fate of the file; of the day itself and of the rest of the month.
-- Grain: one row per (source, format, event, refused_reason, tonight). Money is tiyn. Input: files.
SELECT
    source, format, event, refused_reason, received_on = getvariable('known_at') AS tonight,
    count(*) AS files, sum(lines) AS received_lines, sum(sum_tiyn) AS received_tiyn,
    sum(accepted_lines) AS accepted_lines, sum(accepted_tiyn) AS accepted_tiyn,
    sum(quarantined_lines) AS quarantined_lines, sum(quarantined_tiyn) AS quarantined_tiyn,
    sum(refused_lines) AS refused_lines, sum(refused_tiyn) AS refused_tiyn,
    sum(duplicate_lines) AS duplicate_lines, sum(duplicate_tiyn) AS duplicate_tiyn
FROM files
GROUP BY ALL
ORDER BY ALL
