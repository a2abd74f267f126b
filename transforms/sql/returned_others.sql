-- What came back of lines that are not among the wages (transforms/facts.py). Grain: a payment line. Money is tiyn.
-- Inputs: returned, ledger_others.
SELECT r.*
FROM returned r
SEMI JOIN (
    -- the many lines are looked up among the few that came back, not the other way round
    SELECT o.sequence, o.line_no FROM ledger_others o
    SEMI JOIN returned r ON r.payment_sequence = o.sequence AND r.payment_line = o.line_no
) o ON o.sequence = r.payment_sequence AND o.line_no = r.payment_line
