-- The months that register intervals touch, as bits (see paid_masks.sql), by basis.
-- A category covers only months in which its code is in force. Grain: one row per (source, iin, word).
-- Inputs: basis_intervals (source, iin, from_day, to_day, valid_from).
WITH clipped AS (
    SELECT
        source, iin,
        greatest(date_trunc('month', from_day)::DATE, valid_from, getvariable('first_month')) AS low,
        least(date_trunc('month', coalesce(to_day, getvariable('last_month')))::DATE, getvariable('last_month')) AS high
    FROM basis_intervals
),
placed AS (
    SELECT
        source, iin,
        datediff('month', high, getvariable('last_month')) AS low_bit,
        datediff('month', low, getvariable('last_month')) AS high_bit
    FROM clipped
    WHERE low <= high
),
worded AS (
    SELECT source, iin, low_bit, high_bit, unnest(range(low_bit // getvariable('word_bits'), high_bit // getvariable('word_bits') + 1)) AS word FROM placed
),
cut AS (
    SELECT
        source, iin, word,
        greatest(low_bit - word * getvariable('word_bits'), 0) AS low_bit,
        least(high_bit - word * getvariable('word_bits'), getvariable('word_bits') - 1) AS high_bit
    FROM worded
)
SELECT
    source, iin, word::INTEGER AS word,
    bit_or(((1::BIGINT << (high_bit - low_bit + 1)::INTEGER) - 1) << low_bit::INTEGER)::BIGINT AS mask
FROM cut
GROUP BY source, iin, word
