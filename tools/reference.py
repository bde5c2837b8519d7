"""Make the reference under ``docs/reference`` from the code that it is about.

    python tools/reference.py            write the pages
    python tools/reference.py --check    write nothing; end with 1 when a page is out of date

Seven pages: the HTTP API from its OpenAPI document, who may ask for what, what takes several persons, the
command line from its commands, the settings from ``kernel.settings``, the codes from the tree of errors and
the ledger's rejections, and the catalogue of components. The pages are kept in the repository, so that they
can be read and reviewed without running anything; a test compares them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":  # a script finds what lies beside it; whoever imports this has seen to that
    sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tools.reference_pages.api import api_page  # noqa: E402 - only now the path leads there
from tools.reference_pages.approvals import approvals_page  # noqa: E402
from tools.reference_pages.authorisation import authorisation_page  # noqa: E402
from tools.reference_pages.codes import errors_page  # noqa: E402
from tools.reference_pages.command_line import cli_page  # noqa: E402
from tools.reference_pages.components import components_page  # noqa: E402
from tools.reference_pages.settings import settings_page  # noqa: E402

DIRECTORY = ROOT / "docs" / "reference"
PAGES: dict[str, Callable[[], str]] = {
    "api.md": api_page,
    "approvals.md": approvals_page,
    "authorisation.md": authorisation_page,
    "cli.md": cli_page,
    "settings.md": settings_page,
    "errors.md": errors_page,
    "components.md": components_page,
}


def made_pages() -> dict[str, str]:
    """The text of every page as the code would have it now, by file name."""
    # An example of CSV ends its lines as CSV does; a page ends them as a page does.
    return {name: page().replace("\r\n", "\n") for name, page in PAGES.items()}


def outdated(pages: dict[str, str]) -> list[str]:
    """The pages whose kept text is another, or missing."""
    kept = {name: DIRECTORY / name for name in pages}
    return [
        name
        for name, text in pages.items()
        if not kept[name].exists() or kept[name].read_text(encoding="utf-8") != text
    ]


def main(arguments: Sequence[str]) -> int:
    """Write or check the pages. Returns the exit code."""
    if list(arguments) not in ([], ["--check"]):
        raise SystemExit("usage: reference.py [--check]")
    pages = made_pages()
    old = outdated(pages)
    if arguments:
        for name in old:
            print(f"docs/reference/{name} is out of date: make docs writes it anew", file=sys.stderr)
        return 1 if old else 0
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    for name in old:
        (DIRECTORY / name).write_text(pages[name], encoding="utf-8")
        print(f"wrote docs/reference/{name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
