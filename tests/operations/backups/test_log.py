"""Which segments of the log a restore needs: up to one that leads beyond its instant, however they lie."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sycee.operations.backups import Backups, InvalidRestoreTime, parse_time
from sycee.operations.backups.catalogue import Repository
from sycee.operations.backups.wal import Archive, Segment

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def archive(directory: Path) -> Archive:
    (directory / "repository.json").write_bytes(msgspec.json.encode(Repository(1, 7, 16 * 2**20)))
    return Archive(Backups(directory))


@given(
    gaps=st.lists(st.none() | st.integers(0, 3), min_size=1, max_size=12).filter(
        lambda g: any(n is not None for n in g)
    ),
    seconds=st.integers(0, 40),
)
def test_a_restore_takes_the_log_up_to_the_first_end_of_a_transaction_after_its_instant(
    tmp_path_factory: pytest.TempPathFactory, gaps: list[int | None], seconds: int
) -> None:
    made = archive(tmp_path_factory.mktemp("log"))
    segments, ends, at = [], [], NOON
    for number, gap in enumerate(gaps):
        segment = Segment(1, number, Path(f"{number:024X}"), whole=True)
        at += timedelta(seconds=gap or 0)
        segments.append(segment)
        ends.append(None if gap is None else at)
        made._ends[segment.path] = ends[-1]
    to = NOON + timedelta(seconds=seconds)
    beyond = [number for number, end in enumerate(ends) if end is not None and end > to]
    needed = len(segments) if not beyond else beyond[0] + 1
    assert made.until(segments, to) == segments[:needed]


@pytest.mark.parametrize(
    ("lsn", "ending", "name"),
    [
        ("0/3000028", False, "000000010000000000000003"),
        ("0/4000000", False, "000000010000000000000004"),
        ("0/4000000", True, "000000010000000000000003"),
        ("2/FF000001", False, "0000000100000002000000FF"),
        ("3/0", True, "0000000100000002000000FF"),
    ],
)
def test_a_position_lies_in_the_segment_that_postgresql_names(
    tmp_path: Path, lsn: str, ending: bool, name: str
) -> None:
    made = archive(tmp_path)
    assert made.name(1, made.number_of(lsn, ending=ending)) == name
    segment = made.segment(Path(name))
    assert segment is not None
    assert segment.number == made.number_of(lsn, ending=ending)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-22T12:00:00Z", NOON),
        ("2026-11-22T20:00:00+08:00", NOON),
        ("2026-11-22 20:00:00.000001+08:00", NOON + timedelta(microseconds=1)),
    ],
)
def test_an_instant_is_read_with_its_zone(text: str, instant: datetime) -> None:
    assert parse_time(text) == instant


@pytest.mark.parametrize("text", ["2026-11-22T12:00:00", "2026-11-22", "yesterday", "", "12:00Z"])
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(InvalidRestoreTime):
        parse_time(text)
