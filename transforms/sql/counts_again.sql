-- What a payment line must say to count again since this month, for a return of such a line is gone: by current ids, and
-- the reference, where all returns of the key state one.
-- Grain: one row per (payer_now, iin, period, knp, reference); any reference is empty. Input: lines_gone.
SELECT payer_now, iin, period, knp, reference, max(gone_on) AS again_on
FROM lines_gone
WHERE came_back AND gone_on >= getvariable('month')
GROUP BY ALL
