"""Keep the schemas of capabilities that were published, and refuse to publish a change that breaks them.

    python tools/component_schemas.py            write schemas.json beside our components
    python tools/component_schemas.py --check    write nothing; end with 1 when it is out of date

A parameter that goes, must be given, is bounded more tightly or means something else when it is left out
breaks the conditions and agreements that were made for it. Such a change needs a new version of the
capability beside the old one; this program says so and writes nothing. A capability that no release of the
software has carried yet may still change: take its line out of the file first.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":  # a script finds what lies beside it; whoever imports this has seen to that
    sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from sycee.components import compatibility  # noqa: E402 - only now the path leads there

PACKAGE = "sycee.components.library"


def main(arguments: Sequence[str]) -> int:
    """Write or check the file. Returns the exit code."""
    if list(arguments) not in ([], ["--check"]):
        raise SystemExit("usage: component_schemas.py [--check]")
    file = compatibility.schemas_file(PACKAGE)
    shown = file.relative_to(ROOT)
    made = compatibility.own_capabilities(PACKAGE)
    faults = compatibility.compare(compatibility.kept_schemas(PACKAGE), made, str(shown))
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        return 1
    text = compatibility.schemas_text(made)
    old = not file.exists() or file.read_text(encoding="utf-8") != text
    if old and arguments:
        print(f"{shown} is out of date: make docs writes it anew", file=sys.stderr)
    elif old:
        file.write_text(text, encoding="utf-8")
        print(f"wrote {shown}")
    return 1 if old and arguments else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
