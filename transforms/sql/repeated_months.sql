-- Months for which a person has several lines of own money; the few of them are summed up. Grain: (iin, period). Input: money.
SELECT iin, period FROM money WHERE payer_kind IN ('sole_proprietor', 'independent') GROUP BY iin, period HAVING count(*) > 1
