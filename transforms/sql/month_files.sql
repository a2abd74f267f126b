-- Deliveries received in the month up to the day. Grain: a delivery, in intake order. Input: ledger_deliveries.
FROM ledger_deliveries WHERE date_trunc('month', received_on) = getvariable('month') ORDER BY sequence
