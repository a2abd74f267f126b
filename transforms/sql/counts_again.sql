-- What a payment line must say to count again since this month, for a return of such a line is gone: by current ids, and
-- the reference, where the return states one.
-- Grain: one row per (payer_now, iin, period, knp, reference); no reference is empty. Input: lines_gone.
SELECT payer_now, iin, period, knp, coalesce(document_reference, '') AS reference, max(gone_on) AS again_on
FROM lines_gone
WHERE came_back AND gone_on >= getvariable('month')
GROUP BY ALL
