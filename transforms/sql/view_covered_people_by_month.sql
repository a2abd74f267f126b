-- What covers the last twelve months of everybody, as known today. Grain: one row per (month, basis). Inputs: insured_status.
SELECT
    (insured_status.month - to_months(12 - place.place))::DATE AS month,
    CASE coverage_months[place.place]
        WHEN 'S' THEN 'preferential' WHEN 'E' THEN 'exempt' WHEN 'P' THEN 'paid' WHEN 'R' THEN 'reversed' ELSE 'uncovered'
    END AS basis,
    count(*) AS people
FROM insured_status, (SELECT unnest(generate_series(1, 12))::INTEGER AS place) place
GROUP BY 1, 2
ORDER BY 1, 2
