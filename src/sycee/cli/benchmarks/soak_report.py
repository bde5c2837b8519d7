"""What a soak says: figures, a verdict on each rule, and the run second by second."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import msgspec

from sycee.cli.benchmarks.open_load import OpenResult, Slot
from sycee.cli.benchmarks.report import Figures
from sycee.cli.benchmarks.trends import Trend, trend
from sycee.cli.output import out, table

SOAK_TARGETS = {
    "latency_change": "≤ 0.1 (low end)",
    "api_memory_change": "≤ 0.1 (low end)",
    "database_memory_change": "≤ 0.1 (low end)",
    "failed": "0",
    "lost": "0",
    "recovery_s": "≤ 10",
}
RECOVERED_WITHIN_S = 10.0
_TOLERANCE = 0.1
_SLACK, _SLACK_MS = 3.0, 50.0
"""Normal again: no worse than three times the usual 99th percentile, and 50 ms on top for short runs."""


class Second(msgspec.Struct, frozen=True, kw_only=True):
    """A second of the run; latencies in ms of what was accepted, None when nothing was."""

    second: int
    phase: str
    due: int
    accepted: int
    shed: int
    failed: int
    p50_ms: float | None
    p99_ms: float | None
    api_mb: float | None
    database_mb: float | None


class Beside:
    """What was seen beside the load."""

    def __init__(self) -> None:
        self.acknowledged = 0
        self.found = 0
        self.books_hold = False
        self.days_closed = 0
        self.closing_s = 0.0
        self._memory: dict[int, tuple[float, float]] = {}
        self._asked: dict[str, list[tuple[float, float, bool]]] = {}

    def note_memory(self, second: float, *, api: float, database: float) -> None:
        """Memory in MB at a time of the run."""
        self._memory[int(second)] = api, database

    def note_answer(self, name: str, second: float, took_s: float, *, answered: bool) -> None:
        """An answer to health, or to people who decide."""
        self._asked.setdefault(name, []).append((second, took_s, answered))

    def unanswered(self, name: str) -> int:
        """How many questions had no good answer."""
        return sum(not answered for _, _, answered in self._asked.get(name, []))

    def slowest_s(self, name: str) -> float:
        """The longest time that an answer took."""
        return max((took for _, took, _ in self._asked.get(name, [])), default=0.0)

    def seconds(self, result: OpenResult) -> list[Second]:
        """The run second by second."""
        return [self._second(place, slot) for place, slot in enumerate(result.slots)]

    def _second(self, place: int, slot: Slot) -> Second:
        api, database = self._memory.get(place, (None, None))
        return Second(
            second=place,
            phase=slot.phase,
            due=slot.due,
            accepted=slot.accepted,
            shed=slot.shed,
            failed=slot.failed,
            p50_ms=_quantile(slot.latencies_ms, 0.5),
            p99_ms=_quantile(slot.latencies_ms, 0.99),
            api_mb=None if api is None else round(api, 1),
            database_mb=None if database is None else round(database, 1),
        )


def figures_of(result: OpenResult, beside: Beside, capacity: float) -> Figures:
    """Every figure by name, each measured once."""
    seconds = beside.seconds(result)
    steady, overload = (_of(seconds, phase) for phase in ("steady", "overload"))
    late = [slot.latencies_ms for slot in result.slots]
    latency, api, database = _trends(steady)
    offered = sum(one.due for one in overload)
    found = {
        "capacity_per_s": capacity,
        "steady_per_s": sum(one.accepted for one in steady) / len(steady),
        "steady_p50_ms": _all(late, seconds, "steady", 0.5),
        "steady_p99_ms": _all(late, seconds, "steady", 0.99),
        "steady_p999_ms": _all(late, seconds, "steady", 0.999),
        "steady_shed": float(sum(one.shed for one in steady)),
        "closing_days_s": beside.closing_s,
        **_shown("latency_change", latency),
        "api_mb": api.mean,
        **_shown("api_memory_change", api),
        "database_mb": database.mean,
        **_shown("database_memory_change", database),
        "overload_offered_per_s": offered / len(overload),
        "overload_accepted_per_s": sum(one.accepted for one in overload) / len(overload),
        "overload_shed_share": sum(one.shed for one in overload) / offered,
        "overload_p99_ms": _all(late, seconds, "overload", 0.99),
        "health_slowest_ms": 1000 * beside.slowest_s("health"),
        "people_slowest_ms": 1000 * beside.slowest_s("people"),
        "recovery_s": _recovery_s(seconds),
        "failed": float(sum(one.failed for one in seconds)),
        "acknowledged": float(beside.acknowledged),
        "lost": float(max(0, beside.acknowledged - beside.found)),
    }
    return {name: [value] for name, value in found.items()}


def verdicts_of(result: OpenResult, beside: Beside, figures: Figures) -> dict[str, bool]:
    """Whether each rule holds."""
    seconds = beside.seconds(result)
    latency, api, database = _trends(_of(seconds, "steady"))
    return {
        "nothing acknowledged is lost": figures["lost"] == [0.0],
        "the books hold": beside.books_hold,
        "what is not accepted is shed, nothing fails": figures["failed"] == [0.0],
        "whoever is shed is told when to come again": result.without_retry_after == 0,
        "the steady load is accepted whole": figures["steady_shed"] == [0.0],
        "latency is flat": latency.is_flat(_TOLERANCE),
        "memory of the API is flat": api.is_flat(_TOLERANCE),
        "memory of the database is flat": database.is_flat(_TOLERANCE),
        "days close beside the load": beside.days_closed > 0,
        "health is answered throughout": beside.unanswered("health") == 0,
        "people who decide are answered throughout": beside.unanswered("people") == 0,
        "overload is shed": figures["overload_shed_share"][0] > 0,
        "back to normal within 10 s": figures["recovery_s"][0] <= RECOVERED_WITHIN_S,
    }


def print_verdicts(verdicts: dict[str, bool]) -> None:
    """The rules, and whether each holds."""
    rows = [
        [rule, "[green]holds[/green]" if holds else "[red]does not hold[/red]"]
        for rule, holds in verdicts.items()
    ]
    out.print(table("verdicts", ["rule", "verdict"], rows))


def _trends(steady: Sequence[Second]) -> tuple[Trend, Trend, Trend]:
    """Of median latency, and of memory after the first quarter, in which is made what is made once."""
    settled = steady[len(steady) // 4 :]
    return (
        trend([one.p50_ms for one in steady if one.p50_ms is not None]),
        trend([one.api_mb for one in settled if one.api_mb is not None]),
        trend([one.database_mb for one in settled if one.database_mb is not None]),
    )


def _shown(name: str, found: Trend) -> dict[str, float]:
    return {name: found.change, f"{name}_low": found.low, f"{name}_high": found.high}


def _of(seconds: Sequence[Second], phase: str) -> list[Second]:
    return [one for one in seconds if one.phase == phase]


def _all(late: Sequence[Sequence[float]], seconds: Sequence[Second], phase: str, share: float) -> float:
    values = [value for one in _of(seconds, phase) for value in late[one.second]]
    return _quantile(values, share) or 0.0


def _quantile(values: Sequence[float], share: float) -> float | None:
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _recovery_s(seconds: Sequence[Second]) -> float:
    """Seconds of calm until the first from which on everything is accepted as fast as it usually is."""
    usual = median(one.p99_ms for one in _of(seconds, "steady") if one.p99_ms is not None)
    calm = _of(seconds, "calm")
    bad = [
        place
        for place, one in enumerate(calm)
        if one.shed or one.failed or one.p99_ms is None or one.p99_ms > _SLACK * usual + _SLACK_MS
    ]
    return float(bad[-1] + 1) if bad else 0.0
