"""Where the tests keep their files: in memory where there is room for it; and compiled modules somewhere.

A test's database is a copy of some nine hundred files. On a disk that takes a second or two, in memory less
than a tenth of one; what the tests prove is the same, since their servers do not wait for the disk anyway.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import psutil

_MEMORY = Path("/dev/shm")  # noqa: S108 - tempfile makes the directories in it
_NEEDED = 4 * 2**30
_BYTECODE = Path(__file__).parents[1] / ".pytest_cache" / "bytecode"


def use_memory() -> None:
    """Let this process, and those it starts, make their temporary files in memory; TMPDIR overrules it."""
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK):
        return
    if min(shutil.disk_usage(_MEMORY).free, psutil.virtual_memory().available) >= _NEEDED:
        os.environ["TMPDIR"] = str(_MEMORY)
        tempfile.tempdir = None


def keep_bytecode() -> None:
    """Let compiled modules be kept where nothing else is, if the environment wants none beside the sources.

    Otherwise each of the hundreds of processes that tests start compiles all that it imports: three seconds
    of a processor instead of one.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = str(_BYTECODE)
        sys.dont_write_bytecode = False
