"""The documentation keeps up with the code: the reference is complete, and what pages show can be read.

What first steps and README show in a terminal is run by ``tests/cli/test_first_steps.py``, the README's
program by ``tests/client/test_readme.py``. Links between pages are checked where the site is built.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from sycee.api import openapi_document
from sycee.kernel.settings import SETTINGS
from sycee.ledger import REJECTIONS
from tools import reference
from tools.reference_pages.codes import every_error
from tools.reference_pages.command_line import commands

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
DECISIONS = sorted((DOCS / "decisions").glob("0*.md"))
LANGUAGES = {"console", "json", "python", "text", "xml", "yaml"}
_FENCE = re.compile(r"^( *)```(.*)$")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


each_page = pytest.mark.parametrize("path", PAGES, ids=_name)
each_decision = pytest.mark.parametrize("path", DECISIONS, ids=_name)


def text(page: str) -> str:
    """A kept page of the reference."""
    return (REFERENCE / page).read_text(encoding="utf-8")


def section(page: str, heading: str) -> str:
    """A page from a heading to the next one."""
    title = rf"^#+ {re.escape(heading)}( \{{[^\n]*)?$"
    found = re.search(rf"{title}(.*?)(?=^#+ |\Z)", text(page), re.DOTALL | re.MULTILINE)
    assert found is not None, f"{page} has no section {heading!r}"
    return found[2]


def fences(path: Path) -> Iterator[tuple[str, str]]:
    """Every block of code of a page: its language and its text."""
    language: str | None = None
    lines: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        found = _FENCE.match(line)
        if found is None:
            lines.append(line)
        elif language is None:
            language, lines = found[2], []
        else:
            assert not found[2], f"{path}: a block begins inside of another: {line}"
            yield language, "\n".join(lines) + "\n"
            language = None
    assert language is None, f"{path}: a block of {language!r} does not end"


def test_the_reference_is_what_the_code_would_have_it() -> None:
    assert reference.outdated(reference.made_pages()) == [], "run make docs, and commit docs/reference"


def test_every_command_option_and_argument_is_documented() -> None:
    count = 0
    for name, command in commands():
        told = section("cli.md", name)
        for parameter in command.params:
            option = parameter.param_type_name == "option"
            shown = parameter.opts[0] if option else parameter.metavar or parameter.name.upper()
            assert parameter.hidden or f"| `{shown}" in told, f"{name}: {shown}"
            count += 1
    assert count > 100


def test_every_setting_is_documented() -> None:
    for setting in SETTINGS:
        assert f"| `{setting.variable}` |" in text("settings.md")
        assert setting.description in text("settings.md")


def test_every_operation_and_parameter_is_documented() -> None:
    document: dict[str, Any] = openapi_document()
    for path, item in document["paths"].items():
        for method, operation in item.items():
            told = section("api.md", f"{method.upper()} {path}")
            assert operation["description"] in told
            assert operation.get("x-required-scope", "no token") in told
            for parameter in operation["parameters"]:
                assert f"| `{parameter['name']}` |" in told
            for status in operation["responses"]:
                assert f"Answer {status}:" in told or f"| {status} |" in told
    for name, schema in document["components"]["schemas"].items():
        told = section("api.md", f"{name} {{ #shape-{name.lower()} }}")
        for field in schema["properties"]:
            assert f"| `{field}` |" in told, f"{name}.{field}"


def test_every_code_is_documented() -> None:
    for code, meaning in REJECTIONS.items():
        assert f"`{code}` |" in section("errors.md", "Rejections of transfers")
        assert meaning in section("errors.md", "Rejections of transfers")
    for cls in every_error():
        assert cls.title() in text("errors.md"), cls
    told = set(re.findall(r"`([a-z0-9_]+)` \|", text("errors.md")))
    paths = json.dumps(openapi_document()["paths"], default=str)
    answered = set(re.findall(r"/docs/problems#([a-z0-9_]+)", paths))
    assert answered
    assert answered <= told, answered - told


@each_page
def test_blocks_of_code_can_be_read(path: Path) -> None:
    for language, block in fences(path):
        kind = language.split(" ", maxsplit=1)[0]
        assert kind in LANGUAGES, f"{_name(path)}: a block in {language!r}"
        if kind == "python":
            ast.parse(block)
        elif kind == "json":
            json.loads(block)
        elif kind == "xml" and "…" not in block:
            etree.fromstring(block.encode())


@pytest.mark.parametrize("path", [path for path in PAGES if path.parent == ROOT], ids=_name)
def test_links_from_the_top_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")):
        assert "://" in target or (ROOT / target).exists(), target


@each_page
def test_a_page_begins_with_its_title(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# ")


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:")[2]
    listed = re.findall(r"(\S+\.md)$", navigation, re.MULTILINE)
    assert sorted(listed) == sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md"))


@each_decision
def test_a_decision_tells_context_decision_and_cost(path: Path) -> None:
    written = path.read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", written, re.MULTILINE) == ["Context", "Decision", "What it costs"]
    assert written.startswith(f"# {int(path.name[:4])}. ")
    assert path.name in (DOCS / "decisions" / "index.md").read_text(encoding="utf-8")


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))
