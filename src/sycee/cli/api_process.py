"""The API as a child process of ``sycee up``: ready when it answers."""

from __future__ import annotations

import asyncio
import socket
import time
from pathlib import Path

from sycee.cli.child_process import ChildProcess
from sycee.client import ApiProblem, Sycee, Unreachable
from sycee.kernel.errors import SyceeError
from sycee.kernel.settings import Settings

SERVER = "sycee.main.serving"
READY_WITHIN_S = 60.0


class PortTaken(SyceeError):
    """Something else listens there already"""

    code = "port_taken"
    status = 409


class ApiFailed(SyceeError):
    """The API did not start, or stopped by itself"""

    code = "api_failed"


def require_free_port(host: str, port: int) -> None:
    """Raise PortTaken when nobody could listen there now, saying why in terms of what to do."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise PortTaken(
            f"cannot listen on {host}:{port}: {error.strerror or error}",
            hint="--port picks another port; `sycee account list` shows whether a bank runs here already",
        ) from error


def free_port(host: str) -> int:
    """A port on which nobody listens at the moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


class ApiProcess(ChildProcess):
    """One running API."""

    module = SERVER
    called = "the API"
    failed = ApiFailed

    def __init__(self, settings: Settings, database_url: str, log: Path) -> None:
        super().__init__(settings, database_url, log)
        self.url = f"http://{_reachable(settings.host)}:{settings.port}"

    def start(self) -> None:
        """Start it and return when it can serve. Raises ApiFailed with the end of its log."""
        super().start()
        asyncio.run(self._wait_until_ready())

    async def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        async with Sycee(self.url, "none", timeout_s=2.0, retry_for_s=0.0) as bank:
            while time.monotonic() < deadline:
                if failure := self.failure():
                    raise ApiFailed(f"{failure}\n{self._end_of_log()}")
                try:
                    await bank.health()
                    return
                except Unreachable:
                    await asyncio.sleep(0.05)
                except ApiProblem as problem:
                    if problem.status != 503:
                        raise
                    await asyncio.sleep(0.2)
        raise ApiFailed(f"the API was not ready within {READY_WITHIN_S:g} seconds\n{self._end_of_log()}")


def _reachable(host: str) -> str:
    """The address to call for an address that is listened on."""
    if host in ("0.0.0.0", "::", ""):  # noqa: S104 - asked for by the caller
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
