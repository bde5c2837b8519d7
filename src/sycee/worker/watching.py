"""How the bank stands, told to Prometheus: read every few seconds, not whenever somebody asks.

Several workers tell the same; rules and dashboards take the highest of them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from time import time

import psycopg
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from sycee import operations
from sycee.database import Database, DatabaseUnavailable
from sycee.kernel.ending import within
from sycee.operations import CellStanding, Standing

logger = logging.getLogger("sycee.worker")

LOOK_EVERY_S = 10.0
"""How often the bank is looked over."""

PATIENCE_S = 30.0
"""How long a look may take."""

_DAYS = ("running", "stopped", "finished")
_SERVER = {
    "connections": "Connections of clients to the database server.",
    "connections_limit": "Connections that the server allows.",
    "oldest_transaction_s": "Age of the oldest transaction.",
    "size_bytes": "Size of the database.",
    "waiting_for_locks": "Locks that are waited for.",
    "oldest_rows_transactions": "Age of the oldest rows that are not frozen, in transactions.",
}


class StandingCollector(Collector):
    """What was seen last. Before the first look there is nothing to tell but that there was none."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.seen: Standing | None = None
        self.seen_at = 0.0
        self.failed = 0
        registry.register(self)

    def collect(self) -> Iterable[Metric]:
        """The metrics of the bank as it stood at the last look that succeeded."""
        yield GaugeMetricFamily(
            "sycee_watch_timestamp_seconds", "When the bank was looked over, since 1970.", value=self.seen_at
        )
        yield CounterMetricFamily("sycee_watch_failures", "Looks that failed.", value=self.failed)
        if self.seen is not None:
            yield from _queues(self.seen)
            yield from _rails(self.seen)
            yield from _cells(self.seen.cells)
            yield from _server(self.seen)


def _gauge(
    name: str, text: str, labels: list[str], values: Iterable[tuple[list[str], float | None]]
) -> Metric:
    made = GaugeMetricFamily(name, text, labels=labels)
    for labelled, value in values:
        if value is not None:
            made.add_metric(labelled, value)
    return made


def _queues(seen: Standing) -> Iterable[Metric]:
    yield _gauge(
        "sycee_queue_items",
        "Work that could be done now, by kind.",
        ["queue"],
        [([one.queue], one.items) for one in seen.queues],
    )
    yield _gauge(
        "sycee_queue_oldest_seconds",
        "How long the oldest of it has waited.",
        ["queue"],
        [([one.queue], one.oldest_s) for one in seen.queues],
    )


def _rails(seen: Standing) -> Iterable[Metric]:
    yield _gauge(
        "sycee_rail_messages",
        "Messages of rails, by what is to be done with them.",
        ["rail", "state"],
        [
            ([one.rail, state], count)
            for one in seen.rails
            for state, count in (
                ("to_deliver", one.to_deliver),
                ("to_process", one.to_process),
                ("refused", one.refused),
            )
        ],
    )
    yield _gauge(
        "sycee_rail_oldest_message_seconds",
        "Age of the oldest message that is to be delivered or processed.",
        ["rail"],
        [([one.rail], one.oldest_message_s) for one in seen.rails],
    )
    yield _gauge(
        "sycee_rail_unanswered",
        "Items that were sent to a rail and have no answer.",
        ["rail"],
        [([one.rail], one.unanswered) for one in seen.rails],
    )
    yield _gauge(
        "sycee_rail_oldest_unanswered_seconds",
        "How long the oldest of them has been waited for.",
        ["rail"],
        [([one.rail], one.oldest_unanswered_s) for one in seen.rails],
    )


def _cells(cells: list[CellStanding]) -> Iterable[Metric]:
    yield _gauge(
        "sycee_end_of_day",
        "1 for the state in which the newest end of day of a cell is.",
        ["cell", "state"],
        [([str(one.cell), state], float(one.day == state)) for one in cells for state in _DAYS],
    )
    for name, text, values in (
        (
            "end_of_day_running_seconds",
            "Since when an end of day is unfinished.",
            [one.running_s or 0.0 for one in cells],
        ),
        (
            "end_of_day_duration_seconds",
            "How long the last finished end of day took.",
            [one.last_duration_s for one in cells],
        ),
        ("end_of_day_failures", "What failed in the newest end of day.", [one.failed for one in cells]),
        (
            "business_date_behind_days",
            "How far the business date is behind today, UTC.",
            [one.behind_days for one in cells],
        ),
        (
            "seal_head_age_seconds",
            "Time since the last batch was posted and sealed.",
            [one.seal_age_s for one in cells],
        ),
        (
            "seal_unsigned",
            "1 when the last date that is over has no signature.",
            [float(one.unsigned) for one in cells],
        ),
    ):
        found = [([str(cell.cell)], value) for cell, value in zip(cells, values, strict=True)]
        yield _gauge(f"sycee_{name}", text, ["cell"], found)


def _server(seen: Standing) -> Iterable[Metric]:
    for field, text in _SERVER.items():
        name = field.removesuffix("_s") + "_seconds" if field.endswith("_s") else field
        yield GaugeMetricFamily(f"sycee_database_{name}", text, value=getattr(seen.server, field))
    yield _gauge(
        "sycee_replication_lag_bytes",
        "Write-ahead log that a standby has not replayed.",
        ["standby", "sync_state"],
        [([one.standby, one.sync_state], one.behind_bytes) for one in seen.replicas],
    )
    yield _gauge(
        "sycee_replication_lag_seconds",
        "How long ago what a standby replays now was written.",
        ["standby", "sync_state"],
        [([one.standby, one.sync_state], one.lag_s) for one in seen.replicas],
    )
    yield GaugeMetricFamily("sycee_replication_standbys", "Standbys that follow.", value=len(seen.replicas))


class WatchAtWork:
    """Looks the bank over until it is told to stop."""

    def __init__(self, database: Database, registry: CollectorRegistry) -> None:
        self._database = database
        self._told = StandingCollector(registry)

    async def run(self, stop: asyncio.Event) -> None:
        """Look, again and again, until ``stop``."""
        while not stop.is_set():
            await self.once()
            with suppress(TimeoutError):
                async with within(LOOK_EVERY_S):
                    await stop.wait()

    async def once(self) -> None:
        """Look once; what cannot be read leaves what was seen before, and its time."""
        try:
            async with within(PATIENCE_S), self._database.transaction() as tx:
                await tx.execute("SET TRANSACTION READ ONLY")
                seen = await operations.read_standing(tx)
        except (DatabaseUnavailable, TimeoutError, psycopg.Error) as error:
            self._told.failed += 1
            logger.warning("the bank could not be looked over: %s", type(error).__name__)
        else:
            self._told.seen, self._told.seen_at = seen, time()
