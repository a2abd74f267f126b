-- Own money of a month that is too little once its due date has passed, or too much without a lump sum that says why.
-- Grain: one row per (iin, period). Money is tiyn. Inputs: own_months, months, lines_gone.
SELECT
    CASE WHEN own_tiyn < required_tiyn THEN 'underpaid' ELSE 'overpaid' END AS code,
    own.iin, NULL::UBIGINT AS payer, own.period, abs(own_tiyn - required_tiyn) AS amount_tiyn,
    NULL::VARCHAR AS file_sha256, NULL::BIGINT AS line_no,
    greatest(
        known_on, w.gone_on,
        CASE WHEN own_tiyn < required_tiyn
            THEN 1 + CASE payer_kind WHEN 'independent' THEN m.independent_due_on ELSE m.wage_due_on END END
    ) AS true_on
FROM own_months own
JOIN months m USING (period)
LEFT JOIN (
    SELECT iin, period, max(gone_on) AS gone_on
    FROM lines_gone
    WHERE payer_kind IN ('sole_proprietor', 'independent')
    GROUP BY iin, period
) w USING (iin, period)
WHERE abs(own_tiyn - required_tiyn) > m.tolerance_tiyn
    AND NOT (own_tiyn > required_tiyn AND largest_tiyn >= 2 * required_tiyn)
