-- Breaks that stand in one of two snapshots only; of breaks alike in everything as many as one has more than the other.
-- Grain: a break, ordered as in its table. Money is tiyn. Input: changed_breaks.
SELECT
    code, iin, payer_id, period, amount_tiyn, file_sha256, line_no, more < 0 AS in_older, more > 0 AS in_newer,
    unnest(range(abs(more)::BIGINT)) AS copy
FROM changed_breaks
ORDER BY code, iin, payer_id, period, file_sha256, line_no, amount_tiyn, copy
