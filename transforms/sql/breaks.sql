-- Breaks that stand in the month: their last line was received, or they became true, in it by the day.
-- Grain: one row per break. Inputs: the breaks_of_* (code, iin, payer, period, amount_tiyn, file_sha256, line_no, true_on),
-- breaks_of_names (iin, true_on), breaks_of_graces (iin, of the month itself).
WITH every_break AS (
    FROM breaks_of_lines UNION ALL FROM breaks_of_months UNION ALL FROM breaks_of_wages UNION ALL FROM breaks_of_documents
    UNION ALL FROM breaks_of_statements UNION ALL FROM breaks_of_births
    UNION ALL SELECT 'name_mismatch', iin, NULL, NULL, NULL, NULL, NULL, true_on FROM breaks_of_names
    UNION ALL
    SELECT 'grace_ending', iin, NULL, NULL, NULL, NULL, NULL, least(getvariable('known_at'), last_day(getvariable('month')))
    FROM breaks_of_graces
)
SELECT code, iin, payer, period, amount_tiyn::BIGINT AS amount_tiyn, file_sha256, line_no
FROM every_break
WHERE true_on <= getvariable('known_at') AND date_trunc('month', true_on) = getvariable('month')
ORDER BY code, iin, payer, period, file_sha256, line_no, amount_tiyn
