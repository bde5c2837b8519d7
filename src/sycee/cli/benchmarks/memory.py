"""How much memory this process and the database's backends take, watched while something runs."""

from __future__ import annotations

import os
import threading
from types import TracebackType
from typing import Self

import psutil

_EVERY_S = 0.25


class PeakMemory:
    """Watches while a block runs; ``mb`` is the most that was seen, in MB.

    Counted are this process (resident) and, of the server's backends, what is theirs alone: shared buffers
    are the server's and of fixed size.
    """

    def __init__(self, guard_pid: int) -> None:
        self.mb = 0.0
        self._guard = guard_pid
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self.mb = max(self.mb, self._now())
            if self._stop.wait(_EVERY_S):
                return

    def _now(self) -> float:
        total = psutil.Process(os.getpid()).memory_info().rss
        for backend in psutil.Process(self._guard).children(recursive=True):
            try:
                total += backend.memory_full_info().uss
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue  # it has just ended
        return float(total) / 1e6
