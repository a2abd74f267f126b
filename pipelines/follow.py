"""The ledger follows the archive: judge what has a record and no segment yet, delivery by delivery, in intake order.

So a ledger that was lost or left half-way is made again from the archive alone. A delivery is judged by the rules and
site layouts of its own day, which are kept in the archive; an event stands alone between deliveries, for those after
it know it and those before do not. Source: contract.md sections 1 to 3.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from pipelines import archive, ledger, progress
from pipelines.archive import Record
from pipelines.compaction import compact
from pipelines.delivered import Delivered
from pipelines.home import Home
from pipelines.judge import judge
from pipelines.judge_parts import judge_in_parts
from pipelines.known import known
from pipelines.read_apart import reader
from pipelines.read_one import law_then, read_one
from pipelines.readers import Unreadable
from pipelines.reconsider import Open, cut_down, in_question, released
from pipelines.versions import judging_hash
from schemas.ledger import LEDGER
from schemas.rules import Law

Read = Callable[[Record], Delivered]
BATCH_LINES = 250_000  # a segment holds no more lines, but for a single file that does
BATCH_FILES = 2_000


def catch_up(home: Home) -> None:
    """Judge every record that the ledger lacks."""
    ledger.discard_unusable(home, judging_hash())
    records = archive.records(home)
    ledger.discard_from(home, _first_of_others(home, records))
    done = ledger.last_sequence(home)
    _forget_found_after(home, done)
    waiting = records[done:]
    with reader(home, waiting, partial(_accepted, home)) as read:
        judge_next(home, waiting, read)
    compact(home)


def _forget_found_after(home: Home, sequence: int) -> None:
    """Drop what a night kept (pipelines/kept.py) of more deliveries: those behind the sequence are judged anew."""
    try:
        of_more = json.loads(home.told_of_kept.read_bytes())["sequence"] > sequence
    except (OSError, KeyError, TypeError, ValueError):
        return  # nothing is kept, or nothing that could be taken over
    if of_more:
        shutil.rmtree(home.kept)


def _first_of_others(home: Home, records: list[Record]) -> int:
    """The first sequence of which the ledger tells otherwise than the archive, as above an older one, restored."""
    columns = ["sequence", "file_sha256", "event"]
    told = ledger.scan(home, "deliveries").select(columns).sort("sequence").collect().rows()
    meant = [(one.sequence, one.sha256, one.event) for one in records[: ledger.last_sequence(home)]]
    meant = [one for one in meant if one[2] != "withdraw"]
    others = [min(one[0] for one in pair if one) for pair in zip_longest(told, meant) if pair[0] != pair[1]][:1]
    for event, withdrawn in ledger.scan(home, "withdrawals").select("sequence", "withdrawn").collect().rows():
        if event > len(records) or records[event - 1].sha256 != records[withdrawn - 1].sha256:
            others.append(event)
    return min([*others, len(records) + 1])


def judge_next(home: Home, waiting: list[Record], read: Read | None = None) -> None:
    """Judge the records that follow those in the ledger; the records of one segment give that segment again.

    `read` gives the file of each, asked in their order; without it this process reads.
    """
    for batch in _batches(home, waiting, read or partial(read_one, home)):
        with ledger.segment(home, batch[0].record.sequence, batch[-1].record.sequence) as segment:
            for table, frame in _judged(home, batch, segment).items():
                segment.put(table, frame)
        del batch  # so that it is gone while the next is read


def judged_again(home: Home, record: Record) -> dict[str, pl.DataFrame]:
    """The ledger tables that an acceptance or replay with this record would give; nothing is written."""
    with TemporaryDirectory(dir=home.ledger, prefix=".", suffix=".tmp") as aside:
        return _judged(home, [_delivered(home, record, set(), partial(read_one, home))], ledger.Segment(Path(aside)))


def _judged(home: Home, batch: list[Delivered], segment: ledger.Segment) -> dict[str, pl.DataFrame]:
    """The tables of a batch; what is too large to be held is in the segment already."""
    record = batch[0].record
    if record.event == "withdraw":
        return {"withdrawals": _withdrawals(home, record)}
    law = law_then(home, record.rules)
    if batch[0].in_parts:
        tables = judge_in_parts(batch[0], known(home), law, segment)
    else:
        tables = judge(batch, known(home), law)
    left = batch[0].left
    if left is not None:
        told = [(record.sequence, record.received_on, record.sha256, place) for place in released(left, tables)]
        tables["releases"] = pl.DataFrame(told, schema=LEDGER["releases"], orient="row")
    return tables


def _withdrawals(home: Home, record: Record) -> pl.DataFrame:
    """Every delivery of these bytes before the event of which anything was read and that stands."""
    return (
        ledger.standing(home, "deliveries")
        .filter((pl.col("file_sha256") == record.sha256) & pl.col("refused_reason").ne_missing("seen_before"))
        .select(
            pl.lit(record.sequence, dtype=pl.Int64).alias("sequence"),
            pl.lit(record.received_on).alias("received_on"),
            withdrawn="sequence",
        )
        .collect()
    )


def _batches(home: Home, waiting: list[Record], read: Read) -> Iterator[list[Delivered]]:
    """Deliveries as read, cut so that a batch fits in memory, has one law, and never holds the same bytes twice."""
    batch: list[Delivered] = []
    lines, accepted = 0, _accepted(home)
    for record in progress.each("files", waiting):
        if batch and (len(batch) >= BATCH_FILES or any(_apart(one.record, record) for one in batch)):
            yield batch
            batch, lines, accepted = [], 0, _accepted(home)
        one = _delivered(home, record, accepted, read)
        if batch and (one.in_parts or lines + one.size > BATCH_LINES):
            yield batch
            batch, lines, accepted = [], 0, _accepted(home)
        if one.in_parts:
            yield [one]
            accepted = _accepted(home)
            continue
        lines += one.size
        batch.append(one)
    if batch:
        yield batch


def _apart(one: Record, other: Record) -> bool:
    """Whether two records cannot be judged together."""
    events = one.event != "delivery" or other.event != "delivery"
    return events or one.sha256 == other.sha256 or one.rules != other.rules


def _delivered(home: Home, record: Record, accepted: set[str], read: Read) -> Delivered:
    """A record's file as read, or why it is not read."""
    one = Delivered(record)
    if record.event == "withdraw":
        return one
    if record.event == "delivery" and record.folder != "registers" and record.sha256 in accepted:
        one.problem = Unreadable("seen_before", "bytes that were not accepted before")
        return one
    one = read(record)
    if record.event != "delivery":
        _left_open(home, one)
    return one


