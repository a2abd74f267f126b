-- Accepted payment lines as known on the day: current ids, settlement, returns, payer kind.
-- payer_kind as in rules.md section 1, or wrong_knp (121 for oneself), or penalty (123, 124); the last two cover nothing.
-- The body of the macro money_of(lines): `lines` names ledger_payments or some rows of it.
-- Grain: one row per payment line (sequence, line_no). Money is tiyn.
-- Inputs: the lines, links, entrepreneur_months, agents, returned, settlement.
SELECT
    p.sequence, p.document_no, p.line_no, p.received_on, p.file_sha256,
    p.document_reference, p.document_number, p.document_date, p.value_date,
    p.knp, p.payer, coalesce(payer_link.current, p.payer) AS payer_now, p.payer_bank, p.person, p.period,
    coalesce(person_link.current, p.person) AS iin,
    s.settled_on,
    s.settled_on <= getvariable('known_at') AS settled,
    p.amount_tiyn AS paid_tiyn,
    coalesce(r.returned_tiyn, 0) AS returned_tiyn,
    p.amount_tiyn - coalesce(r.returned_tiyn, 0) AS net_tiyn,
    -- the day from which the line is as it is now
    greatest(p.received_on, s.settled_on, r.returned_on) AS known_on,
    CASE
        WHEN p.knp = '121' AND coalesce(payer_link.current, p.payer) = coalesce(person_link.current, p.person) THEN 'wrong_knp'
        WHEN p.knp = '121' THEN 'employer'
        WHEN p.knp IN ('123', '124') THEN 'penalty'
        WHEN p.payer // 10000000 % 10 BETWEEN 4 AND 6 AND agent.payer IS NULL THEN 'withheld'
        WHEN coalesce(payer_link.current, p.payer) <> coalesce(person_link.current, p.person)
            AND payer_active.iin IS NOT NULL THEN 'withheld'
        WHEN person_active.iin IS NOT NULL THEN 'sole_proprietor'
        ELSE 'independent'
    END AS payer_kind
FROM query_table(lines) p
JOIN settlement s USING (value_date)
LEFT JOIN links person_link ON person_link.person = p.person
LEFT JOIN links payer_link ON payer_link.person = p.payer
LEFT JOIN agents agent ON agent.payer = p.payer AND agent.valid_from <= p.value_date
LEFT JOIN entrepreneur_months payer_active
    ON payer_active.iin = coalesce(payer_link.current, p.payer)
    AND p.period BETWEEN payer_active.from_month AND payer_active.to_month
LEFT JOIN entrepreneur_months person_active
    ON person_active.iin = coalesce(person_link.current, p.person)
    AND p.period BETWEEN person_active.from_month AND person_active.to_month
LEFT JOIN returned r ON r.payment_sequence = p.sequence AND r.payment_line = p.line_no
