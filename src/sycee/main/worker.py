"""The worker's process: ``python -m sycee.main.worker``, which ``sycee worker`` starts.

It reads its settings from the environment, opens the database, and works until SIGTERM or SIGINT.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys

from prometheus_client import ProcessCollector, start_http_server

from sycee.database import Database, DatabaseCollector
from sycee.identity import KEY_FILE, KeyFile
from sycee.kernel import logs
from sycee.kernel.errors import SyceeError
from sycee.kernel.settings import Settings
from sycee.main.databases import open_database
from sycee.main.traces import told
from sycee.operations import WebhookPace, WebhookSender
from sycee.payments import rails
from sycee.worker import (
    SWEEPS,
    RailsAtWork,
    SweepMetrics,
    SweepsAtWork,
    WatchAtWork,
    WebhooksAtWork,
    until_one_ends,
)


async def work(settings: Settings) -> None:
    """Work until a signal says to stop. Raises DatabaseUnavailable when there is no database at the start."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    database: Database = await open_database(settings)
    pace = rails.Pace(
        lease_s=settings.rail_lease_ms / 1000,
        retry_s=settings.rail_retry_ms / 1000,
        enquire_s=settings.rail_enquire_ms / 1000,
    )
    metrics = SweepMetrics()
    watches = []
    if settings.worker_metrics_port is not None:
        metrics.registry.register(DatabaseCollector(database))
        ProcessCollector(registry=metrics.registry)
        start_http_server(settings.worker_metrics_port, settings.host, metrics.registry)
        watches.append(WatchAtWork(database, metrics.registry).run(stop))
    poll_s = settings.worker_poll_ms / 1000
    sender = WebhookSender(
        database,
        KeyFile.at(settings.data_dir / KEY_FILE),
        WebhookPace(timeout_s=settings.webhook_timeout_ms / 1000, retry_s=settings.webhook_retry_ms / 1000),
        anywhere=settings.webhooks_anywhere,
    )
    async with database:
        await until_one_ends(
            RailsAtWork(database, pace=pace, poll_s=poll_s).run(stop),
            SweepsAtWork(database, SWEEPS, metrics).run(stop),
            WebhooksAtWork(database, sender, poll_s=poll_s).run(stop),
            *watches,
        )


def main() -> int:
    """Run the worker; the exit code."""
    try:
        settings = Settings.load(os.environ)
        logs.set_up(settings.log_level, settings.log_format)
        logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for each call is too many
        with told("sycee-worker", os.environ):
            asyncio.run(work(settings))
    except SyceeError as error:
        sys.stderr.write(f"{error.title()}: {error.detail}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
