"""How much of the machine a run may take: memory, threads, and where it writes what does not fit.

`MSHI_MEMORY` (bytes, or 1500MB, 4GiB), `MSHI_SPILL` (a folder, else the system's own for temporary files) and
`MSHI_THREADS` set it; the options of the command set these. A result does not depend on any of them.
"""

import os
import re
import tempfile
from decimal import Decimal
from pathlib import Path

from pipelines.errors import UsageError

_UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30}
_MOST = 4 << 30  # more brings nothing on two cores
_LEAST = 768 << 20
_FOR_TWO = 2 << 30  # with less, tables are written one after the other
_MOST_THREADS = max(64, os.cpu_count() or 1)
_PROGRAM = 320 << 20  # what Python and the libraries take by themselves
_MOST_ROWS = 500_000
_ROW = 3_000  # bytes that a row of a wide table takes while it is made, checked and laid aside
_RETURN = (
    8_000  # bytes allowed for a return that is matched; it takes 1,000, and the rest is for what else is loaded then
)
_LINE = 260  # bytes that a fact of a person takes while it is worked on, what is kept of the person included
_LINE_TAKEN_OVER = 130  # ... where most people are taken over from the last night


def set_to(memory: str | None, spill_folder: Path | None) -> None:
    """What the options of the command say goes before the environment. UsageError if it says nothing readable."""
    for name, told in (("MSHI_MEMORY", memory), ("MSHI_SPILL", spill_folder)):
        if told is not None:
            os.environ[name] = str(told)
    memory_bytes()
    spill_place()


def memory_bytes() -> int:
    """What one run may take. UsageError if MSHI_MEMORY says nothing readable or too little."""
    told = os.environ.get("MSHI_MEMORY")
    if told is None:
        return min(_MOST, max(_LEAST, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 3))
    matched = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([KMG]i?B)?\s*", told, re.IGNORECASE)
    size = int(Decimal(matched.group(1)) * _UNITS[(matched.group(2) or "").upper()]) if matched else 0
    if size < _LEAST:
        raise UsageError(f"memory {told!r}: expected {_LEAST >> 20} MiB or more, written like 1500MB or 4GiB")
    return size


def threads() -> int | None:
    """How many threads an engine may have; None: as it likes. UsageError if MSHI_THREADS says nothing of use."""
    told = os.environ.get("MSHI_THREADS")
    if told is None:
        return None
    if not re.fullmatch(r"[0-9]{1,4}", told, re.ASCII) or not 1 <= int(told) <= _MOST_THREADS:
        raise UsageError(f"MSHI_THREADS {told!r}: expected a whole number from 1 to {_MOST_THREADS}")
    return int(told)


def at_once() -> int:
    """How much is done side by side: two of a kind, or one where memory or threads are short."""
    return 1 if threads() == 1 or memory_bytes() < _FOR_TWO else 2


def engine_bytes(quarters: int = 2) -> int:
    """What of it a DuckDB may take before it writes to the spill folder; the rest is for what lies beside."""
    return (memory_bytes() - _PROGRAM) * quarters // 4


def rows_at_once() -> int:
    """How many rows of a wide table are made at once; more than the most bring nothing."""
    return min(_MOST_ROWS, (memory_bytes() - _PROGRAM) // _ROW)


def returns_at_once() -> int:
    """How many returns are matched at once."""
    return (memory_bytes() - _PROGRAM) // _RETURN


def lines_a_range(taken_over: bool) -> int:
    """How many facts of people are worked on at once; more where most people are taken over from the last night."""
    return (memory_bytes() - _PROGRAM) // (_LINE_TAKEN_OVER if taken_over else _LINE)


def spill_place() -> Path:
    """Where what does not fit may be written. UsageError if there is none, or it is many to DuckDB."""
    place = os.environ.get("MSHI_SPILL") or tempfile.gettempdir()
    if not Path(place).is_dir():
        raise UsageError(f"spill folder {place}: expected a folder that exists")
    if set(place) & set("*?["):
        raise UsageError("the path of the spill folder (MSHI_SPILL, else TMPDIR) must not hold any of the signs * ? [")
    return Path(place)
