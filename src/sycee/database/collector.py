"""A process's way to the database, for Prometheus: its pool, and what it had to try again."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from sycee.database.engine import Database

_CONNECTIONS = (
    ("pool_size", "sycee_database_pool_connections", "Connections of this process to the database."),
    ("pool_available", "sycee_database_pool_idle", "Connections that nobody uses at the moment."),
    ("pool_max", "sycee_database_pool_limit", "Connections that this process may open."),
    ("requests_waiting", "sycee_database_pool_waiting", "How many wait for a connection."),
)
_TOTALS = (
    ("requests_num", "sycee_database_pool_requests", "Connections asked of the pool."),
    ("requests_queued", "sycee_database_pool_queued", "How many of them had to wait."),
    ("requests_errors", "sycee_database_pool_timeouts", "How many of them waited in vain."),
    ("connections_lost", "sycee_database_connections_lost", "Connections found to be lost."),
)
_MILLISECONDS = (
    ("requests_wait_ms", "sycee_database_pool_wait_seconds", "Time spent waiting for connections."),
    ("usage_ms", "sycee_database_pool_usage_seconds", "Time that connections were out of the pool."),
)


class DatabaseCollector(Collector):
    """Reads a Database whenever Prometheus asks, and asks the server nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterable[Metric]:
        """The pool's figures, and transactions that were tried again by reason."""
        figures = self._database.pool_figures()
        for key, name, text in _CONNECTIONS:
            yield GaugeMetricFamily(name, text, value=figures.get(key, 0))
        for key, name, text in _TOTALS:
            yield CounterMetricFamily(name, text, value=figures.get(key, 0))
        for key, name, text in _MILLISECONDS:
            yield CounterMetricFamily(name, text, value=figures.get(key, 0) / 1000)
        again = CounterMetricFamily(
            "sycee_database_retries", "Transactions that were run again, by why.", labels=["reason"]
        )
        for reason, count in self._database.retries.items():
            again.add_metric([reason], count)
        yield again
