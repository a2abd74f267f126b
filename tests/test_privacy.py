"""Nothing personal in the analysts' file but keyed pseudonyms."""

import hashlib
import hmac

import duckdb
import pytest
from texts import EMPLOYER, OTHER, PERSON, bank_register, bank_row, message, register


@pytest.fixture
def told(put):
    put(f"bank/{PERSON}.csv", bank_register(bank_row(surname="Құпия"), bank_row("p2", knp="121", payer=PERSON)))
    put("bank/b.txt", message() + message(reference="2", total="1,00"))
    put("registers/persons.csv", register("iin,surname,name,patronymic,birth_date", f"{OTHER},Құпия,Адам,,"))


def test_no_iin_and_no_name_as_text_or_number(told, night, home):
    night()
    with duckdb.connect(str(home / "mshi.duckdb"), read_only=True) as con:
        tables = [row[0] for row in con.sql("SHOW TABLES").fetchall()]
        content = "\n".join(str(con.sql(f"SELECT * FROM {name}").fetchall()) for name in tables)
    for secret in (PERSON, OTHER, str(int(PERSON)), "Құпия"):
        assert secret not in content
    assert EMPLOYER in content
    raw = (home / "mshi.duckdb").read_bytes()
    assert PERSON.encode() not in raw and "Құпия".encode() not in raw


@pytest.mark.parametrize("key", ["a short key", "k" * 100])
def test_pseudonyms_are_hmac_under_the_key(told, night, home, monkeypatch, key):
    monkeypatch.setenv("MSHI_KEY", key)
    assert ("MSHI_KEY has 11 signs and can be guessed" in night().err) == (key == "a short key")
    ran = night()
    assert not (home / "key").exists()
    expected = {
        hmac.new(key.encode(), iin.encode(), hashlib.sha256).hexdigest()[:24]
        for iin in ran.table("insured_status")["iin"]
    }
    with duckdb.connect(str(home / "mshi.duckdb"), read_only=True) as con:
        found = [row[0] for row in con.sql("SELECT iin FROM insured_status").fetchall()]
        payers = {row[0] for row in con.sql("SELECT payer_id FROM payments").fetchall()}
    assert set(found) == expected
    assert found == sorted(found)  # not in the order of the IINs
    assert EMPLOYER in payers


def test_the_key_is_kept(told, night, home):
    night("2026-11-19")
    key = (home / "key").read_bytes()
    night("2026-11-20")
    assert (home / "key").read_bytes() == key


def test_a_file_name_with_an_iin_is_masked_in_the_log(told, night):
    ran = night()
    assert PERSON not in ran.out + ran.err


def test_another_key_is_told_once_of_whether_the_file_was_lost_or_the_environment_changed(
    night, mshi, home, monkeypatch, tmp_path
):
    told = "every pseudonym in mshi.duckdb is another than before"
    assert told not in night("2026-11-19").err
    key = (home / "key").read_text()
    (home / "key").rename(tmp_path / "key")
    assert told not in mshi("replay").err  # only what makes mshi.duckdb anew
    ran = night("2026-11-20")
    assert ran.status == 0 and told in ran.err and f"restore the key of before ({home}/key)" in ran.err
    assert told not in night("2026-11-21").err
    monkeypatch.setenv("MSHI_KEY", "5" * 64)
    ran = mshi("rerun", "2026-10", "--known-at", "2026-11-21")
    assert told in ran.err and "(MSHI_KEY)" in ran.err
    assert told not in night("2026-11-22").err
    assert key not in (home / "runs.jsonl").read_text() and "5" * 64 not in (home / "runs.jsonl").read_text()
