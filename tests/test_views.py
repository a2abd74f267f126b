"""The views of mshi.duckdb over a month that nobody expects: they answer all the same."""

from texts import bank_register, bank_row

from schemas.analysts import VIEWS


def test_no_sum_of_a_view_ends_the_answers_to_all(put, night, mshi):
    """Ten lines of the largest amount are what one sender may send; a dozen such files are more than a number holds."""
    for n in range(12):
        given = {"amount": "922337203685477.58", "knp": "010" if n % 2 else "122"}
        put(f"bank/{n}.csv", bank_register(*(bank_row(f"p{n}-{m}", **given) for m in range(10))))
    night()
    for view in VIEWS:
        asked = mshi("sql", f"FROM {view}")
        assert asked.status == 0, (view, asked.err)
