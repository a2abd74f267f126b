-- Intervals in force of categories, exemptions and reversals, with what the law says of their code. Grain: an interval.
-- A category that the law does not know (yet) is in force never: it covers nothing. An empty end is open.
-- `duty` is not_owed or category_conflict where wage money in a month of the category is a break; `place` is that of the
-- category among all of them by name, from 0. Both are null for what is no category.
-- Inputs: ledger_intervals, in_force (sequence), links, categories (code, valid_from, duty, place), sources (register, source).
SELECT
    s.source, coalesce(l.current, i.person) AS iin, i.from_day, i.to_day,
    CASE WHEN s.source = 'preferential' THEN coalesce(c.valid_from, DATE '9999-12-01') ELSE getvariable('first_month') END AS valid_from,
    c.duty, c.place
FROM ledger_intervals i
SEMI JOIN in_force USING (sequence)
JOIN sources s USING (register)
LEFT JOIN categories c ON s.source = 'preferential' AND c.code = i.code
LEFT JOIN links l ON l.person = i.person
