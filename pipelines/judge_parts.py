"""Judge one large register part by part, so that it need not fit in memory: the same rows as judged at once.

What is accepted of a part is written into the segment at once; all else is small or a sum. Two things are known at the
end only: whether the document stands (its controls), and which lines repeat ids of the ledger. If it does not stand,
what was written is taken back; parts in which the ledger's ids are met are judged again, knowing them. A line that
repeats an id of its own file waits for the end, where its texts are held against the first one's.
Grain: one delivery in, the ledger's tables out (accepted lines are in the segment). Source: contract.md section 3.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from pipelines import ledger
from pipelines.delivered import Delivered, declared
from pipelines.judge import Known, agents_of, faults_of_rows, judged_documents, senders, typed_lines, typed_rows
from pipelines.judged import accepted_tables, as_kept, deliveries, files
from schemas.gate import first_faults
from schemas.ledger import LEDGER
from schemas.lines import REASON_ORDER, payment_line_schema
from schemas.rules import Law
from transforms import controls, duplicates, verdicts
from transforms.duplicates import REGISTER_ID
from transforms.facts import with_facts
from transforms.ids import Seen, among, id_hash, kept, shortened
from transforms.orders import of_sums, order_sums

Told = Callable[[str, int, int | None], None]  # what is done, how many parts are done, of how many (None: not known)
_SUMMED = ["sequence", "document_no", "sender", "knp", "verdict", "amount_tiyn"]
_WITH_IDS = ("payments", "returns")
_VERDICT = ["reason", "field", "verdict"]
_STANDING = pl.DataFrame(schema={"sequence": pl.Int64, "document_no": pl.Int32, "refused_reason": pl.String})
_NO_FAULTS = pl.DataFrame(schema={"row": pl.UInt32, "reason": pl.String, "field": pl.String})
_NO_HASHES = np.empty(0, dtype=np.uint64)


def silent(_stage: str, _done: int, _of: int | None) -> None:
    """Tells nobody."""


@dataclass
class _Part:
    """What a judged part adds to its delivery. `waiting` lines repeat an id of an earlier line."""

    found: pl.DataFrame
    size: int
    rows: int
    senders: pl.DataFrame
    totals: pl.DataFrame
    quarantine: pl.DataFrame
    orders: pl.DataFrame
    accepted: int  # lines of money
    hashes: np.ndarray  # of the ids of its lines without fault
    waiting: pl.DataFrame


def judge_in_parts(
    one: Delivered, known: Known, law: Law, segment: ledger.Segment, told: Told = silent
) -> dict[str, pl.DataFrame]:
    """The ledger's tables for a large delivery; what is accepted of it is in the segment."""
    judged = _Judging(one, known, law, segment, told)
    parts = judged.all_parts(readable=True)
    if sum(part.size for part in parts) > controls.MOST_OF_A_FILE:
        segment.clear()
        parts = judged.all_parts(readable=False)
    parts.append(judged.waiting_lines(parts))
    found = pl.concat([part.found for part in parts])
    documents = judged_documents(
        [one], _one_sender(parts), found, {one.record.sequence: sum(part.rows for part in parts)}, known
    )
    documents = duplicates.message_keys(documents, pl.DataFrame()).with_columns(sound_lines=pl.lit(0, dtype=pl.Int64))
    documents = duplicates.judge_messages(documents, known.documents(documents))
    return _tables(one, documents, parts, segment)


def _tables(
    one: Delivered, documents: pl.DataFrame, parts: list[_Part], segment: ledger.Segment
) -> dict[str, pl.DataFrame]:
    totals = verdicts.added_up([part.totals for part in parts])
    quarantine = verdicts.document_quarantine(documents).with_columns(field=pl.lit(None, dtype=pl.String))
    outside = [quarantine.select(list(LEDGER["quarantine"]))]
    orders, accepted = of_sums([part.orders for part in parts]), sum(part.accepted for part in parts)
    if documents["refused_reason"].null_count() < documents.height:  # its lines go with it, whatever they are
        segment.clear()
        totals, orders, accepted = _refused(totals), orders.clear(), 0
        if one.left is not None:  # an event that releases nothing repeats nothing either
            totals, documents, outside = totals.clear(), documents.clear(), [outside[0].clear()]
    else:
        outside += [part.quarantine for part in parts]
        if documents["partial"].any():
            orders = orders.clear()
    count = pl.when(pl.col("document_no") == 0).then(pl.lit(accepted if accepted else None, dtype=pl.Int64))
    tables = {
        "deliveries": deliveries([one], documents, totals),
        "documents": documents.with_columns(accepted_lines=count),
        "orders": orders,
        "quarantine": pl.concat(outside).sort("sequence", "line_no", maintain_order=True),
        "totals": totals.join(files([one]), on="sequence", maintain_order="left"),
    }
    return {name: as_kept(name, frame) for name, frame in tables.items()} | {
        "statements": pl.DataFrame(schema=LEDGER["statements"])
    }


