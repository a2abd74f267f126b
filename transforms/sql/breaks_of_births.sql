-- People whose birth dates disagree among themselves or with the digits of the IIN, as written, or are no dates.
-- The seventh digit tells the century, 1 and 2 the 19th; with 0 any will do, and what is asked of it must hold for 0 too:
-- nothing keeps DuckDB from it, and ids know no minus. Grain: one row per current IIN.
-- Inputs: named (person, iin, birth_date, received_on).
WITH dated AS (
    SELECT
        person, iin, birth_date, received_on,
        person // 1000000 AS digits, person // 100000 % 10 AS century,
        year(birth_date) % 100 * 10000 + month(birth_date) * 100 + day(birth_date) AS told
    FROM named
    WHERE birth_date IS NOT NULL
),
judged AS (
    SELECT
        iin, max(received_on) AS true_on,
        min(birth_date) <> max(birth_date) OR bool_or(birth_date = DATE '0001-01-01') -- NO_BIRTH_DATE of schemas/ledger.py
        OR bool_or(digits <> told OR (century > 0 AND year(birth_date) // 100 <> (century + 35) // 2)) AS off
    FROM dated
    GROUP BY person, iin
)
SELECT
    'birth_date_mismatch' AS code, iin, NULL::UBIGINT AS payer, NULL::DATE AS period, NULL::BIGINT AS amount_tiyn,
    NULL::VARCHAR AS file_sha256, NULL::BIGINT AS line_no, max(true_on) AS true_on
FROM judged
WHERE off
GROUP BY iin
