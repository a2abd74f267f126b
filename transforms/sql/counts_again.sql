-- What a payment line must say to count again since this month, for a return of such a line is gone: by current ids.
-- Grain: one row per (payer_now, iin, period, knp). Input: lines_gone.
SELECT payer_now, iin, period, knp, max(gone_on) AS again_on
FROM lines_gone
WHERE came_back AND gone_on >= getvariable('month')
GROUP BY payer_now, iin, period, knp
