"""The shape of the house: imports point one way, transforms are pure, the packages are ours, nothing is at the top."""

import ast
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines import versions

ROOT = Path(__file__).parent.parent
PACKAGES = ("pipelines", "transforms", "schemas")
MAY_IMPORT = {"pipelines": set(PACKAGES), "transforms": {"transforms", "schemas"}, "schemas": {"schemas"}}
NOT_PURE = {"os", "pathlib", "io", "shutil", "subprocess", "socket", "time", "prefect", "duckdb", "requests", "httpx"}
TOP_LEVEL = {"pyproject.toml", "README.md", "pipelines", "transforms", "schemas", "data", "tests", "flows.yaml"}
TOP_LEVEL |= {"Makefile", "requirements.lock", "CHANGELOG.md", "docs"}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_point_one_way(package):
    for path in modules(package):
        assert imported(path) & set(PACKAGES) <= MAY_IMPORT[package], path


def test_whatever_can_decide_a_verdict_is_in_the_hash_of_the_judging_code():
    """Else the ledger of older code would stand under newer code; what is named here moves bytes and tells of errors."""
    moves = "ahead archive bucket cluster errors home in_use limits machines on_bucket on_worker progress spill storage versions"
    judging = {path for pattern in versions.JUDGING for path in ROOT.glob(pattern)}
    rest = {
        path.relative_to(ROOT) for path in reached("pipelines.follow", set()) - judging if path.name != "__init__.py"
    }
    assert rest == {Path("pipelines", f"{name}.py") for name in moves.split()}


def reached(module: str, known: set[Path]) -> set[Path]:
    """The files of ours that a module imports, also inside functions, and what these import."""
    place = ROOT / module.replace(".", "/")
    found = [path for path in (place.with_suffix(".py"), place / "__init__.py") if path.exists()]
    if not found or found[0] in known:
        return known
    known.add(found[0])
    for node in ast.walk(ast.parse(found[0].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            reached(name, known)
    return known


def test_transforms_know_no_disk_clock_or_network():
    for path in modules("transforms"):
        assert not imported(path) & NOT_PURE, path


def test_no_clock_outside_the_command_line_and_the_schedule():
    for package in PACKAGES:
        for path in modules(package):
            text = path.read_text(encoding="utf-8")
            if path.name not in ("options.py", "flows.py"):
                assert ".now(" not in text and ".today(" not in text, path


def test_no_float_for_money():
    for package in PACKAGES:
        for path in modules(package):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), path
                assert not (isinstance(node, ast.Name) and node.id == "float"), path


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_and_public_function_says_what_it_is_for(package):
    for path in modules(package):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), path
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{path}: {node.name}"


def test_queries_are_one_select_and_say_their_grain():
    for path in (ROOT / "transforms" / "sql").glob("*.sql"):
        text = path.read_text(encoding="utf-8")
        assert text.startswith("-- ") and "Grain" in text, path
        (statement,) = duckdb.extract_statements(text)
        assert statement.type == duckdb.StatementType.SELECT, path


def test_nothing_else_at_the_top():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    names = {name.split("/")[0] for name in listed if name}
    assert {name for name in names if not name.startswith(".")} <= TOP_LEVEL


def test_lock_file_names_versions_and_no_place():
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    assert lines and all(line.count("==") == 1 and "/" not in line and "@" not in line for line in lines)


def test_packages_come_from_one_place(tmp_path):
    """In a fresh interpreter elsewhere the three packages are ours, and no other distribution brings their names."""
    code = (
        "import importlib.metadata as m, pipelines, transforms, schemas, pathlib\n"
        "print(len({str(pathlib.Path(p.__file__).parent.parent) for p in (pipelines, transforms, schemas)}))\n"
        "print([m.packages_distributions().get(n) for n in ('pipelines', 'transforms', 'schemas')])\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    first, second = ran.stdout.splitlines()
    assert first == "1"
    assert set(ast.literal_eval(second)[0] or ["mshi"]) == {"mshi"}
