"""What the duty officer reads on the screen: every file counted, statements apart, by how much a statement is off."""

import polars as pl
import pytest
from statement_texts import document, statement
from texts import bank_register, bank_row, message

from pipelines.summary import first_told, told_balances

pytestmark = pytest.mark.usefixtures("no_database")


@pytest.mark.parametrize(
    ("off", "told"),
    [
        (5_00, "Off by 5,00 tenge."),
        (-2926_00, "Off by -2 926,00 tenge."),
        (0, "Its turnovers, sections or batches are not those of its entries."),
        (None, "A balance is missing."),
    ],
)
def test_by_how_much_a_statement_is_off(off, told):
    row = {"source": "statements", "file_name": "a.txt", "line_no": 5, "balances": False, "difference_tiyn": off}
    (found,) = told_balances(pl.DataFrame([row], schema_overrides={"difference_tiyn": pl.Int64}))
    assert found.startswith("statements/a.txt line 5: statement_balance: ") and told in found
    others = {"Off by", "turnovers", "A balance is missing"} - {
        part for part in ("Off by", "turnovers", "A balance is missing") if part in told
    }
    assert not [part for part in others if part in found]


def test_forty_are_told_and_no_rest():
    rows = pl.DataFrame({"n": range(41)})
    assert len(first_told(rows.head(40), lambda some: [str(n) for n in some["n"]], " there")) == 40
    assert first_told(rows, lambda some: [str(n) for n in some["n"]], " there")[-1] == "... and 1 more there"


def test_what_came_in(put, night, mshi):
    put("bank/a.csv", bank_register(bank_row(), bank_row("p2", amount="x")))
    put("bank/letter.txt", "Дорогие коллеги")
    put("bank/off.txt", message(total="1,00"))
    put("statements/s.txt", statement(document(), document("x", number="9")))
    told = night("2026-11-18")
    assert "came in       3 files, 3 lines, " in told.out
    assert "statements    1 files, 2 entries, 1 quarantined\n" in told.out
    assert "  whole files refused or seen before: control_total 1, unrecognised 1\n" in told.out
    assert "events" not in told.out
    off = told.table("files").filter(file_name="off.txt")["file_sha256"].item()
    mshi("accept", off, "--reason", "confirmed", "--as-of", "2026-11-19")
    assert "events        accept 1\n" in night("2026-11-19").out
    assert "events" not in night("2026-11-19").out
