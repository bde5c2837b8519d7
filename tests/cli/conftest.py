"""The command line as people use it: processes of its own, and a bank that it started."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sycee.cli import execute
from sycee.cli.api_process import free_port

COMMAND = [sys.executable, "-m", "sycee.main"]
READY_WITHIN_S = 90.0


def environment(data_dir: Path) -> dict[str, str]:
    """The caller's environment with nothing of Sycee in it but the data directory."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SYCEE_")}
    return {**environ, "SYCEE_DATA_DIR": str(data_dir)}


class Up(msgspec.Struct):
    """A running ``sycee up``."""

    data_dir: Path
    port: int
    process: subprocess.Popen[str]
    output: Path

    @property
    def text(self) -> str:
        """What it has said so far."""
        return self.output.read_text()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while "stop with Ctrl-C" not in self.text:
            assert self.process.poll() is None, self.text
            assert time.monotonic() < deadline, self.text
            time.sleep(0.05)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Send the signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(30)


def start_up(data_dir: Path, *options: str, port: int | None = None) -> Up:
    """Start ``sycee up`` on a free port; what it says goes to a file."""
    chosen = port or free_port("127.0.0.1")
    output = data_dir.with_name(f"{data_dir.name}.{chosen}.out")
    with output.open("w") as file:
        process = subprocess.Popen(
            [*COMMAND, "up", "--port", str(chosen), *options],
            env=environment(data_dir),
            stdout=file,
            stderr=subprocess.STDOUT,
            text=True,
        )
    return Up(data_dir, chosen, process, output)


class Said(msgspec.Struct):
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its output as JSON."""
        return msgspec.json.decode(self.out)


Say = Callable[..., Said]


def sycee(data_dir: Path, *arguments: str, cwd: Path | None = None, timeout_s: float = 120.0) -> Said:
    """Run one command to its end."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        env=environment(data_dir),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session", name="sycee")
def _sycee() -> Callable[..., Said]:
    """Runs one command to its end."""
    return sycee


@pytest.fixture(scope="session", name="start_up")
def _start_up() -> Callable[..., Up]:
    """Starts ``sycee up``; whoever does stops it."""
    return start_up


@pytest.fixture(scope="session")
def running() -> Iterator[Up]:
    """The test process's own bank, with the demo in it."""
    directory = Path(tempfile.mkdtemp(prefix="sycee-test-"))
    up = start_up(directory, "--demo")
    try:
        up.wait_until_ready()
        yield up
    finally:
        if up.process.poll() is None:
            up.stop()
        shutil.rmtree(directory, ignore_errors=True)
        up.output.unlink(missing_ok=True)


@pytest.fixture
def say(running: Up, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Say:
    """Runs a command line against the running demo bank, in this process."""
    for name in os.environ:
        if name.startswith("SYCEE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SYCEE_DATA_DIR", str(running.data_dir))

    def said(*arguments: object) -> Said:
        code = execute([str(argument) for argument in arguments])
        return Said(code, *capsys.readouterr())

    return said
