"""Where the flow of money puts each sum: by folder or released, without statements, by state and month it is for."""

from datetime import date
from pathlib import Path

from pipelines.readers import camt, clientbank
from pipelines.report.earlier import Published
from pipelines.report.figures import Figures
from pipelines.report.flow import flow_of
from transforms.verdicts import VERDICTS

NOVEMBER = date(2026, 11, 1)


def came(source: str, event: str = "delivery", form: str | None = "mt", **tiyn: int) -> dict:
    """A row of report_files.sql with this money by verdict."""
    return {"source": source, "format": form, "event": event, **{f"{one}_tiyn": tiyn.get(one, 0) for one in VERDICTS}}


def paid(state: str, month: int, tiyn: int, returned: int = 0, covers: bool = True) -> dict:
    """A row of report_money.sql."""
    period = date(2026, 1, 1).replace(year=2026 + month // 13, month=(month - 1) % 12 + 1)
    return {"state": state, "period": period, "covers": covers, "paid_tiyn": tiyn, "returned_tiyn": returned}


def test_each_sum_stands_at_its_stop():
    files = [
        came("bank", accepted=500, quarantined=20),
        came("bank", "accept", accepted=4),
        came("kazpost", "replay", accepted=3),
        came("kazpost", form=None, refused=2, duplicate=1),
        came("statements", form=camt.FORMAT, accepted=1000),
        came("statements", form=clientbank.FORMAT, accepted=1000),
    ]
    money = [
        paid("settled", 11, 100, 10),
        paid("settled", 11, 5, covers=False),
        paid("settled", 10, 200),
        paid("settled", 9, 50),
        paid("settled", 12, 60),
        paid("settled", 13, 6),
        paid("pending", 11, 30, 3),
        paid("returned", 11, 40, 40),
    ]
    snapshot = Published("", Path(), NOVEMBER, date(2026, 11, 20), {})
    flow = flow_of(Figures(snapshot, {"files": files, "money": money}, None, None, {}))
    assert [{stop.key: stop.tiyn for stop in column} for column in flow.columns] == [
        {"bank": 520, "released": 7, "kazpost": 3},
        {"accepted": 507, "quarantined": 20, "refused": 2, "duplicate": 1},
        {"settled": 411, "pending": 27, "returned": 53, "other": 16},
        {"earlier": 50, "before": 200, "this": 90, "later": 66, "nothing": 5},
    ]
    assert [stop.key for stop in flow.columns[0]] == ["bank", "released", "kazpost"]
