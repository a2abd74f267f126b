"""Every command of the guide is run, in the order of its pages, in one home; what it shows is what a reader will see.

In a block ```console a line "$ command" is run; `# ends N` behind it is its exit status (else 0); the lines below it
stand in its output in that order, where … stands for anything. A block with `file=PATH` is written to that path,
one with `in=PATH below=RULE` below the values of a rule.
Blocks of other languages show what is not for this machine; they are listed here with the reason.
"""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.cli import main
from schemas.breaks import BREAKS
from schemas.codes import QUARANTINE, REFUSALS

ROOT = Path(__file__).parent.parent
GUIDE = ROOT / "docs" / "guide"
PAGES = ("first-hour", "the-morning-after", "refusals-and-breaks", "a-banks-layout", "a-citizen", "an-auditor")
PAGES += ("a-number-of-the-law",)
NOT_RUN = {"make setup": "the tests run in what it makes", ". .venv/bin/activate": "the tests have it on their PATH"}
_BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.M | re.S)


@dataclass
class Told:
    """A command of a page, how it ends, and what the page shows of its output."""

    command: str
    status: int
    shown: list[str]


def blocks(page: str) -> Iterator[tuple[str, str, str]]:
    yield from (found.groups() for found in _BLOCK.finditer((GUIDE / f"{page}.md").read_text(encoding="utf-8")))


def commands(block: str) -> list[Told]:
    found: list[Told] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            command, _, ends = line[2:].partition("   # ends ")
            found.append(Told(command, int(ends or 0), []))
        elif line.strip():
            found[-1].shown.append(line)
    return found


def run(told: Told, capsys: pytest.CaptureFixture[str], alone: bool) -> tuple[int, str]:
    """A plain call of mshi in this process, unless it is to run the reader's own code; anything else in a shell."""
    if not alone and told.command.startswith("mshi ") and not set(told.command) & set("$|<>;&*"):
        capsys.readouterr()
        status = main(shlex.split(told.command)[1:])
        out, err = capsys.readouterr()
        return status, err + out
    ran = subprocess.run(["bash", "-c", told.command], capture_output=True, text=True)
    return ran.returncode, ran.stderr + ran.stdout


def missing(shown: list[str], output: str) -> str | None:
    """The first line of the page that does not stand in the output, behind those above it."""
    place = 0
    for line in shown:
        pattern = ".*".join(re.escape(part) for part in line.strip().split("…"))
        found = re.compile(pattern).search(output, place)
        if found is None:
            return line
        place = found.end()
    return None


def write(desk: Path, place: dict[str, str], block: str) -> None:
    """Write a block into its file, or below the values of a rule in a rules file."""
    if "file" in place:
        path = desk / place["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block, encoding="utf-8")
    if "in" in place:
        path = desk / place["in"]
        text, count = re.subn(
            rf"(^{place['below']}:\n(?:  +\S.*\n)+)", lambda found: found[1] + block, path.read_text(), flags=re.M
        )
        assert count == 1
        path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder like a checkout: the reader's, with the rules and their tests to change, and without a home."""
    folder = tmp_path_factory.mktemp("guide")
    for name in ("pipelines", "transforms", "schemas", "tests", "data"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "flows.yaml"):
        shutil.copy(ROOT / name, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MSHI_HOME", raising=False)
        patch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
        patch.setenv("PYTHONPATH", str(folder))
        yield folder


def test_the_pages_are_those_of_the_folder():
    assert {path.stem for path in GUIDE.glob("*.md")} == {*PAGES, "README"}
    listed = re.findall(r"\]\(([\w-]+)\.md\)", (GUIDE / "README.md").read_text())
    assert listed == list(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)#:]+)\)", (GUIDE / f"{page}.md").read_text()):
        assert (GUIDE / link).exists(), link


def test_what_is_not_run_is_known():
    shells = [line for page in PAGES for kind, _, block in blocks(page) if kind == "sh" for line in block.splitlines()]
    assert set(shells) <= set(NOT_RUN)
    assert {kind for page in PAGES for kind, *_ in blocks(page)} <= {"sh", "console", "yaml", "text"}


def test_every_command_does_what_its_page_says(desk, capsys):
    for page in PAGES:
        for kind, words, block in blocks(page):
            write(desk, dict(word.split("=", 1) for word in words.split()), block)
            for told in commands(block) if kind == "console" else []:
                status, output = run(told, capsys, alone=page == "a-number-of-the-law")
                assert status == told.status, f"{page}: {told.command}\n{output}"
                assert missing(told.shown, output) is None, f"{page}: {told.command}\n{output}"


def test_each_refusal_and_break_stands_in_the_guide_with_its_next_step():
    page = (GUIDE / "refusals-and-breaks.md").read_text(encoding="utf-8")
    rows = {code: (told.sentence, told.next_step) for code, told in (REFUSALS | QUARANTINE).items()}
    for code, (sentence, next_step) in rows.items():
        assert f"| `{code}` | {sentence} | {next_step} |" in page
    for code, one in BREAKS.items():
        assert f"| `{code}` | {one.severity} | {one.sentence} | {one.next_step} |" in page
    told = re.findall(r"^\| `(\w+)` \|", page, re.M)
    assert told == [*REFUSALS, *QUARANTINE, *BREAKS]
