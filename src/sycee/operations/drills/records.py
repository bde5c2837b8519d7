"""What a drill asks of the bank and what it finds."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import msgspec

Fault = Literal["postgres", "centre", "isolate", "switchover", "upgrade", "clock"]


class Request(msgspec.Struct, kw_only=True):
    """One transfer that a client wanted: seconds count from the beginning of the traffic.

    ``scheduled_s`` is when it was due, however long it then had to wait; ``answered_s`` is None when the
    client gave up, ``error`` why.
    """

    id: UUID
    scheduled_s: float
    answered_s: float | None = None
    attempts: int = 0
    error: str | None = None

    @property
    def latency_s(self) -> float | None:
        """From when it was due to its answer."""
        return None if self.answered_s is None else self.answered_s - self.scheduled_s


class Event(msgspec.Struct, frozen=True):
    """Something that happened during the drill, in seconds from the beginning of the traffic."""

    at_s: float
    text: str


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One span of the timeline: what was answered in it, and how late it was by then."""

    at_s: float
    answered: int
    p50_ms: float | None
    p99_ms: float | None


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What the books say of the transfers that were acknowledged; ``breaks`` names what is wrong.

    ``lost`` were acknowledged and are not there, ``doubled`` are there more than once, ``unasked`` are there
    and nobody asked for them.
    """

    acknowledged: int
    lost: int
    doubled: int
    unasked: int
    books_ok: bool
    seals_ok: bool
    breaks: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing was lost or doubled, the books balance and the seals verify."""
        wrong = self.lost or self.doubled or self.unasked
        return not wrong and self.books_ok and self.seals_ok


class FaultReport(msgspec.Struct, frozen=True, kw_only=True):
    """One fault: whom it struck, and after how many seconds the bank took writes again.

    ``bar_s`` is the most that is allowed, None where there is no bar. ``minority_acknowledged`` counts what
    an isolated centre acknowledged, and ``minority_asked`` what it was asked.
    """

    fault: Fault
    centre: str
    led: bool
    at_s: float
    recovery_s: float
    bar_s: float | None
    whole_after_s: float
    minority_asked: int = 0
    minority_acknowledged: int = 0

    @property
    def passed(self) -> bool:
        """Whether it kept to its bar, and no minority acknowledged anything."""
        return (self.bar_s is None or self.recovery_s <= self.bar_s) and not self.minority_acknowledged


class DrillReport(msgspec.Struct, frozen=True, kw_only=True):
    """A whole drill. ``recovery_s`` is the longest of its faults; ``late`` took more than a second."""

    drill: str
    passed: bool
    recovery_s: float
    acknowledged: int
    lost: int
    doubled: int
    errors_seen_by_clients: int
    seals_ok: bool
    books_ok: bool
    requests: int
    late: int
    rate_per_s: float
    p50_ms: float
    p99_ms: float
    longest_ms: float
    centres: int
    faults: tuple[FaultReport, ...]
    breaks: tuple[str, ...]
    events: tuple[Event, ...]
    timeline: tuple[Moment, ...]
    first_error: str | None = None
