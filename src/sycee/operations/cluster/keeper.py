"""The keeper of a centre on this machine: what systemd is on a real host.

It runs the units of a centre (its etcd member, its Patroni, the bank's API and worker), starts again what
ends, and ends all when it is told to (SIGTERM): in the opposite order, so that PostgreSQL is left by its
clients first, shuts down cleanly and hands its leadership over. SIGHUP makes it read the list of units again:
what is new is started, what is gone is ended, and what has changed is started anew.

Run as a script, with the standard library only, so that the user who runs PostgreSQL needs to read little::

    python -I -S keeper.py FILE

FILE is a JSON list of units in the order of starting: ``{"name", "command", "log", "env"}``.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PID_FILE = "keeper.pid"
"""Where it says who it is, beside its list of units."""

_PAUSE_S, _POLL_S, _PATIENCE_S = 1.0, 0.1, 40.0


class _Unit:
    """One program that is started again when it ends."""

    def __init__(self, said: dict[str, Any]) -> None:
        self.said = said
        self._process: subprocess.Popen[bytes] | None = None
        self._not_before = 0.0

    def keep(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        if time.monotonic() < self._not_before:
            return
        self._not_before = time.monotonic() + _PAUSE_S
        with Path(self.said["log"]).open("ab") as log:
            self._process = subprocess.Popen(
                self.said["command"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env={**os.environ, **self.said["env"]},
            )

    def end(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()


def _reread(file: Path, units: list[_Unit]) -> list[_Unit]:
    wanted = json.loads(file.read_text())
    for unit in reversed(units):
        if unit.said not in wanted:
            unit.end()
    kept = {unit.said["name"]: unit for unit in units if unit.said in wanted}
    return [kept.get(said["name"]) or _Unit(said) for said in wanted]


def _main(file: Path) -> None:
    told: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, _: told.append(number))
    units = _reread(file, [])
    (file.parent / PID_FILE).write_text(str(os.getpid()))
    while True:
        for unit in units:
            unit.keep()
        time.sleep(_POLL_S)
        if signal.SIGTERM in told or signal.SIGINT in told:
            break
        if told:
            told.clear()
            units = _reread(file, units)
    for unit in reversed(units):
        unit.end()


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
