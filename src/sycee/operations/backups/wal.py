"""Write-ahead log in the archive: which of it is there without a gap, and how far in time it leads.

The log comes in segments of one size, named by timeline and number. The newest one is received as
``NAME.partial``, filled with zeros up to its size. A stretch is a directory into which a receiver went on
without a gap; the segments of all stretches are looked at as one.

After a failover or a restore the bank lives on a new timeline, which went off an older one at some position;
what is on the older one beyond it was disowned. Only the line of the newest timeline is looked at.
"""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import msgspec

from sycee.database.postgres_programs import binaries, plain_environment
from sycee.operations.backups.catalogue import Backup
from sycee.operations.backups.errors import WalDamaged
from sycee.operations.backups.repository import Backups

PARTIAL = ".partial"
_NAME = re.compile(r"^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})(\.partial)?$")
_LEFT = re.compile(
    r"^\s*(\d+)\s+([0-9A-F]+/[0-9A-F]+)"
)  # a line of a history: a timeline, and where it was left
_HISTORY = re.compile(r"^[0-9A-F]{8}\.history$")
# Of the first page of a segment: magic, info, timeline, address, remainder, padding, system, segment size.
_LONG_HEADER = struct.Struct("=HHIQI4xQI")
_LONG_HEADER_FLAG = 0x0002
# The end of a transaction, and its time; recovery compares that with the time it is to stop at.
_ENDED = re.compile(
    rb"desc: (?:COMMIT|ABORT)(?:_PREPARED)? (?:\d+: )?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+) UTC"
)


class Segment(msgspec.Struct, frozen=True):
    """A segment in the archive; not ``whole`` while it is still being received."""

    timeline: int
    number: int
    path: Path
    whole: bool

    @property
    def name(self) -> str:
        """Its name without the mark of one that is not whole."""
        return self.path.name.removesuffix(PARTIAL)


class Reach(msgspec.Struct, frozen=True):
    """How far the archive leads on from a backup.

    ``latest``: the end of the last transaction that can be replayed, if there is one after the backup.
    ``missing``: the first segment that is not there although later ones are.
    """

    segments: list[Segment]
    latest: datetime | None
    missing: str | None


