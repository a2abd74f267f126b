-- Lines among the wages (transforms/facts.py) that came back whole, but for those that late_agents.sql takes away.
-- Grain: one row per (person, period, value_date, sequence). Inputs: returned, returnable, returned_others, agents_since (payer).
SELECT p.person, p.period, p.value_date, p.sequence, count(*)::UINTEGER AS lines
FROM returnable p
JOIN returned r ON r.payment_sequence = p.sequence AND r.payment_line = p.line_no AND r.returned_tiyn = p.amount_tiyn
ANTI JOIN returned_others o ON o.payment_sequence = p.sequence AND o.payment_line = p.line_no
ANTI JOIN agents_since a ON a.payer = p.payer_now
GROUP BY p.person, p.period, p.value_date, p.sequence
