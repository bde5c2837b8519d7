"""The data directory of an embedded server: who holds it, and whether a server runs on it.

Two things guard it: a lock that the starting process holds as long as it lives, and a look at the
processes that work in the cluster's directory, which also finds servers that somebody started by hand.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psutil

from sycee.kernel.errors import Conflict

SUPERUSER = DATABASE = "sycee"


class DataDirectoryInUse(Conflict):
    """Another server is running on this data directory"""

    code = "data_directory_in_use"


class DataDirectoryFromOtherVersion(Conflict):
    """The data directory was made by another major version of PostgreSQL"""

    code = "data_directory_from_other_version"


def running_url(data_dir: Path, dbname: str = DATABASE) -> str | None:
    """The URL of a server that runs on a data directory already, started by another process; or None."""
    cluster = data_dir.expanduser().absolute() / "postgres"
    if postmaster_status(cluster) != "ready" or not servers_on(cluster):
        return None
    lines = (cluster / "postmaster.pid").read_text().splitlines()
    return socket_url(Path(lines[4]), int(lines[3]), dbname)


def socket_url(socket_dir: Path, port: int, dbname: str, user: str = SUPERUSER) -> str:
    """The URL of a database behind a Unix socket."""
    host = quote(str(socket_dir), safe="")
    return f"postgresql://{quote(user, safe='')}@/{quote(dbname, safe='')}?host={host}&port={port}"


def take_lock(path: Path) -> IO[str]:
    """Hold a lock file for as long as the answer stays open. Raises DataDirectoryInUse naming the holder."""
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip() or "another process"
        file.close()
        raise DataDirectoryInUse(f"process {holder} runs a server on {path.parent} already") from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def postmaster_status(cluster: Path) -> str:
    """The last line of the pid file: "starting", "ready", "stopping"; empty when there is none."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except OSError:
        return ""
    return lines[7].strip() if len(lines) > 7 else ""


def servers_on(cluster: Path) -> list[int]:
    """Processes of any PostgreSQL server whose data directory this is: they all work in it."""
    place = str(cluster.resolve())
    return [
        process.pid
        for process in psutil.process_iter(["name", "cwd"])
        if process.info["name"] == "postgres" and process.info["cwd"] == place
    ]
