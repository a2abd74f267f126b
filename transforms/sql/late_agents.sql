-- Contributions that stand among the wages (transforms/facts.py) although their payer collects for people: the law that says
-- so came after them. Grain: a payment line, with the columns of the others and iin.
-- Inputs: ledger_payments, ledger_others, links, agents_since (payer).
SELECT p.person, p.sequence, p.document_no, p.line_no, p.received_on, p.value_date, p.knp, p.payer, p.period, p.amount_tiyn,
    coalesce(l.current, p.person) AS iin
FROM ledger_payments p
SEMI JOIN agents_since USING (payer)
ANTI JOIN ledger_others o ON o.sequence = p.sequence AND o.line_no = p.line_no
LEFT JOIN links l ON l.person = p.person
WHERE p.knp IN ('121', '122')
ORDER BY p.person, p.sequence, p.line_no
