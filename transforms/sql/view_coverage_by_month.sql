-- Who covers which month, and with how much money, as each month's newest snapshot knew it.
-- Grain: one row per (month, basis, payer_kind). Inputs: coverage_counts.
SELECT
    month, known_at, basis, payer_kind, people,
    deductions_tiyn, (deductions_tiyn * 0.01::DECIMAL(3, 2))::DECIMAL(20, 2) AS deductions_tenge,
    contributions_tiyn, (contributions_tiyn * 0.01::DECIMAL(3, 2))::DECIMAL(20, 2) AS contributions_tenge
FROM coverage_counts
ORDER BY month, basis, payer_kind
