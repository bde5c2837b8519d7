"""What the API counts, in Prometheus' text format.

One registry per application, so that a process may hold several; with several worker processes each
answers for itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from sycee.database import Batcher, Database, DatabaseCollector
from sycee.ledger import Outcome

_LATENCIES_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The counters of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._requests = Counter(
            "sycee_http_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._latency = Histogram(
            "sycee_http_request_duration_seconds",
            "Time from the request's arrival to the end of its answer.",
            ["method", "route"],
            buckets=_LATENCIES_S,
            registry=self.registry,
        )
        self._in_progress = 0
        Gauge(
            "sycee_http_requests_in_progress", "Requests being worked on.", registry=self.registry
        ).set_function(lambda: self._in_progress)
        self._shed = Counter(
            "sycee_http_requests_shed",
            "Requests refused because more was under way than the process takes on.",
            registry=self.registry,
        )
        self._batch_size = Histogram(
            "sycee_posting_batch_size",
            "Transfers posted in one database transaction.",
            buckets=_BATCH_SIZES,
            registry=self.registry,
        )
        self._outcomes = Counter(
            "sycee_transfer_outcomes",
            "Outcomes of transfers; code is empty unless rejected.",
            ["status", "code"],
            registry=self.registry,
        )
        # Looking a labelled child up costs more than counting: they are kept here.
        self._request_children: dict[tuple[str, str, int], tuple[Any, Any]] = {}
        self._outcome_children: dict[tuple[str, str], Any] = {}

    def watch(self, database: Database, batchers: Mapping[str, Batcher[Any, Any]]) -> None:
        """Tell of the way to the database, and of what waits in the batchers."""
        self.registry.register(DatabaseCollector(database))
        waiting = Gauge(
            "sycee_batcher_waiting",
            "Commands that wait to be carried out with others.",
            ["batcher"],
            registry=self.registry,
        )
        running = Gauge("sycee_batcher_running", "Batches under way.", ["batcher"], registry=self.registry)
        for name, batcher in batchers.items():
            waiting.labels(name).set_function(partial(getattr, batcher, "waiting"))
            running.labels(name).set_function(partial(getattr, batcher, "running"))

    def started(self) -> None:
        """A request has arrived."""
        self._in_progress += 1

    def shed(self) -> None:
        """A request was refused, because there is no place for it now."""
        self._shed.inc()

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request has been answered. ``route`` is the template of the path, never the path itself."""
        self._in_progress -= 1
        key = (method if method in _METHODS else "other", route, status)
        children = self._request_children.get(key)
        if children is None:
            children = (
                self._requests.labels(*key[:2], str(status)),
                self._latency.labels(*key[:2]),
            )
            self._request_children[key] = children
        children[0].inc()
        children[1].observe(seconds)

    def posted(self, outcomes: Sequence[Outcome]) -> None:
        """A list was posted in one transaction."""
        self._batch_size.observe(len(outcomes))
        self._count(outcomes)

    def _count(self, outcomes: Iterable[Outcome]) -> None:
        counts: dict[tuple[str, str], int] = {}
        for outcome in outcomes:
            key = (outcome.status, outcome.code or "")
            counts[key] = counts.get(key, 0) + 1
        for key, count in counts.items():
            child = self._outcome_children.get(key)
            if child is None:
                child = self._outcome_children[key] = self._outcomes.labels(*key)
            child.inc(count)

    def render(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self.registry)
