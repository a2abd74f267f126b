-- Accepted lines of the month's deliveries, money, register or statement, counted anew from the ledger for the balance.
-- Grain: one row per (sequence, knp, kind); kind is payment, return or other. Money is tiyn. Inputs: ledger_payments,
-- ledger_returns, ledger_transfers, ledger_entries, ledger_intervals, ledger_links, ledger_persons, ledger_deliveries.
WITH line AS (
    SELECT sequence, knp, amount_tiyn, 'payment' AS kind FROM ledger_payments
    UNION ALL SELECT sequence, knp, amount_tiyn, 'return' FROM ledger_returns
    UNION ALL SELECT sequence, knp, amount_tiyn, 'other' FROM ledger_transfers
    UNION ALL SELECT sequence, knp, amount_tiyn, 'other' FROM ledger_entries
    UNION ALL SELECT sequence, NULL, 0, 'other' FROM ledger_intervals
    UNION ALL SELECT sequence, NULL, 0, 'other' FROM ledger_links
    UNION ALL SELECT sequence, NULL, 0, 'other' FROM ledger_persons
)
SELECT sequence, knp, kind, count(*) AS lines, sum(amount_tiyn)::BIGINT AS tiyn
FROM line
SEMI JOIN (FROM ledger_deliveries WHERE date_trunc('month', received_on) = getvariable('month')) USING (sequence)
GROUP BY sequence, knp, kind
