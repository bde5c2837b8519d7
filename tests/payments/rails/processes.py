"""Programs of ours in processes of their own, started as anybody would start them."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

PATIENCE_S = 120.0
_TLS = ssl.create_default_context()  # one for all: making it takes longer than asking


class Program:
    """A program of ours in a process of its own, started again as often as it ends."""

    def __init__(self, arguments: list[str], environ: dict[str, str], log: Path) -> None:
        self._arguments, self._environ, self._log = arguments, environ, log
        self.deaths = 0
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self._arguments],
                env=self._environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def keep_alive(self) -> None:
        """Start it anew if it has ended."""
        if self.process.poll() is not None:
            self.deaths += 1
            self.start()

    def kill(self) -> None:
        """End it, and whatever it has started, as a failing machine does."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def said(self) -> str:
        return self._log.read_text(errors="replace")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def simulated_rail(tmp_path: Path) -> Iterator[tuple[Program, str]]:
    """``sycee rail simulate`` at work, and its address."""
    port = free_port()
    config = tmp_path / "rails.json"
    config.write_text(json.dumps({"day": "2026-01-05", "seed": 7}))
    program = Program(
        ["-m", "sycee.main", "rail", "simulate", "--port", str(port), "--data-dir", str(tmp_path / "rails"),
         "--config", str(config)],
        dict(os.environ),
        tmp_path / "rail.log",
    )  # fmt: skip
    try:
        yield program, f"http://127.0.0.1:{port}"
    finally:
        program.kill()


def ask(method: str, url: str, **more: Any) -> httpx.Response:
    """One request on a connection of its own."""
    return httpx.request(method, url, trust_env=False, timeout=30, verify=_TLS, **more)


class Control:
    """What the test tells the rail, waiting while that is dead."""

    def __init__(self, program: Program, url: str) -> None:
        self._program = program
        self._url = url

    def __call__(self, method: str, path: str, **more: Any) -> Any:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            self._program.keep_alive()
            try:
                answer = ask(method, self._url + path, **more)
                assert answer.is_success, answer.text
                return answer.json() if answer.content else None
            except httpx.TransportError:
                assert time.monotonic() < deadline, self._program.said()
                time.sleep(0.05)
