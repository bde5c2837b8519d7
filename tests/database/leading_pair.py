"""Two real servers: one that leads, one that follows it as a synchronous standby and can take over."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg.conninfo import conninfo_to_dict

from sycee.database import EmbeddedServer, migrations
from sycee.database.postgres_programs import binaries

# No machine dies here, only servers: what they wrote need not have reached a disk.
_SETTINGS = {
    "fsync": "off",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "huge_pages": "off",
    "max_connections": "80",
}
_FOLLOWS_WITHIN_S = 30.0


class LeadingPair:
    """``leader`` and ``follower``, until ``promote`` makes the follower lead. ``url`` names both.

    A commit is answered when both have it: what is acknowledged outlives the leader.
    """

    def __init__(self, directory: Path, *, migrated: bool = True) -> None:
        self._migrated = migrated
        self.leader = EmbeddedServer(directory / "a", settings=_SETTINGS)
        self.follower = EmbeddedServer(directory / "b", settings=_SETTINGS)

    def __enter__(self) -> Self:
        self.leader.start()
        try:
            if self._migrated:
                migrations.upgrade(self.leader.url())
            self._copy()
            self.follower.start()
            _alter(self.leader, "ALTER SYSTEM SET synchronous_standby_names = '*'")
            self._wait_until_synchronous()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop both, in whatever state they are."""
        self.leader.kill()
        self.follower.kill()

    @property
    def url(self) -> str:
        """Both servers, by their sockets; the leader comes first."""
        return self.url_of(_directory(self.leader), _directory(self.follower))

    @staticmethod
    def url_of(*hosts: str, ports: str = "5432") -> str:
        """A URL that names hosts."""
        return f"host={','.join(hosts)} port={ports} user=sycee dbname=sycee"

    @property
    def sockets(self) -> list[Path]:
        """The sockets of the leader and of the follower."""
        return [Path(_directory(one)) / ".s.PGSQL.5432" for one in (self.leader, self.follower)]

    def kill(self) -> None:
        """SIGKILL every process of the leader at once."""
        self.leader.kill()

    def promote(self) -> None:
        """Let the follower lead, and wait until it does. It waits for no other standby from then on."""
        _alter(self.follower, "ALTER SYSTEM SET synchronous_standby_names = ''", "SELECT pg_promote()")

    def demote(self) -> None:
        """Let the leader refuse writes, as one does that has lost its lead and still answers."""
        _alter(self.leader, "ALTER SYSTEM SET default_transaction_read_only = on")

    def _copy(self) -> None:
        self.follower.data_dir.mkdir()
        command = [str(binaries() / "pg_basebackup"), "--write-recovery-conf", "--checkpoint=fast"]
        subprocess.run(
            [*command, "--pgdata", str(self.follower.cluster)],
            env=self.leader.tool_environment(),
            check=True,
            capture_output=True,
        )

    def _wait_until_synchronous(self) -> None:
        with psycopg.connect(self.leader.url(), autocommit=True) as connection:
            for _ in range(int(_FOLLOWS_WITHIN_S / 0.1)):
                found = connection.execute("SELECT sync_state FROM pg_stat_replication").fetchall()
                if found == [("sync",)]:
                    return
                connection.execute("SELECT pg_sleep(0.1)")
        raise AssertionError(f"no standby follows: {self.follower.log.read_text()[-2000:]}")


def _alter(server: EmbeddedServer, *statements: str) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        for statement in (*statements, "SELECT pg_reload_conf()"):
            connection.execute(statement.encode())


def _directory(server: EmbeddedServer) -> str:
    return str(conninfo_to_dict(server.url())["host"])


class Line:
    """A relay on a port of 127.0.0.1 to a socket, which can fall silent without hanging up."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._flows = asyncio.Event()
        self._flows.set()
        self._relays: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for relay in self._relays:
            relay.cancel()
        await asyncio.gather(*self._relays, return_exceptions=True)

    def fall_silent(self) -> None:
        """Forward nothing any more, on old connections and new ones, and close none."""
        self._flows.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._relays.add(task)
        try:
            there, back = await asyncio.open_unix_connection(str(self._target))
            await asyncio.gather(self._relay(reader, back), self._relay(there, writer))
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._relays.discard(task)

    async def _relay(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                await self._flows.wait()
                target.write(data)
                await target.drain()
        finally:
            target.close()
