"""The directory that holds a bank's backups, and what may be done to it by whom at once.

::

    repository.json      whose backups these are
    base/ID/data/        a base backup as PostgreSQL wrote it, with its manifest
    base/ID/backup.json  its catalogue entry; only what has one, under a final name, counts as a backup
    base/ID.part/        one that is being taken, or was when its process ended
    wal/START/           write-ahead log as it was received, without a gap from START on
    scratch/             throw-away servers, while they run
    lock, wal.lock       held by who takes, proves or removes backups; by who receives write-ahead log

Everything is closed to other users: a backup holds all that the bank knows.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from sycee.operations.backups.catalogue import FORMAT, Backup, BackupState, Repository
from sycee.operations.backups.errors import (
    BackupDamaged,
    BackupNotFound,
    BackupsBusy,
    BackupsOfAnotherBank,
    NoBackups,
)
from sycee.operations.backups.source import Identity

PART = ".part"
GONE = ".gone"
_ENTRY = "backup.json"


class Backups:
    """The backups in a directory."""

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().absolute()
        self.base = self.root / "base"
        self.wal = self.root / "wal"
        self.scratch = self.root / "scratch"

    def repository(self) -> Repository:
        """Whose backups these are. Raises NoBackups, BackupDamaged."""
        path = self.root / "repository.json"
        try:
            found = msgspec.json.decode(path.read_bytes(), type=Repository)
        except FileNotFoundError:
            raise NoBackups(
                f"there are no backups in {self.root}",
                hint="`sycee backup create` takes one; --backups or SYCEE_BACKUP_DIR names another place",
            ) from None
        except msgspec.MsgspecError as error:
            raise BackupDamaged(f"{path} cannot be read: {error}") from error
        if found.format > FORMAT:
            raise BackupDamaged(f"{path} was written by a later version of Sycee (format {found.format})")
        return found

    def require(self, identity: Identity) -> Repository:
        """Make this the repository of a database, or make sure that it is. Raises BackupsOfAnotherBank."""
        try:
            found = self.repository()
        except NoBackups:
            for directory in (self.root, self.base, self.wal):
                directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            found = Repository(FORMAT, identity.system_identifier, identity.segment_bytes)
            write_whole(self.root / "repository.json", msgspec.json.encode(found))
            return found
        if found.system_identifier != identity.system_identifier:
            raise BackupsOfAnotherBank(
                f"{self.root} holds backups of database {found.system_identifier},"
                f" and this is {identity.system_identifier}",
                hint="--backups names another directory",
            )
        return found

    @contextmanager
    def locked(self, name: str = "lock") -> Iterator[None]:
        """Work on the backups alone, in a directory that is there. Raises BackupsBusy."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.root / name).open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                raise BackupsBusy(f"process {file.read().strip()} holds {self.root / name}") from None
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def is_locked(self, name: str) -> bool:
        """Whether some process holds a lock."""
        try:
            with (self.root / name).open("r") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def every(self) -> list[Backup]:
        """Every whole backup, the oldest first. Raises NoBackups, BackupDamaged."""
        self.repository()
        names = [path.parent.name for path in self.base.glob(f"*/{_ENTRY}") if _is_final(path.parent.name)]
        return [self._read(name) for name in sorted(names)]

    def get(self, backup: str) -> Backup:
        """A whole backup by its id. Raises NoBackups, BackupNotFound, BackupDamaged."""
        self.repository()
        if "/" in backup or not _is_final(backup) or not (self.base / backup / _ENTRY).exists():
            raise BackupNotFound(
                f"there is no backup {backup!r} in {self.root}", hint="`sycee backup list` shows them"
            )
        return self._read(backup)

    def newest(self) -> Backup:
        """The newest backup that has not failed its proof. Raises NoBackups, BackupNotFound."""
        usable = [one for one in self.every() if one.state is not BackupState.FAILED]
        if not usable:
            raise BackupNotFound(f"there is no usable backup in {self.root}")
        return usable[-1]

    def chain(self, backup: Backup) -> list[Backup]:
        """A backup with all that it needs: the full one first, itself last.

        Raises BackupDamaged, BackupsOfAnotherBank.
        """
        found = [backup]
        while (parent := found[0].parent) is not None:
            try:
                found.insert(0, self.get(parent))
            except BackupNotFound as error:
                raise BackupDamaged(f"{found[0].id} needs {parent}, which is not there") from error
        system = self.repository().system_identifier
        if foreign := [one.id for one in found if one.system_identifier != system]:
            raise BackupsOfAnotherBank(f"{foreign[0]} is no backup of database {system}")
        return found

    def data(self, backup: Backup) -> Path:
        """The directory of a backup's data."""
        return self.base / backup.id / "data"

    def unfinished(self) -> Sequence[Path]:
        """What is left of backups that were never finished, or of whose removal was not."""
        return sorted(path for path in self.base.glob("*") if not _is_final(path.name))

    def keep(self, backup: Backup, directory: Path | None = None) -> None:
        """Write a backup's catalogue entry, whole or not at all."""
        place = directory or self.base / backup.id
        write_whole(place / _ENTRY, msgspec.json.format(msgspec.json.encode(backup), indent=2))

    def remove(self, path: Path) -> None:
        """Remove a backup's directory: from the list at once, its files then."""
        if _is_final(path.name):
            path = path.rename(path.with_name(path.name + GONE))
        shutil.rmtree(path)

    def _read(self, name: str) -> Backup:
        path = self.base / name / _ENTRY
        try:
            found = msgspec.json.decode(path.read_bytes(), type=Backup)
        except (OSError, msgspec.MsgspecError) as error:
            raise BackupDamaged(f"{path} cannot be read: {error}") from error
        if found.id != name:
            raise BackupDamaged(f"{path} is the entry of {found.id}")
        return found


def _is_final(name: str) -> bool:
    return not name.endswith((PART, GONE))


def stamp(at: datetime) -> str:
    """An instant as a name that sorts."""
    at = at.astimezone(UTC)
    return f"{at:%Y%m%dT%H%M%S}.{at.microsecond // 1000:03d}Z"


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that whoever reads it, after a crash too, finds the old content or the new."""
    beside = path.with_name(path.name + ".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make renames in a directory last."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def size_of(directory: Path) -> tuple[int, int]:
    """The bytes and the number of the files below a directory."""
    sizes = [path.stat().st_size for path in directory.rglob("*") if path.is_file()]
    return sum(sizes), len(sizes)
