-- The months that money covers, as bits: by wage kinds and sole proprietors (due on the 25th), and by independent payers.
-- Bit b of word w is the month w * word_bits + b months before the last month looked at.
-- Grain: one row per (source, iin, word). Inputs: money, own_months.
WITH covered AS (
    SELECT 'paid_25th' AS source, iin, period
    FROM money
    WHERE payer_kind IN ('employer', 'withheld') AND settled AND net_tiyn > 0
    UNION ALL
    SELECT CASE payer_kind WHEN 'independent' THEN 'paid_independent' ELSE 'paid_25th' END, iin, period
    FROM own_months
    WHERE covers
),
placed AS (
    SELECT source, iin, datediff('month', period, getvariable('last_month')) AS back
    FROM covered
    WHERE period BETWEEN getvariable('first_month') AND getvariable('last_month')
)
SELECT source, iin, (back // getvariable('word_bits'))::INTEGER AS word, bit_or(1::BIGINT << (back % getvariable('word_bits'))::INTEGER)::BIGINT AS mask
FROM placed
GROUP BY source, iin, word
