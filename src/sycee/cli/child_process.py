"""Programs of ours that run as child processes of ``sycee up``: the API, and a worker.

The command line may not import them (they are neighbours, not something below), so each is started as any
other program would be: by its name, with its settings in the environment. It runs in a session of its own,
so that Ctrl-C at a terminal reaches ``sycee up`` alone, which then stops everything in order; should
``sycee up`` be killed outright, the kernel tells it to stop.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from sycee.kernel.errors import SyceeError
from sycee.kernel.settings import Settings

STOPPED_WITHIN_S = 10.0
_LOG_LINES_SHOWN = 12
_PR_SET_PDEATHSIG = 1


class ChildProcess:
    """One running program: started with ``start()``, stopped with ``stop()``.

    ``module`` is run with Python; ``called`` is what messages call it, and ``failed`` what is raised when it
    stopped by itself.
    """

    module: str
    called: str
    failed: type[SyceeError]

    def __init__(self, settings: Settings, database_url: str, log: Path) -> None:
        self.settings = settings
        self.log = log
        self._database_url = database_url
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The running process. Only after ``start``."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self.module],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_stop_with_parent,  # noqa: PLW1509 - no other thread runs at this time
            )

    def failure(self) -> str | None:
        """What to say when it has stopped by itself; None while it runs."""
        if self._process is None or self._process.poll() is None:
            return None
        code = self._process.returncode
        return f"{self.called} stopped by itself (exit code {code}); its log is {self.log}"

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

    def _end_of_log(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-_LOG_LINES_SHOWN:])


def _stop_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
