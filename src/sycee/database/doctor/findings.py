"""What the doctor tells: findings, each with its evidence and what to do, and the report that holds them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any

import msgspec

from sycee.database.connections import Transaction

LONGEST_STATEMENT = 300
"""How much of a statement is shown, in characters."""


class Severity(StrEnum):
    """How much a finding matters: something to know, to see to in working hours, or to see to now."""

    NOTICE = "notice"
    WARNING = "warning"
    CRITICAL = "critical"


class Finding(msgspec.Struct, frozen=True):
    """One thing that is not as it should be.

    ``subject`` is what it is about (a table, a process, a slot), ``evidence`` the figures that were read,
    ``advice`` what to do.
    """

    check: str
    severity: Severity
    subject: str
    detail: str
    advice: str
    evidence: dict[str, Any] = {}


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """From where on something is a finding. Times in seconds, sizes in bytes or rows."""

    slow_s: float = 1.0
    blocked_s: float = 5.0
    blocked_critical_s: float = 60.0
    transaction_s: float = 300.0
    transaction_critical_s: float = 3600.0
    idle_s: float = 60.0
    dead_rows: int = 10_000
    index_bytes: int = 10 * 1024 * 1024
    scanned_rows: int = 100_000
    retained_bytes: int = 1024 * 1024 * 1024
    lag_s: float = 30.0
    connections: float = 0.8
    cache_hits: float = 0.95
    cache_reads: int = 100_000
    wraparound: int = 1_000_000_000


Look = Callable[[Transaction, Limits], Awaitable[list[Finding]]]


class Check(msgspec.Struct, frozen=True):
    """One thing that is looked at: ``look(tx, limits)`` reads, in a transaction of its own."""

    name: str
    title: str
    look: Look


class Examined(msgspec.Struct, frozen=True):
    """What came of one check: how many findings, or why it could not be made."""

    name: str
    title: str
    findings: int
    not_made: str | None = None


class Statement(msgspec.Struct, frozen=True):
    """One kind of statement with what it took since its figures were last reset; times in milliseconds."""

    statement: str
    calls: int
    total_ms: float
    mean_ms: float
    longest_ms: float
    rows: int
    share: float
    """Part of the time of all statements, 0 to 1."""


class Waiting(msgspec.Struct, frozen=True):
    """A process in the tree of those that wait for locks; ``depth`` 0 holds up those below and waits not."""

    depth: int
    process: int
    blocked_by: list[int]
    application: str
    state: str
    waiting_s: float | None
    transaction_s: float | None
    lock: str | None
    statement: str


class Report(msgspec.Struct, frozen=True):
    """The whole examination."""

    server: str
    database: str
    checks: list[Examined]
    findings: list[Finding]
    statements: list[Statement]
    waiting: list[Waiting]

    @property
    def worst(self) -> Severity | None:
        """The gravest severity among the findings; None where there are none."""
        found = {finding.severity for finding in self.findings}
        return next((one for one in reversed(Severity) if one in found), None)


_LITERALS = re.compile(
    r"""
      (?P<comment> --[^\n]* | /\*.*?(?:\*/|\Z) )
    | (?P<text> \b[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z)       # with backslashes
              | '(?:[^']|'')*(?:'|\Z)                   # plain; a cut-off statement may not end it
              | \$(?P<tag>\w*)(?<!\$\d)\$.*?(?:\$(?P=tag)\$|\Z) )
    | (?P<name> "(?:[^"]|"")*(?:"|\Z) | \$\d+ | [^\W\d]\w* )
    | (?P<number> \d[\d.]*(?:[eE][+-]?\d+)? )
    """,
    re.VERBOSE | re.DOTALL,
)


def without_values(statement: str) -> str:
    """A statement on one line, cut, with ``?`` for every value in it: who reads a report is told no data."""

    def replaced(found: re.Match[str]) -> str:
        if found["comment"] is not None:
            return " "
        return found[0] if found["name"] is not None else "?"

    shown = " ".join(_LITERALS.sub(replaced, statement).split())
    return shown if len(shown) <= LONGEST_STATEMENT else shown[: LONGEST_STATEMENT - 1] + "…"