class Archive:
    """The write-ahead log that was received from a bank, as it is on disk at this moment."""

    def __init__(self, backups: Backups) -> None:
        repository = backups.repository()
        self._backups = backups
        self._system = repository.system_identifier
        self._segment_bytes = repository.segment_bytes
        self._ends: dict[Path, datetime | None] = {}

    @cached_property
    def segments(self) -> dict[int, list[Segment]]:
        """By number, each on every timeline it is there on, of which the newest is last."""
        found: dict[str, Segment] = {}
        for path in sorted(self._backups.wal.glob("*/*")):
            if (segment := self.segment(path)) is None or self._is_being_made(segment):
                continue
            if segment.name not in found or not found[segment.name].whole:
                found[segment.name] = segment
        by_number: dict[int, list[Segment]] = {}
        for name in sorted(found):
            if self._is_of_the_line(found[name]):
                by_number.setdefault(found[name].number, []).append(found[name])
        return by_number

    @cached_property
    def left_at(self) -> dict[int, int]:
        """Of every older timeline of the bank's line, the number of the segment in which it was left."""
        if not self.histories:
            return {}
        newest = max(self.histories, key=lambda path: path.name)
        left = (_LEFT.match(line) for line in newest.read_text().splitlines())
        return {int(one[1]): self.number_of(one[2]) for one in left if one}

    def is_of_the_line(self, backup: Backup) -> bool:
        """Whether the bank as it lives now came from a backup, rather than went off before it was taken."""
        left_at = self.left_at.get(backup.timeline)
        newest = max((int(path.name[:8], 16) for path in self.histories), default=backup.timeline)
        if left_at is None:
            return backup.timeline >= newest
        return self.number_of(backup.stop_lsn, ending=True) <= left_at

    def _is_of_the_line(self, segment: Segment) -> bool:
        if segment.timeline in self.left_at:
            return segment.number <= self.left_at[segment.timeline]
        newest = max((int(path.name[:8], 16) for path in self.histories), default=segment.timeline)
        return segment.timeline >= newest

    @property
    def histories(self) -> list[Path]:
        """The files that say which timeline went off which, and where."""
        return [path for path in sorted(self._backups.wal.glob("*/*")) if _HISTORY.match(path.name)]

    def _is_being_made(self, segment: Segment) -> bool:
        return not segment.whole and segment.path.stat().st_size < self._segment_bytes

    def segment(self, path: Path) -> Segment | None:
        """What a file in the archive is; None for what is no segment."""
        match = _NAME.match(path.name)
        if match is None:
            return None
        per_log = 2**32 // self._segment_bytes
        number = int(match[2], 16) * per_log + int(match[3], 16)
        return Segment(int(match[1], 16), number, path, match[4] is None)

    def name(self, timeline: int, number: int) -> str:
        """The name of a segment."""
        per_log = 2**32 // self._segment_bytes
        return f"{timeline:08X}{number // per_log:08X}{number % per_log:08X}"

    def number_of(self, lsn: str, *, ending: bool = False) -> int:
        """The number of the segment that a position lies in; of an end, the one of the byte before it."""
        high, _, low = lsn.partition("/")
        return ((int(high, 16) << 32 | int(low, 16)) - ending) // self._segment_bytes

    def reach(self, backup: Backup) -> Reach:
        """How far a backup can be brought: the segments after it, up to the first gap."""
        if not self.is_of_the_line(backup):
            return Reach([], None, None)
        number = self.number_of(backup.stop_lsn, ending=True)
        found = list(self.segments.get(number, []))  # the backup has what is needed of this one
        while number + 1 in self.segments:
            number += 1
            found += self.segments[number]
        beyond = any(other > number for other in self.segments)
        missing = self.name(backup.timeline, number + 1) if beyond else None
        return Reach(found, self._latest(found, backup.ended_at), missing)

    def until(self, segments: Sequence[Segment], to: datetime) -> list[Segment]:
        """The segments up to one that holds the end of a transaction after ``to``: what a restore needs."""
        low, high = 0, len(segments) - 1
        while low < high:  # some have no end of a transaction in them: those are passed over afterwards
            middle = (low + high) // 2
            at = next((i for i in range(middle, high) if self._end(segments[i]) is not None), high)
            if at < high and not self._leads_beyond(segments[at], to):
                low = at + 1
            else:
                high = middle
        while low < len(segments) - 1 and not self._leads_beyond(segments[low], to):
            low += 1
        return list(segments[: low + 1])

    def check(self, segments: Iterable[Segment]) -> None:
        """Make sure that each segment is this database's and holds what its name says. Raises WalDamaged."""
        for segment in segments:
            with segment.path.open("rb") as file:
                header = file.read(_LONG_HEADER.size)
            size = segment.path.stat().st_size
            if size != self._segment_bytes or len(header) < _LONG_HEADER.size:
                raise WalDamaged(f"{segment.path} has {size} bytes, not {self._segment_bytes}")
            _, info, _, address, _, system, _ = _LONG_HEADER.unpack(header)
            if not any(header) and not segment.whole:
                continue  # made, and nothing received yet
            if system != self._system and info & _LONG_HEADER_FLAG:
                raise WalDamaged(f"{segment.path} is of database {system}, not {self._system}")
            if not info & _LONG_HEADER_FLAG or address != segment.number * self._segment_bytes:
                raise WalDamaged(f"{segment.path} does not hold the write-ahead log that its name says")

    def _latest(self, segments: Sequence[Segment], after: datetime) -> datetime | None:
        for segment in reversed(segments):
            if (found := self._end(segment)) is not None:
                return found if found > after else None
        return None

    def _leads_beyond(self, segment: Segment, to: datetime) -> bool:
        end = self._end(segment)
        return end is not None and end > to

    def _end(self, segment: Segment) -> datetime | None:
        if segment.path not in self._ends:
            self._ends[segment.path] = last_end_of_transaction(segment)
        return self._ends[segment.path]


def last_end_of_transaction(segment: Segment) -> datetime | None:
    """When the last transaction of a segment committed or was rolled back, by the database's clock."""
    with tempfile.TemporaryDirectory(prefix="sycee-wal-") as directory:
        place = Path(directory) / segment.name
        if segment.whole:
            place.symlink_to(segment.path)
        else:  # whoever writes to it goes on meanwhile; only whole records count
            shutil.copyfile(segment.path, place)
        # It ends with an error where the log does; what it said up to there is what there is.
        said = subprocess.run(
            [binaries() / "pg_waldump", "--rmgr=Transaction", f"--path={directory}", place.name],
            env={**plain_environment(), "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        ).stdout
    ended = _ENDED.findall(said)
    return datetime.fromisoformat(ended[-1].decode()).replace(tzinfo=UTC) if ended else None
