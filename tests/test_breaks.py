"""Every break is told once: a sentence in three languages, what to do, in the dictionary (in the guide: test_guide.py)."""

import re

import pytest

from pipelines.cli import main
from schemas.breaks import BREAKS

SEVERITIES = ("error", "warning", "info")
# contract.md section 4
CODES = """
control_total control_count document_differs statement_balance statement_amount_differs consolidated_differs
return_exceeds_payment statement_without_document document_without_statement return_without_payment
missing_contribution missing_deduction underpaid overpaid over_cap wrong_knp not_owed category_conflict
name_mismatch birth_date_mismatch unsupported_knp duplicate_payment lump_sum beyond_advance late_payment
duplicate_document penalty refund_in_transit grace_ending
""".split()


def test_the_list_is_the_contracts():
    assert set(BREAKS) == set(CODES)


@pytest.mark.parametrize("code", BREAKS)
def test_a_break_is_told_in_three_languages_and_says_what_to_do(code):
    told = BREAKS[code]
    assert told.severity in SEVERITIES
    for text in (told.sentence, told.russian, told.kazakh, told.next_step):
        assert text.endswith((".", ")")) and len(text) > 10, code
    assert re.search("[а-я]", told.russian) and not re.search("[әғқңөұүһі]", told.russian.lower()), code
    assert re.search("[әғқңөұүһі]", told.kazakh.lower()), code
    # Where the sentence names an amount, the others do too.
    assert ("amount =" in told.sentence) == ("сумма =" in told.russian) == ("сома =" in told.kazakh), code


def test_the_dictionary_tells_every_break(capsys):
    assert main(["dictionary"]) == 0
    text = capsys.readouterr().out
    for code, told in BREAKS.items():
        for sentence in (f"`{code}` ({told.severity})", told.sentence, told.next_step, told.russian, told.kazakh):
            assert sentence in text, code
