"""The night's report: one HTML page for the duty officer, made of a snapshot's tables. Counts and money, nobody's name.

In a snapshot it is made of its tables and of earlier snapshots alone, so that it can be made again; times of stages are
in those that `mshi report` writes elsewhere. Source: contract.md section 2.
"""

from pathlib import Path
from typing import Any

from pipelines import chain
from pipelines.errors import UsageError, disk_error, is_failure
from pipelines.home import Home
from pipelines.outgoing import whole
from pipelines.report.earlier import earlier_of, published
from pipelines.report.figures import figures_of
from pipelines.report.page import page, report_of
from pipelines.report.stages import stages_of
from pipelines.snapshot import REPORT, found_folder, load_manifest
from pipelines.spill import spill


def of_tables(home: Home, work: Path, folder: Path, manifest: dict[str, Any]) -> bytes | None:
    """The report of a snapshot that is about to be published from this folder; None where its making failed.

    A fault of the report must not keep the statuses of everybody from being published; a full disk is an error.
    """
    try:
        return _html(home, work, folder, manifest).encode()
    except OSError:
        raise
    except BaseException as error:
        if not is_failure(error):
            raise
        if (of_disk := disk_error(error)) is not None:
            raise of_disk from None
        return None


def lacking(folder: Path) -> list[str]:
    """What to say of a snapshot that has no report."""
    if (folder / REPORT).is_file():
        return []
    return [
        f"{folder.name} is published without its report: its making failed, or it went; see mshi report {folder.name}"
    ]


def write(home: Home, wanted: str | None, target: Path, language: str) -> Path:
    """Write the report of a snapshot (id or folder; else the newest) with the times of its run to a file; gives it.

    UsageError for no such snapshot; RunFailed where it cannot be read.
    """
    folder = chosen(home, wanted)
    with spill() as work:
        told = _html(home, work, folder, load_manifest(folder), timed=True, language=language)
    path = target / f"{folder.name}.html" if target.is_dir() else target
    with whole(path) as file:
        file.write(told.encode())
    return path


def chosen(home: Home, wanted: str | None) -> Path:
    """The folder of the snapshot that is wanted, else of the one to show (pipelines/chain.py)."""
    name = wanted or chain.shown(home)
    if name is None:
        home.expect()
        raise UsageError(f"nothing is published in {home.snapshots}")
    return found_folder(home, name)


def _html(
    home: Home, work: Path, folder: Path, manifest: dict[str, Any], timed: bool = False, language: str = "en"
) -> str:
    snapshot = published(folder, manifest)
    figures = figures_of(snapshot, earlier_of(home, snapshot), work)
    stages = stages_of(home, snapshot.name) if timed else None
    return page(report_of(figures, timed, stages), language)
