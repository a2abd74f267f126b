-- Months of own money below the requirement, for the arrears. Grain: (iin, period). Money is tiyn. Input: own_months.
SELECT iin, period, own_tiyn, year(first_on)::INTEGER AS first_year FROM own_months WHERE NOT covers ORDER BY iin, period
