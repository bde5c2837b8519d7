"""Running PostgreSQL's programs for backups: as whoever asks, and gone when that process is.

They are clients and tools on files, so they run as root too, and what they write belongs to the caller
alone: the user that the database runs under cannot reach its own backups.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from sycee.database.postgres_programs import binaries, plain_environment
from sycee.kernel.errors import SyceeError
from sycee.operations.backups import guarded

_PR_SET_PDEATHSIG = 1
_LINES_SHOWN = 4


def start_program(
    name: str, *arguments: str | Path, secrets: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Start one of PostgreSQL's programs; ``secrets`` go into its environment, where no list shows them."""
    return _popen([str(binaries() / name), *map(str, arguments)], secrets)


def run_program(
    name: str, *arguments: str | Path, failed: type[SyceeError], secrets: Mapping[str, str] | None = None
) -> str:
    """Run one of PostgreSQL's programs, and what it starts, to the end and return what it says.

    Raises ``failed`` with its reason.
    """
    theirs, ours = os.pipe()
    command = [sys.executable, "-I", "-S", guarded.__file__, str(theirs), str(binaries() / name)]
    try:
        process = _popen([*command, *map(str, arguments)], secrets, theirs)
        os.close(theirs)
        said, complaint = process.communicate()
    finally:
        os.close(ours)
    if process.returncode:
        raise failed(f"{name}: {last_words(complaint)}")
    return said


def end(process: subprocess.Popen[str], patience_s: float = 10.0) -> None:
    """End a program, gently first; harmless when it has ended."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def last_words(complaint: str) -> str:
    """The last lines of what a program wrote to its standard error, in one."""
    lines = [line.strip() for line in complaint.splitlines() if line.strip()]
    return "; ".join(lines[-_LINES_SHOWN:]) or "it ended without a word"


def _popen(command: Sequence[str], secrets: Mapping[str, str] | None, *kept: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        env={**plain_environment(), "TZ": "UTC", **(secrets or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        umask=0o077,
        pass_fds=kept,
        start_new_session=bool(kept),
        preexec_fn=None if kept else _end_with_parent,  # noqa: PLW1509 - no other thread runs here
    )


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
