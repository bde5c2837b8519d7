"""A small process between a backup and a program that starts further ones, as ``pg_basebackup`` does.

It leads a session of its own and holds one end of a pipe. When whoever holds the other is gone, however it
went (SIGKILL too), everything in the session is killed: a receiver left alone would fill a directory that
nobody looks at, and keep the server from removing its log.

Run as a script, isolated and without site packages, hence the standard library only::

    python -I -S guarded.py DESCRIPTOR program argument …
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence

_POLL_S = 0.1


def main(arguments: Sequence[str]) -> int:
    """Run the program until it ends or the lifeline does. Returns its exit code."""
    lifeline = int(arguments[0])
    program = subprocess.Popen(arguments[1:], stdin=subprocess.DEVNULL)
    try:
        ended = os.pidfd_open(program.pid)
    except (AttributeError, OSError):  # an old kernel
        while program.poll() is None and not select.select([lifeline], [], [], _POLL_S)[0]:
            pass
    else:
        select.select([lifeline, ended], [], [])
    if program.poll() is None:
        os.killpg(0, signal.SIGKILL)
    return program.wait()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]) % 256)
