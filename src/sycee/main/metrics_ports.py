"""A port for each process of the API, on which Prometheus asks that process and no other.

All of them answer on the API's own port, whichever takes the connection: with several, asking there gives the
figures of one and then of another, which look like counters that fall.
"""

from __future__ import annotations

import asyncio
import logging

from prometheus_client import start_http_server

from sycee.api import Metrics
from sycee.kernel.settings import Settings

logger = logging.getLogger("sycee.server")

TRY_AGAIN_S = 1.0
"""How often a process looks for a port while others, one that is ending perhaps, hold all of them."""


async def tell_metrics(metrics: Metrics, settings: Settings) -> None:
    """Listen on the first of the ports that is free, as soon as one is, and return."""
    assert settings.api_metrics_port is not None
    ports = range(settings.api_metrics_port, min(settings.api_metrics_port + settings.workers, 65_536))
    while True:
        for port in ports:
            try:
                start_http_server(port, settings.host, metrics.registry)
            except OSError:
                continue
            logger.info("metrics of this process are told on port %d", port)
            return
        await asyncio.sleep(TRY_AGAIN_S)
