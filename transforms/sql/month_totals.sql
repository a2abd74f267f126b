-- Totals of deliveries received in the month. Grain: (sequence, knp), unreadable KNP last. Input: ledger_totals.
FROM ledger_totals WHERE date_trunc('month', received_on) = getvariable('month') ORDER BY sequence, knp NULLS LAST
