"""Take in the inbox: copy each file into the archive, record its delivery, remove it from the inbox.

A file is judged later, from its archived bytes. Files are taken in order of sha256, then folder and name; half
files (.part, .tmp), dot-files and folders are left alone. Nothing is unpacked. Source: contract.md section 2.
"""

import os
import stat
from collections.abc import Callable, Collection
from datetime import date
from pathlib import Path

from pipelines import archive, chain, taken
from pipelines.archive import Record
from pipelines.errors import UsageError, hide_numbers, readable
from pipelines.home import INBOX_FOLDERS, Home
from pipelines.readers.layouts import Layout, LayoutError, built_in, parse
from pipelines.readers.recognise import SIDECAR, site_layout_of
from schemas.rules import Law

_UNFINISHED = (".part", ".tmp")


def take_in(home: Home, law: Law, as_of: date, warn: Callable[[str], None]) -> list[Record]:
    """Archive and record everything in the inbox; gives the new records. UsageError if the day is too early.

    The law and the site layouts of the day are kept in the archive: a file is judged by those of its own day.
    What lies there still of an earlier run is that run's delivery (pipelines/taken.py).
    """
    before = archive.records(home)
    check_day(before, as_of)
    layouts = site_layouts(home, warn)
    stored = {path: kept for path in waiting(home, warn) if (kept := _stored(home, path, warn)) is not None}
    torn = _torn(home, stored, before, warn)
    found = {path: sha256 for path, (sha256, _) in stored.items() if path not in torn}
    noted = taken.taken(home)
    known = set(taken.still_there(noted, stored, before))
    ordered = _fresh(found, known, warn)
    rules, after = (archive.store_content(home, law.bundle) if ordered else None), chain.last(home)
    new = [
        Record(
            sequence=len(before) + place,
            sha256=found[path],
            name=readable(path.name),
            folder=path.parent.name,
            received_on=as_of,
            sidecar=found.get(path.with_name(path.name + SIDECAR)),
            layout=layout_of(home, found[path], path.parent.name, layouts),
            layouts=tuple(layout.sha256 for layout in layouts),
            rules=rules,
            after=after,
        )
        for place, path in enumerate(ordered, start=1)
    ]
    mine: taken.Taken = {path: noted[path] for path in known}
    for record, path in zip(new, ordered, strict=True):
        mine[path] = (record.sequence, stored[path][1])
        if record.sidecar is not None:
            beside = path.with_name(path.name + SIDECAR)
            mine[beside] = (record.sequence, stored[beside][1])
    if mine or noted:
        _put_on_record(home, new, mine, warn)
    return new


def _fresh(found: dict[Path, str], known: set[Path], warn: Callable[[str], None]) -> list[Path]:
    """Files that make a delivery of this run, in its order: none is a control file, half there, or an earlier run's."""
    sidecars = {path for path in found if _owner(path) in found or (path in known and _owner(path) is not None)}
    unfinished = {path for path in found if _is_unfinished(_owner(path))}
    apart = {path for path in found if path not in unfinished | known and _is_apart(path, found, warn)}
    fresh = found.keys() - (sidecars | unfinished | apart | known)
    return sorted(fresh, key=lambda path: (found[path], path.parent.name, path.name))


def _put_on_record(home: Home, new: list[Record], mine: taken.Taken, warn: Callable[[str], None]) -> None:
    """Record the deliveries and take their files out of the inbox; what cannot be removed stays noted."""
    taken.note(home, mine)
    archive.append(home, new)
    replaced = {path for path, (_, which) in mine.items() if _is_replaced(path, which)}
    # the control file of what lies there now stays with it
    left = {path: one for path, one in mine.items() if _owner(path) not in replaced}
    taken.note(home, {path: one for path, one in left.items() if not _removed(path, one[1], warn)})


def _torn(
    home: Home, stored: dict[Path, tuple[str, archive.Identity]], before: list[Record], warn: Callable[[str], None]
) -> set[Path]:
    """Files that are not what was copied any more, now that all are: still being written, or gone. Nothing of them is
    kept in the archive, where no record would name it.
    """
    torn = {path: sha256 for path, (sha256, which) in stored.items() if not archive.is_still(path, which)}
    if torn:
        named = {sha256 for record in before for sha256 in record.archived()}
        named |= {sha256 for path, (sha256, _) in stored.items() if path not in torn}
        for path, sha256 in torn.items():
            changed = "changed while it was read; left for the next run"
            warn(f"{_where(path)}: {changed if os.path.lexists(path) else 'went while it was read'}")
            if sha256 not in named:
                archive.path_of(home, sha256).unlink(missing_ok=True)
    return set(torn)


def _is_replaced(path: Path, identity: archive.Identity) -> bool:
    return os.path.lexists(path) and not archive.is_still(path, identity)


