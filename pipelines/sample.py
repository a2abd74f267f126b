"""The bundled sample inbox: where it lies and how it is copied out."""

import shutil
from pathlib import Path

from pipelines.errors import RunFailed


def sample_inbox() -> Path:
    """The folder of the sample files: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    for folder in (package / "sample_inbox", package.parent / "data" / "sample" / "inbox"):
        if folder.is_dir():
            return folder
    raise RunFailed(f"the sample is missing beside {package}: install mshi again")


def write_sample(target: Path) -> int:
    """Copy the sample files into an inbox folder, those of the same name replaced; gives their number."""
    source = sample_inbox()
    files = [path for path in sorted(source.rglob("*")) if path.is_file()]
    for path in files:
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        beside = copy.with_name(f"{copy.name}.part")  # which no run takes in
        shutil.copyfile(path, beside)
        beside.replace(copy)
    return len(files)
