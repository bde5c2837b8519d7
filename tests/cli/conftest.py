"""The command line as people use it, in this process or one of its own, and a bank that it started."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from io import BytesIO, TextIOWrapper
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


def sycee(data_dir: Path, *arguments: str) -> Said:
    """Run one command to its end in this process: a process of its own takes a second to begin."""
    out, err = (TextIOWrapper(BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with pytest.MonkeyPatch.context() as patched, redirect_stdout(out), redirect_stderr(err):
        for name in os.environ:
            if name.startswith("SYCEE_"):
                patched.delenv(name)
        patched.setenv("SYCEE_DATA_DIR", str(data_dir))
        with ThreadPoolExecutor(1) as thread:  # beside the event loop that an async test has here
            code = thread.submit(execute, arguments).result()
    return Said(code, *(text.buffer.getvalue().decode() for text in (out, err)))


def sycee_alone(data_dir: Path, *arguments: str) -> Said:
    """Run one command to its end in a process of its own."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        env=environment(data_dir),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session", name="sycee")
def _sycee() -> Callable[..., Said]:
    """Runs one command to its end, in this process."""
    return sycee


@pytest.fixture(scope="session", name="sycee_alone")
def _sycee_alone() -> Callable[..., Said]:
    """Runs one command to its end, in a process of its own."""
    return sycee_alone


@pytest.fixture(scope="session", name="start_up")
def _start_up() -> Callable[..., Up]:
    """Starts ``sycee up``; whoever does stops it."""
    return start_up


def copied(data_dir: Path, to: Path) -> None:
    """Copy the data of a bank that has been stopped; its files belong to whom they belonged to."""
    subprocess.run(["cp", "--archive", f"{data_dir}/.", str(to)], check=True)


@pytest.fixture(scope="session")
def begun() -> Iterator[Path]:
    """The data of a bank that was started once and stopped: to be copied, for making it takes long."""
    directory = Path(tempfile.mkdtemp(prefix="sycee-test-"))
    up = start_up(directory)
    try:
        up.wait_until_ready()
        up.stop()
        yield directory
    finally:
        if up.process.poll() is None:
            up.stop()
        shutil.rmtree(directory, ignore_errors=True)
        up.output.unlink(missing_ok=True)


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
def say(running: Up) -> Say:
    """Runs a command line against the running demo bank, in this process."""
    return lambda *arguments: sycee(running.data_dir, *map(str, arguments))
