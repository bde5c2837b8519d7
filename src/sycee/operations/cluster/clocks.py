"""A PostgreSQL whose clock can be set wrong, on one machine: libfaketime stands between it and the kernel.

Its server reads from a file how far its clock is off. What measures spans of time (monotonic clocks) is left
alone, as it is on a host whose clock is set; and so are etcd and Patroni, whose leases are such spans.
"""

from __future__ import annotations

import shlex
from pathlib import Path

from sycee.operations.cluster.errors import ClocksShared, FaketimeMissing

_FILE, _FOLDER, _SERVER = "clock", "bin", "postgres"
_LIBRARY = "libfaketime.so.1"
_PLACES = (Path("/usr/lib"), Path("/usr/local/lib"))


def can_set_clocks() -> bool:
    """Whether centres can have clocks of their own here: it takes libfaketime."""
    return _library() is not None


def programs_by_own_clock(files: Path, programs: Path) -> Path:
    """A folder of PostgreSQL's programs, of which the server goes by the clock of a centre.

    Raises FaketimeMissing, saying how to get it.
    """
    library = _library()
    if library is None:
        raise FaketimeMissing("on Debian or Ubuntu: apt-get install libfaketime")
    folder, clock = files / _FOLDER, files / _FILE
    if folder.exists():
        return folder
    folder.mkdir()
    for program in programs.iterdir():
        if program.name != _SERVER:
            (folder / program.name).symlink_to(program)
    clock.write_text("+0")
    server = folder / _SERVER
    server.write_text(
        "#!/bin/sh\n"
        f"export LD_PRELOAD={shlex.quote(str(library))}\n"
        f"export FAKETIME_TIMESTAMP_FILE={shlex.quote(str(clock))}\n"
        "export FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1\n"
        f'exec {shlex.quote(str(programs / _SERVER))} "$@"\n'
    )
    server.chmod(0o755)
    return folder


def set_clock(files: Path, off_s: float) -> None:
    """Let a centre's clock be off by so many seconds. Raises ClocksShared where it has none of its own."""
    file = files / _FILE
    if not file.exists():
        raise ClocksShared("this cluster goes by the machine's clock: drill without --dir, on one of its own")
    fresh = file.with_suffix(".new")
    fresh.write_text(f"{off_s:+f}")
    fresh.chmod(0o644)
    fresh.replace(file)


def _library() -> Path | None:
    return next((path for place in _PLACES for path in place.glob(f"**/faketime/{_LIBRARY}")), None)
