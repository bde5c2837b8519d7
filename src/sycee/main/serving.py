"""The HTTP server's process: ``python -m sycee.main.serving``, until a signal stops it.

It holds the socket and starts the workers, which read the application (``sycee.main.server``). It reads none
of that itself: a bank that was killed is back sooner. A worker that dies is replaced; on SIGHUP each worker
is replaced in its turn by one that reads the program anew, and no request is dropped.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from functools import partial
from typing import Any

from granian.constants import HTTPModes, Interfaces, Loops
from granian.log import LogLevels
from granian.net import SocketSpec  # type: ignore[attr-defined]  # which granian imports, and does not export
from granian.server.mp import MPServer

from sycee.kernel import logs
from sycee.kernel.settings import Settings

_BACKLOG = 4_096  # connections that wait to be accepted: while a worker is replaced, for one
_CONNECTIONS = 16_384  # of each worker
_KILLED_AFTER_S = 45  # a worker that was told to stop, and has longer than any request to do so


class _OneSocketServer(MPServer):
    """A server whose workers accept from one socket.

    On Linux granian gives each worker a socket of its own on the same port, and what waits in the queue of a
    worker that ends is reset. With one socket there is one queue, which outlives every worker.
    """

    def _init_shared_socket(self) -> None:
        self._ssp = None
        holder = SocketSpec(self.bind_addr, self.bind_port, self.backlog).build()
        self._shd = holder  # type: ignore[assignment]  # which granian leaves untyped
        self._sfd = holder.get_fd()
        self._sso = socket.socket(fileno=self._sfd)
        self._sso.set_inheritable(True)


def serve(settings: Settings) -> None:
    """Serve until stopped by a signal. The workers read the settings from their environment."""
    _OneSocketServer(
        "sycee.main.server:application",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        loop=Loops.uvloop,
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels(settings.log_level),
        # Its own bound would let connections wait that are to be told, by the application, to come again.
        backlog=_BACKLOG,
        backpressure=_CONNECTIONS,
        respawn_failed_workers=True,
        log_dictconfig=logs.server_configuration(settings.log_format),
        workers_kill_timeout=_KILLED_AFTER_S,
    ).serve(target_loader=_application, wrap_loader=False)


def _application() -> Any:
    """The application, read by a new worker: what this process had read of the program may be of old."""
    # Inherited is the handler of the process that was forked, which would pass the signal over.
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, signal.SIG_DFL)
    for name in [name for name in sys.modules if name.partition(".")[0] == "sycee"]:
        del sys.modules[name]
    from sycee.main.server import application  # noqa: PLC0415 - the process that holds the socket needs none of it

    # A worker that dies is replaced; one that cannot start helps nobody, and so the server ends.
    application.when_it_cannot_start = partial(os.kill, os.getppid(), signal.SIGTERM)
    return application


if __name__ == "__main__":
    serve(Settings.load(os.environ))
