"""The page: figures in three languages as one HTML file that needs nothing else, the same bytes for the same figures.

All text goes through Jinja's escaping. The only script and the style sheet are ours, named by their hashes in its
content security policy, so nothing that a file's name smuggles in would run. Names of files are masked as in the log.
"""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipelines.errors import hide_numbers
from pipelines.report.drawing import drawn, heights, stacked
from pipelines.report.figures import Compared, Figures, Rows
from pipelines.report.flow import STATEMENTS, Flow, Stop, flow_of
from pipelines.report.stages import Stages
from pipelines.report.verdict import Finding, findings, level_of
from pipelines.report.wording import LANGUAGES, Wording, wording
from schemas.calendar import add_months, last_day
from schemas.codes import HARMLESS, STATUSES
from transforms.arrivals import Arrival, arrivals
from transforms.turns import turned

_DRAWINGS = {"wide": (1080, 330, 44, 10), "narrow": (368, 300, 42, 7)}  # width, height, gap, width of a bar
_MOST_SENDERS = 60  # in one table: a page stays small whatever calls itself a channel
_COUNTED = ("files", "received_lines", "received_tiyn", "accepted_lines", "accepted_tiyn", "duplicate_tiyn")
_SEVERITIES = ("error", "warning", "info")
_OUTSIDE = ("quarantined_tiyn", "refused_tiyn")


@dataclass(frozen=True)
class Report:
    """What the page tells, without a language."""

    figures: Figures
    flow: Flow
    findings: list[Finding]
    senders: list[Arrival]
    folders: list[Arrival]
    timed: bool
    stages: Stages | None

    @property
    def level(self) -> str:
        return level_of(self.findings)

    @property
    def headline(self) -> str:
        """The level in words: of a month in which the day does not lie nobody can say that all is well."""
        elsewhere = any(one.key == "elsewhere" for one in self.findings)
        return "elsewhere" if elsewhere and self.level == "good" else self.level

    @property
    def received(self) -> int:
        """Money of the month, without statements of the account."""
        return sum(stop.tiyn for stop in self.stops("source"))

    @property
    def late(self) -> int:
        """How many senders are late."""
        return sum(one.state == "late" for one in self.senders)

    def stops(self, kind: str) -> list[Stop]:
        """The stops of a column of the flow."""
        return [stop for column in self.flow.columns for stop in column if stop.kind == kind]

    @property
    def people(self) -> int:
        return sum(self.figures.snapshot.people.values())

    def came(self) -> Rows:
        """By folder and format, what is not read last. Grain: (source, format)."""
        return _summed(self.figures.rows["files"], ("source", "format"))

    def by_sender(self) -> Rows:
        """By sender, the most money first, then those without a name. Grain: a sender."""
        sums = ("received_lines", "received_tiyn", "accepted_tiyn", "outside_tiyn")
        rows = _summed(self.figures.rows["days"], ("sender",), sums)
        today = [row for row in self.figures.rows["days"] if row["received_on"] == self.figures.snapshot.known_at]
        tonight = {row["sender"]: row["received_tiyn"] for row in _summed(today, ("sender",), sums)}
        told = [row | {"tonight_tiyn": tonight.get(row["sender"], 0)} for row in rows]
        told.sort(key=lambda row: (row["sender"] is None, -row["received_tiyn"], str(row["sender"])))
        return told

    def tonight(self) -> dict[str, int]:
        """What came in on the day, without statements of the account."""
        rows = [row for row in self.figures.rows["files"] if row["tonight"] and row["format"] not in STATEMENTS]
        names = (*_COUNTED, *_OUTSIDE, "quarantined_lines", "refused_lines")
        return {name: sum(row[name] for row in rows) for name in names}

    def outside(self) -> Rows:
        """What stands outside, the most money first, what needs nobody last. Grain: a reason."""
        rows = self.figures.rows["outside"]
        return sorted(rows, key=lambda row: (row["reason"] in HARMLESS, -row["tiyn"], -row["rows"], row["reason"]))

    def breaks(self) -> Rows:
        """By severity and money, with the change against the night before. Grain: a code."""
        night = self.figures.night
        before = {row["code"]: row["rows"] for row in night.breaks} if night else {}
        rows = [row | {"change": row["rows"] - before.get(row["code"], 0)} for row in self.figures.rows["breaks"]]
        rows += [
            {"code": row["code"], "severity": row["severity"], "rows": 0, "tiyn": 0, "change": -row["rows"]}
            for row in (night.breaks if night else [])
            if row["code"] not in {one["code"] for one in self.figures.rows["breaks"]}
        ]
        return sorted(rows, key=lambda row: (_SEVERITIES.index(row["severity"]), -row["tiyn"], row["code"]))

    def severity(self, name: str) -> int:
        """How many breaks of a severity stand."""
        return sum(row["rows"] for row in self.figures.rows["breaks"] if row["severity"] == name)

    def breaks_of(self, code: str) -> int:
        """How many breaks of a code stand."""
        return sum(row["rows"] for row in self.figures.rows["breaks"] if row["code"] == code)

    def covered(self) -> Rows:
        """People by status, reason and what covers the month. Grain: (status, reason, basis, category, payer_kind)."""
        order = list(STATUSES)
        return sorted(self.figures.rows["people"], key=lambda row: (order.index(row["status"]), -row["people"]))

    def parts(self, people: dict[str, int]) -> list[tuple[str, int]]:
        """People by status, in the order of the statuses."""
        return [(status, people[status]) for status in STATUSES]

    def against(self, words: Wording) -> list[tuple[str, dict[str, int]]]:
        """What people are held against: its name, people by status."""
        return [
            (words.say(f"people.{name}", day=one.snapshot.known_at, month=one.snapshot.month), one.snapshot.people)
            for name, one in compared_people(self.figures)
        ]

    def status_heads(self, words: Wording) -> list[tuple[str, str]]:
        """The heads of the table of statuses: one more for each snapshot that they are held against."""
        told = [("", words.of("column.status")), ("n", words.of("column.people")), ("n", words.of("column.share"))]
        return told + [("n", f"± {name}") for name, _ in self.against(words)]

    def day_bars(self) -> list[tuple[int, int, int]]:
        """Every day of the month: its number, money received, height in a chart of 100."""
        month = self.figures.snapshot.month
        count = last_day(month).day
        came = dict.fromkeys(range(1, count + 1), 0)
        for row in self.figures.rows["days"]:
            came[row["received_on"].day] += row["received_tiyn"]
        return list(zip(came, came.values(), heights(list(came.values()), 100), strict=True))


