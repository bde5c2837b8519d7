"""What is known of a backup: the catalogue entry that lies beside its data, as JSON.

It is written when the backup is whole, and once more when a restore has proved it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from sycee.ledger import CheckResult

FORMAT = 1


class BackupKind(StrEnum):
    """Whether a backup stands for itself or needs its parent."""

    FULL = "full"
    INCREMENTAL = "incremental"


class BackupState(StrEnum):
    """What is known about whether a bank can be brought back from it."""

    UNVERIFIED = "unverified"
    VERIFIED = "verified"
    FAILED = "failed"


class CellPosition(msgspec.Struct, frozen=True):
    """Where a cell of the restored bank stood."""

    cell: int
    business_date: str
    batch: int
    position: int


class Recovered(msgspec.Struct, frozen=True):
    """How far recovery came: the last position replayed, the last transaction in it, and how long it took."""

    lsn: str
    last_transaction_at: datetime | None
    timeline: int
    restore_s: float
    recovery_s: float


class Proof(msgspec.Struct, frozen=True):
    """What the books of a restored bank proved: every check and every seal.

    ``migrated``: migrations that a throw-away server was brought up by first. ``pending``: migrations that a
    restored bank still lacks, without which its books are not proved yet.
    """

    passed: bool
    took_s: float
    cells: list[CellPosition] = []
    checks: list[CheckResult] = []
    batches: int = 0
    transfers: int = 0
    signed_days: int = 0
    breaks: list[str] = []
    migrated: list[str] = []
    pending: list[str] = []


class Verification(msgspec.Struct, frozen=True):
    """A restore into a throw-away server: when, how far it came, what it proved, or why it failed."""

    at: datetime
    passed: bool
    took_s: float
    recovered: Recovered | None = None
    proof: Proof | None = None
    error: str | None = None


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """A whole backup. Times are the database's own; sizes are bytes.

    A restore can reach any instant from ``ended_at`` on for which there is write-ahead log.
    """

    format: int = FORMAT
    id: str
    kind: BackupKind
    parent: str | None = None
    label: str = ""
    system_identifier: int
    postgresql: str
    timeline: int
    start_lsn: str
    stop_lsn: str
    started_at: datetime
    ended_at: datetime
    took_s: float
    bytes: int
    files: int
    manifest_sha256: str
    user: str
    dbname: str
    verification: Verification | None = None

    @property
    def state(self) -> BackupState:
        """What its last verification says."""
        if self.verification is None:
            return BackupState.UNVERIFIED
        return BackupState.VERIFIED if self.verification.passed else BackupState.FAILED


class Repository(msgspec.Struct, frozen=True):
    """Whose backups a directory holds: a database cluster's, by the identifier that PostgreSQL gave it."""

    format: int
    system_identifier: int
    segment_bytes: int
