-- Every accepted line of the month's deliveries, money, register or statement, counted anew from the ledger for the balance.
-- Grain: a line. Inputs: ledger_payments, ledger_returns, ledger_transfers, ledger_entries, ledger_intervals, ledger_links,
-- ledger_persons, ledger_deliveries.
WITH line AS (
    SELECT sequence, knp, amount_tiyn FROM ledger_payments
    UNION ALL SELECT sequence, knp, amount_tiyn FROM ledger_returns
    UNION ALL SELECT sequence, knp, amount_tiyn FROM ledger_transfers
    UNION ALL SELECT sequence, knp, amount_tiyn FROM ledger_entries
    UNION ALL SELECT sequence, NULL, 0 FROM ledger_intervals
    UNION ALL SELECT sequence, NULL, 0 FROM ledger_links
    UNION ALL SELECT sequence, NULL, 0 FROM ledger_persons
)
FROM line
SEMI JOIN (FROM ledger_deliveries WHERE date_trunc('month', received_on) = getvariable('month')) USING (sequence)
