"""How much memory this process and the database's backends take, watched while something runs."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

import psutil

_EVERY_S = 0.25


class PeakMemory:
    """Watches while a block runs; ``mb`` is the most that was seen, in MB.

    Counted are this process and the server's, each without what it shares with others: the shared buffers are
    of fixed size.
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
        total = 0
        for process in (psutil.Process(), *psutil.Process(self._guard).children(recursive=True)):
            try:
                memory = process.memory_info()
            except psutil.NoSuchProcess:
                continue  # it has just ended
            total += memory.rss - memory.shared
        return total / 1e6
