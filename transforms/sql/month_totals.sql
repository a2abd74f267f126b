-- Totals of deliveries received in the month. Grain: (sequence, knp), unreadable KNP last. Input: ledger_totals.
SELECT
    sequence, file_sha256, knp,
    sum(received_lines)::BIGINT AS received_lines, sum(received_tiyn)::BIGINT AS received_tiyn,
    sum(accepted_lines)::BIGINT AS accepted_lines, sum(accepted_tiyn)::BIGINT AS accepted_tiyn,
    sum(quarantined_lines)::BIGINT AS quarantined_lines, sum(quarantined_tiyn)::BIGINT AS quarantined_tiyn,
    sum(refused_lines)::BIGINT AS refused_lines, sum(refused_tiyn)::BIGINT AS refused_tiyn,
    sum(duplicate_lines)::BIGINT AS duplicate_lines, sum(duplicate_tiyn)::BIGINT AS duplicate_tiyn
FROM ledger_totals
WHERE date_trunc('month', received_on) = getvariable('month')
GROUP BY sequence, file_sha256, knp
ORDER BY sequence, knp NULLS LAST
