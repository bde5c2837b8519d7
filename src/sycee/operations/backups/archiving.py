"""Continuous archiving: write-ahead log is received as it is written, by PostgreSQL's ``pg_receivewal``.

The receiver has a replication slot, so the server keeps what was not received yet. It is started anew when
the database was away, and where the database lies is asked for each time: an embedded one may come back
behind another socket. Every few seconds a mark is committed, so that the log of an idle bank, too, says how
late it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from sycee.database import DatabaseUnavailable
from sycee.operations.backups.errors import ArchivingStopped
from sycee.operations.backups.programs import end, last_words, start_program
from sycee.operations.backups.repository import Backups, stamp
from sycee.operations.backups.source import Source

SLOT = "sycee_backup"
LOCK = "wal.lock"
HEARTBEAT_S = 5.0
_LOOK_EVERY_S = 0.2
_AGAIN_AFTER_S = 1.0
# What pg_receivewal says when waiting does not help; its words do not change with the caller's language.
_FOR_GOOD = ("has already been removed", "is not in this server's history", "can no longer get changes")
Say = Callable[[str], None]


class Archiving(msgspec.Struct):
    """Where the log comes from and goes to. ``find`` says where the database is now, or None."""

    backups: Backups
    find: Callable[[], str | None]
    slot: str = SLOT
    say: Say = lambda _step: None

    def run(self, *, new_stretch: bool = False) -> None:
        """Receive until interrupted, across restarts of the database.

        ``new_stretch``: begin at what the server has now, and leave a gap to what was received before.
        Raises ArchivingStopped when log is gone that was not received, BackupsBusy, BackupsOfAnotherBank.
        """
        waiting = False
        with self.backups.locked(LOCK):
            while True:
                try:
                    source = self._source()
                    stretch = self._prepare(source, new=new_stretch)
                    new_stretch = waiting = False
                    self._receive(source, stretch)
                except DatabaseUnavailable as error:
                    if not waiting:
                        self.say(f"not receiving, and trying again: {error.detail}")
                    waiting = True
                time.sleep(_AGAIN_AFTER_S)

    def _source(self) -> Source:
        if (url := self.find()) is None:
            raise DatabaseUnavailable("it does not run")
        return Source(url)

    def _prepare(self, source: Source, *, new: bool) -> Path:
        """The directory to receive into, and a slot that keeps what is to be received."""
        self.backups.require(source.identify())
        stretches = sorted(self.backups.wal.iterdir())
        with source.connection() as connection:
            if new:
                connection.execute(
                    "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
                    " WHERE slot_name = %s AND NOT active",
                    (self.slot,),
                )
            connection.execute(
                "SELECT pg_create_physical_replication_slot(%(slot)s, true)"
                " WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = %(slot)s)",
                {"slot": self.slot},
            )
        if stretches and not new:
            return stretches[-1]
        made = self.backups.wal / stamp(source.now())
        made.mkdir(mode=0o700)
        return made

    def _receive(self, source: Source, stretch: Path) -> None:
        """Receive until the connection ends. Raises ArchivingStopped, DatabaseUnavailable."""
        process = start_program(
            "pg_receivewal",
            f"--dbname={source.conninfo}",
            f"--directory={stretch}",
            f"--slot={self.slot}",
            "--synchronous",
            "--no-loop",
            "--no-password",
            secrets=source.secrets,
        )
        self.say(f"receiving write-ahead log into {stretch}")
        try:
            due = time.monotonic()
            while process.poll() is None:
                if time.monotonic() >= due:
                    due += HEARTBEAT_S
                    mark_time(source)
                time.sleep(_LOOK_EVERY_S)
        finally:
            end(process)
            complaint = process.communicate()[1]
        if any(sign in complaint for sign in _FOR_GOOD):
            raise ArchivingStopped(
                f"the server no longer has what comes after {stretch}: {last_words(complaint)}",
                hint="`sycee backup archive --new-stretch` begins anew; take a backup then, for only with one"
                " does the new log lead anywhere",
            )
        raise DatabaseUnavailable(last_words(complaint))


def mark_time(source: Source) -> None:
    """Commit a mark, which changes nothing but says in the log what time it is."""
    with source.connection() as connection:
        connection.execute("SELECT pg_logical_emit_message(true, 'sycee', 'backup')")