def _left_open(home: Home, one: Delivered) -> None:
    """Cut the delivery of an event down to what it judges again."""
    record = one.record
    verdicts = ledger.open_verdicts(home).filter(pl.col("file_sha256") == record.sha256)
    told = verdicts.select("place", "reason").collect()
    by_person, outside = record.event == "accept", frozenset(told["place"])
    one.left = Open(in_question(told, record.event, record.verdict), by_person, outside)
    if one.reading is not None:
        one.reading = cut_down(one.reading, one.left)
    if not one.left.whole_file:
        one.sidecar = None


def agents_since(home: Home, sequence: int, law: Law) -> list[int]:
    """Agents of the law that the rules of some delivery's own day did not know, so that its facts tell otherwise."""
    rules = {record.rules for record in archive.records(home)[:sequence]}
    known = [set(law_then(home, one).codes("agent")) for one in rules]
    return [int(agent) for agent in law.codes("agent") if not all(agent in told for told in known)]


def _accepted(home: Home) -> set[str]:
    """Bytes of which anything was accepted, a statement without entries too; registers are delivered anew each time."""
    with_lines = (pl.col("accepted_lines") > 0) & (pl.col("source") != "registers")
    told = [ledger.standing(home, "deliveries").filter(with_lines), ledger.standing(home, "statements")]
    return set(pl.concat([one.select("file_sha256") for one in told]).collect()["file_sha256"])
