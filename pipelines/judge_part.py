"""Judge the parts of one large register: what each adds to its delivery, two at work at once.

Of lines that pass their checks only what is kept is looked at any further; those that fail one are judged beside them.
A line that repeats an id of its own file waits for the end, where its texts are held against the first one's.
Grain: a part of a delivery. What becomes of the whole is decided in pipelines/judge_parts.py.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count

import numpy as np
import polars as pl

from pipelines import ledger, progress
from pipelines.ahead import made_ahead
from pipelines.delivered import Delivered, declared
from pipelines.judge import Known, agents_of, senders
from pipelines.judged import KEPT, accepted_tables, as_kept
from pipelines.looked import SOUND, schema_of_parts, typed_lines, typed_part, typed_rows
from schemas.gate import all_hold, first_faults
from schemas.ledger import LEDGER
from schemas.lines import REASON_ORDER
from schemas.rules import Law
from transforms import controls, duplicates, verdicts
from transforms.duplicates import REGISTER_ID
from transforms.facts import with_facts
from transforms.ids import Seen, among, id_hash, kept, shortened
from transforms.orders import order_sums

_WITH_IDS = ("payments", "returns")
_SUMMED = ["sequence", "document_no", "sender", "knp", "verdict", "amount_tiyn"]
_KEPT = KEPT | {"row", "sender"}  # of a line that passed its checks
_STANDING = pl.DataFrame(schema={"sequence": pl.Int64, "document_no": pl.Int32, "refused_reason": pl.String})
_NO_FAULTS = pl.DataFrame(schema={"row": pl.UInt32, "reason": pl.String, "field": pl.String})
_NO_HASHES = np.empty(0, dtype=np.uint64)


@dataclass
class _Checked:
    """The lines, or rows, of a part as read, and which pass their checks; `able` ones have an id too, with its hash."""

    lines: pl.DataFrame
    sound: pl.Series
    able: pl.DataFrame
    hashes: np.ndarray


@dataclass
class Part:
    """What some lines, or rows, add to their delivery."""

    found: pl.DataFrame
    size: int
    rows: int
    senders: pl.DataFrame
    totals: pl.DataFrame
    quarantine: pl.DataFrame
    orders: pl.DataFrame
    accepted: int  # lines of money


class Judging:
    """One delivery while its parts are judged."""

    def __init__(self, one: Delivered, known: Known, law: Law, segment: ledger.Segment) -> None:
        assert one.reading is not None and one.reading.parts is not None
        self.one, self.known, self.segment = one, known, segment
        self.reading, self.parts = one.reading, one.reading.parts
        self.of_lines = self.reading.in_parts == "lines"
        self.schema = schema_of_parts(one, law)
        self.agents = agents_of(law)
        self.documents = declared([one]).filter(~pl.col("partial"))
        self.no_lines, self.no_rows = (
            verdicts.with_verdicts(empty, _STANDING, _NO_FAULTS) for empty in (typed_lines([]), typed_rows([]))
        )
        self.pool: ThreadPoolExecutor | None = None
        self.writing: Future[None] | None = None
        self._begin(readable=True)

    def _begin(self, readable: bool) -> None:
        self.readable, self.seen = readable, Seen()
        self.met = np.empty(0, dtype=np.int64)  # hashes of ids that are met in the ledger
        self.hashes: list[np.ndarray] = []  # for each part those of the ids of its sound lines
        self.again: list[np.ndarray] = []  # for each part which of them came before in the file
        self.waiting: list[pl.DataFrame] = []
        self.faulty: list[Part] = []  # the lines of parts that fail a check

    def all_parts(self, readable: bool) -> list[Part]:
        """All that the delivery consists of; without readable amounts if they add up to more than can exist."""
        self._begin(readable)
        with ThreadPoolExecutor(1) as pool:  # to write
            self.pool = pool
            found = list(self._judged(None))
            self.met = self.known.met(kept(np.concatenate([*self.hashes, _NO_HASHES])))
            again = [place for place, one in enumerate(self.hashes) if among(shortened(one), self.met).any()]
            if again:
                for place, part in zip(again, self._judged(again), strict=True):
                    found[place] = part
            self._written()
        self.pool = None
        return [*found, *self.faulty, *self._waited()]

    def _judged(self, only: list[int] | None) -> Iterator[Part]:
        """The parts in their order; `only` some of them again, when it is known which ids are met in the ledger."""
        places = count() if only is None else only
        wanted = (raw for place, raw in enumerate(self.parts()) if only is None or place in only)
        of_how_many = self.reading.part_count if only is None else len(only)
        checked = made_ahead(self._checked, wanted, at_once=2)
        for done, (place, part) in enumerate(zip(places, checked, strict=False), 1):
            yield self._part(part, place, is_again=only is not None)
            progress.told("parts of a large file" if only is None else "parts again", done, max(done, of_how_many))

    def _checked(self, raw: Callable[[], pl.DataFrame]) -> _Checked:
        lines = raw()
        if SOUND not in lines.columns:  # else another machine has looked at it
            lines = typed_part(self.one, lines)
        if not self.readable:
            lines = lines.with_columns(amount_tiyn=pl.lit(None, dtype=pl.Int64))
        sound = lines[SOUND] if SOUND in lines.columns and self.readable else all_hold(lines, self.schema)
        lines = lines.drop(SOUND, strict=False)
        if not self.of_lines:
            return _Checked(lines, sound, lines.clear(), _NO_HASHES)
        able = lines.select("row", *REGISTER_ID).filter(sound & lines["row_id"].is_not_null())
        return _Checked(lines, sound, able, id_hash(able["id_scope"].fill_null(""), able["row_id"]))

    def _part(self, part: _Checked, place: int, is_again: bool) -> Part:
        lines, able, hashes = part.lines, part.able, part.hashes
        if not is_again:
            self.hashes.append(hashes)
            self.again.append(self.seen.again(hashes))
        again = self.again[place]
        repeats = able["row"].filter(pl.Series(again, dtype=pl.Boolean))
        if not is_again:
            bad = _apart(lines.filter(~part.sound))
            if bad.height:
                faults = first_faults(bad, self.schema, REASON_ORDER)
                self.faulty.append(self._finished(bad, faults, 0, None))
            self.waiting.append(
                _apart(lines.filter(pl.col("row").is_in(repeats.implode()))) if repeats.len() else lines.clear()
            )
        faults = _NO_FAULTS
        if is_again:
            near = able["row"].filter(pl.Series(among(shortened(hashes), self.met) & ~again, dtype=pl.Boolean))
            of_ledger = lines.filter(pl.col("row").is_in(near.implode()))
            faults = duplicates.judge_ids(of_ledger, self.known.lines(of_ledger))
        elif not self._in_orders(lines):
            lines = lines.select(name for name in lines.columns if name in _KEPT)
        stays = part.sound.scatter(repeats, False) if repeats.len() else part.sound
        if not stays.all():
            lines = lines.filter(stays)
        return self._finished(lines, faults, place + 1, None if is_again else hashes[~again])

    def _waited(self) -> list[Part]:
        """The lines that repeat an id of their own file, held against the first one, or the ledger's."""
        raw = [one for one in self.waiting if one.height]
        if not raw:
            return []
        lines = pl.concat(raw).drop("row").with_row_index("row")
        ids = lines.select(REGISTER_ID).unique()
        files = [file for table in ("payments", "returns") for file in ledger.files_in(self.segment.folder, table)]
        near = [pl.scan_parquet(file).filter(pl.col("row_id").is_in(ids["row_id"].implode())) for file in files]
        own = [one.join(ids.lazy(), on=REGISTER_ID, how="semi").select(duplicates.ID_COLUMNS).collect() for one in near]
        hashes = id_hash(lines["id_scope"].fill_null(""), lines["row_id"])
        of_ledger = lines.filter(pl.Series(among(shortened(hashes), self.met), dtype=pl.Boolean))
        faults = duplicates.judge_ids(lines, pl.concat([self.known.lines(of_ledger), *own]))
        return [self._finished(lines, faults, len(self.hashes) + 1, None)]

    def _finished(self, lines: pl.DataFrame, faults: pl.DataFrame, number: int, hashes: np.ndarray | None) -> Part:
        """Write what is accepted, and sum up. `hashes` are those of the ids of accepted lines, where they are known."""
        told = verdicts.with_verdicts(lines, _STANDING, faults)
        pair = (told, self.no_rows) if self.of_lines else (self.no_lines, told)
        # A part that is judged again may have nothing left of a table, and what was written must go.
        if number:
            tables = {table: as_kept(table, frame) for table, frame in accepted_tables(*pair).items()}
            self._keep(
                [
                    (table, frame, number, hashes if frame.height and table in _WITH_IDS else None)
                    for table, frame in with_facts(tables, self.agents).items()
                ]
            )
        quarantine = pl.DataFrame(schema=LEDGER["quarantine"])
        if faults.height:
            quarantine = verdicts.line_quarantine(told).select(list(quarantine.columns))
        summed = told.select(_SUMMED)
        return Part(
            found=_apart(controls.found(summed)),
            size=int(lines["amount_tiyn"].abs().cast(pl.Float64).sum() or 0),
            rows=0 if self.of_lines else lines.height,
            senders=_apart(senders(lines.filter(self.of_lines))),
            totals=_apart(verdicts.totals(summed)),
            quarantine=quarantine,
            orders=_apart(order_sums(told if self._in_orders(lines) else self.no_lines, self.documents)),
            accepted=int((told["verdict"] == "accepted").sum()) if self.of_lines else 0,
        )

    def _in_orders(self, lines: pl.DataFrame) -> bool:
        """Whether any line has a document number, by which a register's lines are an order."""
        return self.of_lines and lines["document_number"].null_count() < lines.height

    def _keep(self, tables: list[tuple[str, pl.DataFrame, int, np.ndarray | None]]) -> None:
        """Write what is accepted of a part, while the next one is judged."""

        def put() -> None:
            for one in tables:
                self.segment.put(*one)

        self._written()
        if self.pool is None:
            put()
        else:
            self.writing = self.pool.submit(put)

    def _written(self) -> None:
        """Wait until what was to be written is."""
        if self.writing is not None:
            self.writing.result()
        self.writing = None


def _apart(few: pl.DataFrame) -> pl.DataFrame:
    """The same rows with texts of their own: else they point into those of the whole part, which stay in memory."""
    return few.with_columns(pl.col(pl.String) + "")