def _ahead(pool: ThreadPoolExecutor, parts: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The parts, each read while the one before is judged."""
    waiting: Future[pl.DataFrame | None] = pool.submit(next, parts, None)
    while (part := waiting.result()) is not None:
        waiting = pool.submit(next, parts, None)
        yield part


def _refused(totals: pl.DataFrame) -> pl.DataFrame:
    """totals -> totals, all of it refused."""
    nothing = [
        pl.lit(0, dtype=pl.Int64).alias(f"{verdict}_{unit}")
        for verdict in ("accepted", "quarantined", "duplicate")
        for unit in ("lines", "tiyn")
    ]
    return totals.with_columns(*nothing, refused_lines="received_lines", refused_tiyn="received_tiyn")


def _one_sender(parts: list[_Part]) -> pl.DataFrame:
    """The sender of the file's lines, null where it is not one."""
    told = pl.concat([part.senders for part in parts])
    return told.group_by("sequence").agg(
        sender_of_lines=pl.when(pl.col("sender_of_lines").n_unique() == 1).then(pl.col("sender_of_lines").first())
    )


def _without(lines: pl.DataFrame, rows: pl.Series) -> pl.Series:
    """Which lines, in the order of their row, are none of these."""
    others = pl.repeat(True, lines.height, dtype=pl.Boolean, eager=True)
    return others.scatter(lines["row"].search_sorted(rows), False) if rows.len() else others


class _Judging:
    """One delivery while its parts are judged."""

    def __init__(self, one: Delivered, known: Known, law: Law, segment: ledger.Segment, told: Told) -> None:
        assert one.reading is not None and one.reading.parts is not None
        self.seen: Seen | None = None
        self.pool: ThreadPoolExecutor | None = None
        self.writing: Future[None] | None = None
        self.one, self.known, self.law, self.segment, self.told = one, known, law, segment, told
        self.reading, self.parts = one.reading, one.reading.parts
        self.readable = True
        self.met = np.empty(0, dtype=np.int64)  # hashes of ids that are met in the ledger
        self.again: list[np.ndarray] = []  # for each part, which of its ids came before in the file
        self.documents = declared([one])
        self.no_lines = verdicts.with_verdicts(typed_lines([]), _STANDING, _NO_FAULTS)
        self.no_rows = verdicts.with_verdicts(typed_rows([]), _STANDING, _NO_FAULTS)

    def all_parts(self, readable: bool) -> list[_Part]:
        """Every part judged; without readable amounts if they add up to more than can exist."""
        self.readable, self.again, self.seen = readable, [], Seen()
        with ThreadPoolExecutor(2) as pool:
            self.pool = pool
            found = list(self._judged(pool, None, []))
            met = self.known.met(kept(np.concatenate([part.hashes for part in found] or [np.empty(0, np.uint64)])))
            again = [bool(among(shortened(part.hashes), met).any()) for part in found]
            if any(again):
                places = [place for place, is_met in enumerate(again) if is_met]
                for place, part in zip(places, self._judged(pool, met, again), strict=True):
                    found[place] = part
            self.written()
        self.pool = None
        self.met, self.seen = met, None
        return found

    def written(self) -> None:
        """Wait until what was to be written is."""
        if self.writing is not None:
            self.writing.result()
        self.writing = None

    def _keep(self, tables: list[tuple[str, pl.DataFrame, int, np.ndarray | None]]) -> None:
        """Write what is accepted of a part, while the next one is judged."""

        def put() -> None:
            for one in tables:
                self.segment.put(*one)

        self.written()
        if self.pool is None:
            put()
        else:
            self.writing = self.pool.submit(put)

    def waiting_lines(self, parts: list[_Part]) -> _Part:
        """The lines that repeat an id of their own file, held against the first one, or the ledger's."""
        raw = [part.waiting for part in parts if part.waiting.height]
        if not raw:
            return self._finished(self.no_lines.drop(*_VERDICT), _NO_FAULTS, 0, _NO_HASHES, None)
        lines = pl.concat(raw).drop("row").with_row_index("row")
        ids = lines.select(REGISTER_ID).unique()
        own = [
            pl.scan_parquet(file).filter(pl.col("row_id").is_in(ids["row_id"].implode()))
            for table in ("payments", "returns")
            for file in ledger.files_in(self.segment.folder, table)
        ]
        before = [
            one.join(ids.lazy(), on=REGISTER_ID, how="semi").select(duplicates.ID_COLUMNS).collect() for one in own
        ]
        hashes = id_hash(lines["id_scope"].fill_null(""), lines["row_id"])
        of_ledger = lines.filter(pl.Series(among(shortened(hashes), self.met), dtype=pl.Boolean))
        faults = duplicates.judge_ids(lines, pl.concat([self.known.lines(of_ledger), *before]))
        return self._finished(lines, faults, len(parts) + 1, hashes[:0], lines.clear())

    def _judged(self, pool: ThreadPoolExecutor, met: np.ndarray | None, only: list[bool]) -> Iterator[_Part]:
        """The parts in their order; `only` some of them again, knowing which ids are `met` in the ledger."""
        stage = "judge" if met is None else "judge again"
        for place, raw in enumerate(_ahead(pool, self.parts())):
            if met is None or only[place]:
                yield self._part(self._typed(raw), met, place + 1)
            self.told(stage, place + 1, None)

    def _typed(self, raw: pl.DataFrame) -> pl.DataFrame:
        reading = replace(self.reading, parts=None, **{self.reading.in_parts: raw})
        batch = [replace(self.one, reading=reading)]
        if self.reading.in_parts == "rows":
            return typed_rows(batch)
        lines = typed_lines(batch)
        return lines if self.readable else lines.with_columns(amount_tiyn=pl.lit(None, dtype=pl.Int64))

    def _part(self, lines: pl.DataFrame, met: np.ndarray | None, number: int) -> _Part:
        if self.reading.in_parts == "rows":
            return self._finished(lines, faults_of_rows(lines, self.law), number, _NO_HASHES, None)
        faults = first_faults(lines, payment_line_schema(), REASON_ORDER)
        able = lines.select("row", *REGISTER_ID, sound=_without(lines, faults["row"])).filter(
            pl.col("row_id").is_not_null() & pl.col("sound")
        )
        hashes = id_hash(able["id_scope"].fill_null(""), able["row_id"])
        if len(self.again) < number:
            assert self.seen is not None
            self.again.append(self.seen.again(hashes))
        again = self.again[number - 1]
        waiting = lines.filter(~_without(lines, able["row"].filter(pl.Series(again, dtype=pl.Boolean))))
        if met is not None:
            near = able.filter(pl.Series(among(shortened(hashes), met) & ~again, dtype=pl.Boolean))
            of_ledger = lines.filter(~_without(lines, near["row"]))
            faults = pl.concat([faults, duplicates.judge_ids(of_ledger, self.known.lines(of_ledger))])
        return self._finished(lines, faults, number, hashes, waiting, hashes[~again] if met is None else None)

    def _finished(
        self,
        lines: pl.DataFrame,
        faults: pl.DataFrame,
        number: int,
        hashes: np.ndarray,
        waiting: pl.DataFrame | None,
        of_accepted: np.ndarray | None = None,
    ) -> _Part:
        """Write what is accepted, and sum up the rest. `of_accepted`: the hashes of its ids, where they are known."""
        of_lines = "payer_text" in lines.columns
        told = verdicts.with_verdicts(lines, _STANDING, faults)
        apart = _without(lines, waiting["row"]) if waiting is not None and waiting.height else None
        accepted = told.select(name for name in told.columns if not name.endswith("_text") or name == "code_text")
        if faults.height or apart is not None:
            is_accepted = told["verdict"] == "accepted"
            accepted = accepted.filter(is_accepted if apart is None else is_accepted & apart)
        judged = told.select(_SUMMED)
        in_orders = told if of_lines and told["document_number"].null_count() < told.height else self.no_lines
        outside = told["reason"].is_not_null()
        if apart is not None:
            judged, outside = judged.filter(apart), outside & apart
            in_orders = in_orders.filter(apart) if in_orders is told else in_orders
        pair = (accepted, self.no_rows) if of_lines else (self.no_lines, accepted)
        tables = {table: as_kept(table, frame) for table, frame in accepted_tables(*pair).items()}
        # A part that is judged again may have nothing left of a table, and what was written must go.
        self._keep(
            [
                (table, frame, number, of_accepted if frame.height and table in _WITH_IDS else None)
                for table, frame in with_facts(tables, agents_of(self.law)).items()
            ]
        )
        quarantine = verdicts.line_quarantine(told.filter(outside)).select(list(LEDGER["quarantine"]))
        return _Part(
            found=controls.found(judged),
            size=int(lines["amount_tiyn"].abs().cast(pl.Float64).sum() or 0),
            rows=0 if of_lines else lines.height,
            senders=senders(lines.filter(of_lines)),
            totals=verdicts.totals(judged),
            quarantine=quarantine,
            orders=order_sums(in_orders, self.documents.filter(~pl.col("partial"))),
            accepted=accepted.height if of_lines else 0,
            hashes=hashes,
            waiting=lines.clear() if waiting is None else waiting,
        )