def report_of(figures: Figures, timed: bool = False, stages: Stages | None = None) -> Report:
    """All that the page tells; not `timed` it is made of tables alone and says where the times of the stages are."""
    snapshot = figures.snapshot
    last = min(snapshot.known_at, last_day(snapshot.month)).day if snapshot.known_at >= snapshot.month else 0
    senders = arrivals(figures.rows["days"], figures.earlier_days["days"], last)
    folders = arrivals(figures.rows["folder_days"], figures.earlier_days["folder_days"], last)
    return Report(figures, flow_of(figures), findings(figures, senders), senders, folders, timed, stages)


def page(report: Report, language: str = "en") -> str:
    """The HTML file; `language` is shown where the reader's browser prefers none of ours."""
    environment = _environment()
    templates = files(__package__).joinpath("templates")
    script, style = (templates.joinpath(f"report.{kind}").read_text("utf-8") for kind in ("js", "css"))
    return environment.get_template("report.html.j2").render(
        report=report,
        figures=report.figures,
        snapshot=report.figures.snapshot,
        languages=[wording(one) for one in LANGUAGES],
        default=language,
        script=script,
        style=style,
        hashes={"script": _hash(script), "style": _hash(style)},
        statuses=list(STATUSES),
        drawings=[(name, drawn(report.flow, *sizes)) for name, sizes in _DRAWINGS.items()],
        most=_MOST_SENDERS,
        month_of=lambda stop: add_months(report.figures.snapshot.month, 0 if stop.key == "this" else -1),
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"masked": hide_numbers, "turned": turned}
    environment.globals |= {"stacked": stacked, "told_finding": told_finding, "compared_people": compared_people}
    return environment


def told_finding(words: Wording, found: Finding) -> str:
    """The sentence of a finding; senders are masked as in the log, at most five of them."""
    facts = dict(found.facts)
    if "senders" in facts:
        names = [hide_numbers(name) for name in facts["senders"]]
        facts["senders"] = ", ".join(names[:5]) + (f" … +{len(names) - 5}" if len(names) > 5 else "")
    return words.say(f"finding.{found.key}", **facts)


def compared_people(figures: Figures) -> list[tuple[str, Compared]]:
    """The snapshots that people are held against: the night before, the month before, as far as they are there."""
    return [(name, one) for name, one in (("night", figures.night), ("month", figures.month)) if one is not None]


def _summed(rows: Rows, by: tuple[str, ...], sums: tuple[str, ...] = (*_COUNTED, *_OUTSIDE)) -> Rows:
    """Rows by these columns with the sums of others, sorted; what has no name last."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        key = tuple(row[name] for name in by)
        told = found.setdefault(key, dict(zip(by, key, strict=True)) | dict.fromkeys(sums, 0))
        for name in sums:
            told[name] += row[name]
    return [found[key] for key in sorted(found, key=lambda key: [(part is None, part or "") for part in key])]
