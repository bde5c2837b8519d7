"""The HTTP server's process: ``python -m sycee.main.serving``, until a signal stops it.

It holds the socket and starts the workers, which read the application (``sycee.main.server``). It reads none
of that itself: a bank that was killed is back sooner.
"""

from __future__ import annotations

import os

from granian.constants import HTTPModes, Interfaces, Loops
from granian.log import LogLevels
from granian.server import Server

from sycee.kernel import logs
from sycee.kernel.settings import Settings


def serve(settings: Settings) -> None:
    """Serve until stopped by a signal. The workers read the settings from their environment."""
    Server(
        "sycee.main.server:application",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels(settings.log_level),
        log_dictconfig=logs.server_configuration(settings.log_format),
    ).serve()


if __name__ == "__main__":
    serve(Settings.load(os.environ))
