"""The real application behind a real socket, in a thread of the test's own process.

For tests that speak to the bank over HTTP and have nothing to say about its process: a process of its own
(``Served``) first reads everything that this one has read already, which takes seconds.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server

from sycee.database import Database
from sycee.kernel.settings import Settings
from tests.api.small_bank import application

_PATIENCE_S = 90.0


class Listening:
    """The application on a free port and a database, from entering to leaving."""

    def __init__(self, database_url: str, data_dir: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._database_url = database_url
        self._settings = Settings(data_dir=data_dir, port=self._port)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: Server | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline and self._thread.is_alive():
            try:
                if httpx.get(f"{self.url}/v1/health").status_code == 200:
                    return self
            except httpx.TransportError:
                time.sleep(0.01)
        self._stop()
        raise AssertionError("the application does not answer")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._loop is not None and self._server is not None:
            self._loop.call_soon_threadsafe(self._server.stop)
        self._thread.join(_PATIENCE_S)
        assert not self._thread.is_alive()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with await Database.open(self._database_url, min_size=1, max_size=8) as database:
            with application(database, self._settings) as app:
                self._server = Server(
                    app,
                    port=self._port,
                    interface=Interfaces.ASGI,
                    http=HTTPModes.http1,
                    websockets=False,
                    log_enabled=False,
                )
                await self._server.serve()
