-- People of whose earlier wage months something is known since this month: of lines that came, were settled or came back in
-- it, and of what counts no more. Months in between, and people without wages, do no harm: what is found of them became true before.
-- Grain: an IIN, from the first to the last such period before recent_from.
-- Inputs: lines_since, links, returned, returnable, lines_gone; recent_from (variable: the first period of which all
-- people are looked at).
WITH heard AS (
    SELECT coalesce(l.current, p.person) AS iin, p.period
    FROM lines_since p
    LEFT JOIN links l ON l.person = p.person
    WHERE p.payer <> p.person -- who pays for himself pays no wages
    UNION ALL
    SELECT p.iin, p.period
    FROM returned r
    JOIN returnable p ON p.sequence = r.payment_sequence AND p.line_no = r.payment_line
    WHERE r.returned_on >= getvariable('month')
    UNION ALL
    SELECT iin, period FROM lines_gone
)
SELECT iin, min(period) AS first_period, max(period) AS last_period
FROM heard
WHERE period < getvariable('recent_from')
GROUP BY iin
