-- Breaks that stand in the month: disagreements whose last line was received, or that became true, in it by the day.
-- Pending and wholly returned lines give no break of their own. Grain: one row per break. Money is tiyn.
-- Inputs: money, own_months, months, ledger_documents, ledger_quarantine, ledger_transfers, matched_returns.
WITH line_break AS (
    SELECT
        unnest(list_filter([
            CASE WHEN line.payer_kind = 'wrong_knp' THEN 'wrong_knp' END,
            CASE WHEN line.payer_kind NOT IN ('wrong_knp', 'penalty')
                AND line.value_date > CASE line.payer_kind WHEN 'independent' THEN m.independent_due_on ELSE m.wage_due_on END
                THEN 'late_payment' END,
            CASE WHEN line.payer_kind NOT IN ('wrong_knp', 'penalty')
                AND datediff('month', line.value_date, line.period) > m.advance_limit_months THEN 'beyond_advance' END,
            CASE WHEN line.net_tiyn >= 2 * own.required_tiyn THEN 'lump_sum' END
        ], lambda code: code IS NOT NULL)) AS code,
        line.iin, line.payer, line.period, line.net_tiyn AS amount_tiyn,
        line.file_sha256, line.line_no, greatest(line.received_on, line.settled_on) AS true_on
    FROM money line
    JOIN months m USING (period)
    LEFT JOIN own_months own
        ON own.iin = line.iin AND own.period = line.period AND own.payer_kind = line.payer_kind
    WHERE line.settled AND line.net_tiyn > 0 AND line.payer_kind <> 'penalty'
),
month_break AS (
    SELECT
        CASE WHEN own_tiyn < required_tiyn THEN 'underpaid' ELSE 'overpaid' END AS code,
        own.iin, NULL::UBIGINT AS payer, own.period, abs(own_tiyn - required_tiyn) AS amount_tiyn,
        NULL AS file_sha256, NULL::BIGINT AS line_no,
        CASE WHEN own_tiyn < required_tiyn
            THEN greatest(known_on, 1 + CASE payer_kind WHEN 'independent' THEN m.independent_due_on ELSE m.wage_due_on END)
            ELSE known_on END AS true_on
    FROM own_months own
    JOIN months m USING (period)
    WHERE abs(own_tiyn - required_tiyn) > m.tolerance_tiyn
        AND NOT (own_tiyn > required_tiyn AND EXISTS (
            FROM money line
            WHERE line.iin = own.iin AND line.period = own.period AND line.payer_kind = own.payer_kind
                AND line.settled AND line.net_tiyn >= 2 * own.required_tiyn
        ))
),
penalty AS (
    SELECT
        'penalty' AS code, NULL::UBIGINT AS iin, min(line.payer) AS payer, NULL::DATE AS period,
        least(sum(line.paid_tiyn), 9223372036854775807)::BIGINT AS amount_tiyn, d.file_sha256, d.line_no, d.received_on AS true_on
    FROM money line
    JOIN ledger_documents d USING (sequence, document_no)
    WHERE line.payer_kind = 'penalty'
    GROUP BY sequence, document_no, d.file_sha256, d.line_no, d.received_on
),
refund AS (
    SELECT
        'refund_in_transit', NULL::UBIGINT, NULL::UBIGINT, NULL::DATE,
        least(sum(t.amount_tiyn), 9223372036854775807)::BIGINT, d.file_sha256, d.line_no, d.received_on
    FROM ledger_transfers t
    JOIN ledger_documents d USING (sequence, document_no)
    WHERE t.kind = 'refund'
    GROUP BY sequence, document_no, d.file_sha256, d.line_no, d.received_on
),
refused AS (
    SELECT
        refused_reason, NULL::UBIGINT, NULL::UBIGINT, NULL::DATE,
        CASE refused_reason WHEN 'duplicate_document' THEN found_tiyn ELSE difference_tiyn END,
        file_sha256, line_no, received_on
    FROM ledger_documents
    WHERE refused_reason IN ('control_total', 'control_count', 'document_differs', 'duplicate_document')
),
quarantined AS (
    SELECT reason, NULL::UBIGINT, NULL::UBIGINT, NULL::DATE, amount_tiyn, file_sha256, line_no, received_on
    FROM ledger_quarantine
    WHERE reason IN ('unsupported_knp', 'duplicate_payment')
),
unmatched_return AS (
    SELECT outcome, iin, payer, period, amount_tiyn, file_sha256, line_no, received_on
    FROM matched_returns
    WHERE outcome <> 'matched'
)
SELECT code, iin, payer, period, amount_tiyn::BIGINT AS amount_tiyn, file_sha256, line_no
FROM (
    FROM line_break UNION ALL FROM month_break UNION ALL FROM penalty UNION ALL FROM refund
    UNION ALL FROM refused UNION ALL FROM quarantined UNION ALL FROM unmatched_return
)
WHERE true_on <= getvariable('known_at') AND date_trunc('month', true_on) = getvariable('month')
ORDER BY code, iin, payer, period, file_sha256, line_no, amount_tiyn
