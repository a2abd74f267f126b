-- Breaks between the account and the documents, both ways, and between consolidated messages and their lists.
-- Grain: one row per statement, entry, order or consolidated message. Money is tiyn.
-- Inputs: matched_entries, orders (with withdrawn_on), recorded_orders, withdrawn, ledger_statements, ledger_transfers, settlement,
-- meds_account (variable).
WITH unbalanced AS (
    SELECT
        'statement_balance' AS code, NULL::UBIGINT AS iin, NULL::UBIGINT AS payer, NULL::DATE AS period,
        difference_tiyn AS amount_tiyn, file_sha256, line_no, received_on AS true_on
    FROM ledger_statements
    WHERE NOT balances
),
other_amount AS (
    SELECT
        'statement_amount_differs', NULL::UBIGINT, order_payer, NULL::DATE, e.amount_tiyn - order_tiyn, e.file_sha256, e.line_no,
        greatest(e.received_on, order_received_on, e.withdrawn_on, o.withdrawn_on)
    FROM matched_entries e
    LEFT JOIN orders o
        ON o.sequence = e.order_sequence AND o.document_no = e.order_document AND o.line_no = e.order_line
        AND e.account = getvariable('meds_account')
    WHERE e.amount_tiyn <> order_tiyn
),
no_document AS (
    SELECT
        'statement_without_document', NULL::UBIGINT, counterparty, NULL::DATE, amount_tiyn, file_sha256, line_no,
        greatest(received_on, s.settled_on, withdrawn_on)
    FROM matched_entries
    JOIN settlement s ON s.value_date = booked_on
    WHERE match = 'unmatched'
),
-- A document waits for the account only where statements of it come in, from the days on that they cover: for a debit
-- if its money leaves the account, else for a credit. Lists that are passed on are details of their consolidated message.
-- The first statement that came of those that reach back so far makes it so.
account AS (
    SELECT first_day, min(min(received_on)) OVER (ORDER BY first_day) AS waits_since
    FROM (SELECT coalesce(opened_on, received_on) AS first_day, * FROM ledger_statements)
    WHERE account = getvariable('meds_account')
    GROUP BY first_day
),
waiting AS (SELECT value_date, settled_on, waits_since FROM settlement ASOF JOIN account ON settled_on >= first_day),
no_entry AS (
    SELECT
        'document_without_statement', NULL::UBIGINT, o.payer, NULL::DATE, o.amount_tiyn, o.file_sha256, o.line_no,
        greatest(o.received_on, w.settled_on, waits_since, o.withdrawn_on)
    FROM orders o
    JOIN waiting w USING (value_date)
    LEFT JOIN matched_entries e
        ON e.order_sequence = o.sequence AND e.order_document = o.document_no AND e.order_line = o.line_no
        AND e.account = getvariable('meds_account')
    WHERE (o.kind <> 'forwarding' OR o.form = 'single') AND e.order_sequence IS NULL AND o.amount_tiyn IS NOT NULL
),
lists AS (
    SELECT
        reference, knp, count(*) AS documents, sum(amount_tiyn) AS amount_tiyn, sum(lines) AS lines, sum(people) AS people,
        max(received_on) AS received_on
    FROM orders
    WHERE kind = 'forwarding' AND form <> 'single'
    GROUP BY reference, knp
),
-- Who stands in several lists of a message that tells of fewer people than they do one by one: so many times too often.
told_fewer AS (
    FROM orders o
    JOIN lists l USING (reference, knp)
    SELECT DISTINCT reference, knp
    WHERE o.kind = 'forwarding' AND o.form = 'single' AND o.people_told < l.people
),
repeated AS (
    SELECT reference, knp, sum(times - 1) AS times
    FROM (
        SELECT o.reference, o.knp, count(DISTINCT (t.sequence, t.document_no)) AS times
        FROM ledger_transfers t
        JOIN orders o USING (sequence, document_no, knp)
        SEMI JOIN told_fewer f ON f.reference = o.reference AND f.knp = o.knp
        WHERE o.kind = 'forwarding' AND o.form <> 'single' AND t.person IS NOT NULL
        GROUP BY o.reference, o.knp, t.person
    )
    GROUP BY reference, knp
),
consolidated AS (
    SELECT
        'consolidated_differs', NULL::UBIGINT, NULL::UBIGINT, NULL::DATE,
        greatest(o.amount_tiyn - coalesce(l.amount_tiyn, 0), -9223372036854775807)::BIGINT, o.file_sha256, o.line_no,
        greatest(o.received_on, l.received_on, s.settled_on, gone.withdrawn_on)
    FROM orders o
    JOIN settlement s USING (value_date)
    LEFT JOIN lists l ON l.reference = o.reference AND l.knp = o.knp
    LEFT JOIN repeated r ON r.reference = o.reference AND r.knp = o.knp
    LEFT JOIN (
        SELECT reference, knp, max(w.withdrawn_on) AS withdrawn_on
        FROM recorded_orders
        JOIN withdrawn w USING (sequence)
        WHERE kind = 'forwarding' AND form <> 'single'
        GROUP BY reference, knp
    ) gone ON gone.reference = o.reference AND gone.knp = o.knp
    WHERE o.kind = 'forwarding' AND o.form = 'single'
        AND (
            o.amount_tiyn <> coalesce(l.amount_tiyn, 0)
            OR coalesce(o.documents_told <> coalesce(l.documents, 0), false)
            -- whether somebody in a list, or in several, twice counts once is nowhere told
            OR coalesce(
                o.people_told NOT IN (coalesce(l.lines, 0), coalesce(l.people, 0), coalesce(l.people, 0) - coalesce(r.times, 0)), false
            )
        )
)
FROM unbalanced UNION ALL FROM other_amount UNION ALL FROM no_document UNION ALL FROM no_entry UNION ALL FROM consolidated
