"""Rules of the house that a program can check: sizes, front doors, libraries, what no file may say."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "sycee"
LONGEST_FILE, LONGEST_FUNCTION = 400, 70
TEXTS = {".py", ".sql", ".md", ".toml", ".yml", ".yaml", ".txt", ".mako", ".json", ".cfg", ""}

# Spelt in parts, so that this file keeps its own rules.
MACHINE_PATHS = re.compile(
    "|".join(["/ro" + "ot/", "/wo" + "rk/", r"/ho" + r"me/[a-z]", "/Us" + r"ers/[a-z]"])
)
REGISTRY_HOSTS = re.compile(
    "|".join(
        ["py" + r"pi\.org/simple", "files" + r"\.pythonhosted", r"registry\." + "npmjs", "--index" + "-url"]
    )
)


def _kept_files() -> list[Path]:
    """The files of the repository, as git knows them; everything but what it ignores."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:  # an unpacked archive
        return [path for path in ROOT.rglob("*.*") if ".venv" not in path.parts and path.is_file()]
    return [path for path in map(ROOT.joinpath, listed.stdout.splitlines()) if path.is_file()]


FILES = _kept_files()
PYTHON = [path for path in FILES if path.suffix == ".py"]
MODULES = [path for path in PYTHON if SOURCE in path.parents]
SQL = [path for path in FILES if path.suffix == ".sql"]
by_name = pytest.mark.parametrize


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _imported(tree: ast.AST) -> Iterator[str]:
    """Every module that a module imports, wherever it does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


@by_name("path", PYTHON + SQL, ids=_name)
def test_no_file_is_longer_than_a_reader_can_hold(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@by_name("path", PYTHON, ids=_name)
def test_no_function_is_longer_than_a_screen(path: Path) -> None:
    for function in _functions(ast.parse(path.read_text(encoding="utf-8"))):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        assert length <= LONGEST_FUNCTION, f"{function.name} has {length} lines"


@by_name("path", PYTHON, ids=_name)
def test_every_module_opens_by_saying_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@by_name("path", sorted(SOURCE.glob("*/__init__.py")), ids=_name)
def test_every_package_names_what_its_front_door_offers(path: Path) -> None:
    package = importlib.import_module(f"sycee.{path.parent.name}")
    assert [name for name in package.__all__ if not hasattr(package, name)] == []


@by_name(
    ("package", "allowed"),
    [
        ("kernel", {"msgspec", "sycee.kernel"}),
        ("client", {"msgspec", "httpx", "sycee.kernel", "sycee.client"}),
    ],
)
def test_a_package_that_others_carry_away_brings_little_with_it(package: str, allowed: set[str]) -> None:
    for path in (SOURCE / package).rglob("*.py"):
        for module in _imported(ast.parse(path.read_text(encoding="utf-8"))):
            top = module.partition(".")[0]
            known = top in sys.stdlib_module_names or top in allowed or module == "sycee"
            assert known or any(f"{module}.".startswith(f"{name}.") for name in allowed), f"{path}: {module}"


@by_name("path", MODULES, ids=_name)
def test_domains_are_entered_by_the_front_door(path: Path) -> None:
    """Only the kernel and the database are open inside: they are ground, not rooms."""
    own = path.relative_to(SOURCE).parts[0]
    for module in _imported(ast.parse(path.read_text(encoding="utf-8"))):
        parts = module.split(".")
        if parts[0] == "sycee" and len(parts) > 2 and parts[1] not in {own, "kernel", "database"}:
            pytest.fail(f"{module} is inside another domain; import it from sycee.{parts[1]}")


@by_name("path", [path for path in FILES if path.suffix in TEXTS], ids=_name)
def test_no_file_names_a_machine_or_a_registry(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for pattern in (MACHINE_PATHS, REGISTRY_HOSTS):
        found = pattern.search(text)
        assert found is None, f"{found[0]} in {_name(path)}"


def test_the_makefile_explains_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    explained = re.findall(r"^#   make (\w+)", makefile, re.MULTILINE)
    assert sorted([*explained, "help"]) == sorted(phony[1].split())


def test_locked_dependencies_for_development_include_those_for_running() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9.-]+==\S+", (ROOT / "requirements" / name).read_text(), re.MULTILINE))

    assert pins("run.txt") <= pins("dev.txt")
    assert pins("run.txt")