def _removed(path: Path, identity: archive.Identity, warn: Callable[[str], None]) -> bool:
    """Take an archived file out of the inbox, if it still is that file; False if it lies there for good."""
    try:
        if archive.is_still(path, identity):
            path.unlink()
        elif _is_replaced(path, identity):
            warn(f"{_where(path)}: taken in as it was read; what lies there since comes in with the next run")
    except OSError as error:
        told = f"taken in, and cannot be removed ({error.strerror}): remove it by hand; it does not count twice"
        warn(f"{_where(path)}: {told}")
        return False
    return True


def _where(path: Path) -> str:
    return f"inbox/{path.parent.name}/{hide_numbers(path.name)}"


def check_day(records: list[Record], as_of: date) -> None:
    """UsageError if the day lies before the newest one on which anything came in."""
    if records and as_of < records[-1].received_on:
        raise UsageError(
            f"--as-of {as_of} lies before {records[-1].received_on}, the newest day on record, of a file or an event"
        )


def waiting(home: Home, warn: Callable[[str], None]) -> list[Path]:
    """Regular files in the folders of the inbox; anything else stays and is named."""
    files = []
    for entry in sorted(home.inbox.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.name not in INBOX_FOLDERS or not stat.S_ISDIR(entry.lstat().st_mode):
            warn(f"inbox/{hide_numbers(entry.name)}: not one of {', '.join(INBOX_FOLDERS)}; left where it is")
            continue
        for path in sorted(entry.iterdir()):
            if path.name.startswith(".") or path.name.endswith(_UNFINISHED):
                continue
            if path.is_file() and not path.is_symlink():
                files.append(path)
            elif os.path.lexists(path):  # else it went meanwhile
                warn(f"{_where(path)}: not a regular file; left where it is")
    return files


def _stored(home: Home, path: Path, warn: Callable[[str], None]) -> tuple[str, archive.Identity] | None:
    """The archived file; one that cannot be read stays and is named, the rest goes on. OSError if none can be kept."""
    try:
        return archive.store(home, path)
    except OSError as error:
        if error.filename is None or Path(os.fsdecode(error.filename)) != path:
            raise  # it is the archive that cannot be written
        warn(f"{_where(path)}: {error.strerror}; left where it is")
        return None


def _owner(path: Path) -> Path | None:
    """The file whose control file this is; a control file has none of its own."""
    owner = path.with_name(path.name.removesuffix(SIDECAR))
    return owner if path != owner and not owner.name.endswith(SIDECAR) else None


def _is_unfinished(owner: Path | None) -> bool:
    return owner is not None and any(owner.with_name(owner.name + end).exists() for end in _UNFINISHED)


def _is_apart(path: Path, found: Collection[Path], warn: Callable[[str], None]) -> bool:
    """Whether its control file, or the file that it controls, lies there unread: neither is judged by itself."""
    control = path.with_name(path.name + SIDECAR)
    written = [control.with_name(control.name + end) for end in _UNFINISHED]
    others = [one for one in (_owner(path), control, *written) if one is not None and one not in found]
    lying = [one for one in others if os.path.lexists(one)]
    if lying:
        other = hide_numbers(lying[0].name)
        warn(f"{_where(path)}: left where it is, for {other} cannot be read yet")
    return bool(lying)


def site_layouts(home: Home, warn: Callable[[str], None]) -> list[Layout]:
    """The site's own layouts of this day, kept in the archive."""
    found = usable_layouts(home, warn)
    for content in found:
        archive.store_content(home, content)
    return list(found.values())


def usable_layouts(home: Home, warn: Callable[[str], None]) -> dict[bytes, Layout]:
    """The site's own layouts by what their files hold; a broken one is named and not used."""
    found: dict[bytes, Layout] = {}
    for path in sorted(home.layouts.glob("*.yaml")):
        if path.is_symlink() or not path.is_file():
            warn(f"layouts/{path.name}: not a regular file; not used")
            continue
        try:
            content = path.read_bytes()
            layout = parse(content)
            if layout.name in {known.name for known in (*built_in(), *found.values())}:
                raise LayoutError(f"expected a name of its own, {layout.name} is taken")
            found[content] = layout
        except LayoutError as error:
            remedy = "mend it; what is refused for want of it: mshi replay --reason unrecognised"
            warn(f"layouts/{path.name}: {error}; this layout is not used; {remedy}")
    return found


def layout_of(home: Home, sha256: str, folder: str, layouts: list[Layout]) -> str | None:
    """The site layout that knows an archived file, by its sha256."""
    if folder == "registers" or not layouts:
        return None
    return site_layout_of(archive.path_of(home, sha256), tuple(layouts))
