"""An unreadable amount is no amount: under a control total its document is refused, though the rest adds up to it."""

import pytest
from texts import OTHER, item, message

pytestmark = pytest.mark.usefixtures("no_database")


def test_the_rest_that_adds_up_is_not_enough(put, night):
    put("bank/a.txt", message(item(1), item(2, amount="1x,00", person=OTHER), total="1935,00"))
    ran = night()
    assert ran.table("files")["refused_reason"].to_list() == ["control_total"]
    assert ran.table("payments").is_empty()
