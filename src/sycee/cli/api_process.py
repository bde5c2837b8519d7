"""The API as a child process of ``sycee up``.

The command line may not import the API (it is a neighbour, not something below), so it is started as
any other program would be: by its name, with its settings in the environment. It runs in a session of
its own, so that Ctrl-C at a terminal reaches ``sycee up`` alone, which then stops everything in order;
should ``sycee up`` be killed outright, the kernel tells the API to stop.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from sycee.client import ApiProblem, Sycee, Unreachable
from sycee.kernel.errors import SyceeError
from sycee.kernel.settings import Settings

SERVER = "sycee.main.serving"
READY_WITHIN_S = 60.0
STOPPED_WITHIN_S = 10.0
_LOG_LINES_SHOWN = 12
_PR_SET_PDEATHSIG = 1


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


class ApiProcess:
    """One running API: started with ``start()``, stopped with ``stop()``."""

    def __init__(self, settings: Settings, database_url: str, log: Path) -> None:
        self.settings = settings
        self.log = log
        self.url = f"http://{_reachable(settings.host)}:{settings.port}"
        self._database_url = database_url
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return when it can serve. Raises ApiFailed with the end of its log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", SERVER],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_stop_with_parent,  # noqa: PLW1509 - no other thread runs at this time
            )
        asyncio.run(self._wait_until_ready())

    def failure(self) -> str | None:
        """What to say when it has stopped by itself; None while it runs."""
        if self._process is None or self._process.poll() is None:
            return None
        return f"the API stopped by itself (exit code {self._process.returncode}); its log is {self.log}"

    def stop(self) -> None:
        """Stop it and everything it started; harmless when it has stopped already."""
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOPPED_WITHIN_S)
        # Whatever is left of it, its workers above all if it was killed itself.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self._process = None

    def _environment(self) -> dict[str, str]:
        environ = {
            name: value for name, value in os.environ.items() if name not in ("SYCEE_TOKEN", "SYCEE_URL")
        }
        environ.update(
            SYCEE_DATA_DIR=str(self.settings.data_dir),
            SYCEE_DATABASE_URL=self._database_url,
            SYCEE_HOST=self.settings.host,
            SYCEE_PORT=str(self.settings.port),
            SYCEE_WORKERS=str(self.settings.workers),
            SYCEE_BATCHING="on" if self.settings.batching else "off",
        )
        return environ

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

    def _end_of_log(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-_LOG_LINES_SHOWN:])


def _reachable(host: str) -> str:
    """The address to call for an address that is listened on."""
    if host in ("0.0.0.0", "::", ""):  # noqa: S104 - asked for by the caller
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _stop_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
