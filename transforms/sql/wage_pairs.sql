-- Deductions (121) and contributions (122) of a wage month side by side: of everybody for the recent periods, and for earlier
-- ones of those of whom something is known since this month. Pending money counts as sent, wholly returned money does not.
-- Grain: (payer_now, iin, period). Money is tiyn.
-- Inputs: money_of, recent_lines (of ledger_payments).
WITH wage AS (
    SELECT payer, payer_now, iin, period, payer_kind = 'employer' AS deduction, net_tiyn, settled, known_on
    FROM money_of('recent_lines')
    WHERE payer_kind IN ('employer', 'withheld')
)
SELECT
    payer_now, iin, period, min(payer) AS payer,
    coalesce(bool_or(net_tiyn > 0) FILTER (deduction), false) AS deducted,
    coalesce(bool_or(net_tiyn > 0) FILTER (NOT deduction), false) AS contributed,
    bool_or(settled AND net_tiyn > 0) AS counts,
    sum(net_tiyn) FILTER (deduction AND settled) AS deductions_tiyn,
    sum(net_tiyn) FILTER (NOT deduction AND settled) AS contributions_tiyn,
    max(known_on) FILTER (settled) AS known_on,
    max(known_on) FILTER (deduction AND settled) AS deducted_on,
    max(known_on) FILTER (NOT deduction AND settled) AS contributed_on
FROM wage
GROUP BY payer_now, iin, period
