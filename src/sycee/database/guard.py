"""The guard of an embedded server: a small process between Sycee and PostgreSQL.

It starts the server as its own child and holds a pipe whose other end Sycee has. When Sycee is
gone, however it went (SIGKILL too), the pipe ends and the guard shuts the server down; should the
guard itself be killed, the kernel sends the server the same signal. The guard lives in a session
of its own, so that Ctrl-C at a terminal reaches Sycee first and the server only by Sycee's word.

Run as a script, isolated and without site packages, hence the standard library only::

    python -I -S guard.py UID GID postgres -D …     (UID and GID -1: those of the caller)
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1
_FAST_SHUTDOWN, _IMMEDIATE_SHUTDOWN = signal.SIGINT, signal.SIGQUIT
_PATIENCE_S = 60.0
_POLL_S = 0.2


def _die_with_guard() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _FAST_SHUTDOWN)
    # PostgreSQL sets its own handlers, but would inherit that these are ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


# preexec_fn is unsafe beside threads; the guard has none. It runs after the change of user, which would
# undo what it asks of the kernel.
def _start(user: int, group: int, command: Sequence[str]) -> subprocess.Popen[bytes]:
    if user < 0:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_die_with_guard)  # noqa: PLW1509
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        user=user,
        group=group,
        extra_groups=[],
        preexec_fn=_die_with_guard,  # noqa: PLW1509
    )


def _wait_for_either(server: subprocess.Popen[bytes], lifeline: int) -> None:
    """Return when the server has ended, or the other end of the lifeline is closed."""
    try:
        ended = os.pidfd_open(server.pid)
    except (AttributeError, OSError):  # an old kernel
        while server.poll() is None and not select.select([lifeline], [], [], _POLL_S)[0]:
            pass
        return
    select.select([lifeline, ended], [], [])
    os.close(ended)


def main(arguments: Sequence[str]) -> int:
    """Run the server until it ends or the lifeline (standard input) does. Returns its exit code."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    server = _start(int(arguments[0]), int(arguments[1]), arguments[2:])
    _wait_for_either(server, sys.stdin.fileno())
    if server.poll() is None:
        server.send_signal(_FAST_SHUTDOWN)
        try:
            server.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            server.send_signal(_IMMEDIATE_SHUTDOWN)
    return server.wait()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
