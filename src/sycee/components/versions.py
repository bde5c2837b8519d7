"""Effective-dated definitions: an id has versions, each in force from a day until before another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Generic, Literal, TypeVar

import msgspec

from sycee.components.errors import Fault
from sycee.components.origins import Origin

D = TypeVar("D")

FIRST_YEAR, LAST_YEAR = 1900, 2999
"""The years in which a version may begin and end."""


ListName = Literal["conditions", "products", "packages"]


class NewEnding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An end to be: the version of ``id`` that began on ``valid_from`` holds until before ``valid_to``.

    Without ``valid_from`` it is the version in force on the day before. ``list`` is the list of a document
    that holds such definitions.
    """

    list: ListName
    id: str
    valid_to: date = msgspec.field(name="to")
    valid_from: date | None = msgspec.field(name="from", default=None)


class Ending(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The end of a version: that of ``id`` which began on ``valid_from`` holds until before ``valid_to``."""

    list: ListName
    id: str
    valid_from: date = msgspec.field(name="from")
    valid_to: date = msgspec.field(name="to")


class Version(msgspec.Struct, Generic[D], frozen=True):
    """A definition with the days of its force and where it stands."""

    value: D
    valid_from: date
    valid_to: date | None
    origin: Origin

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on that day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


class Shelf(Generic[D]):
    """Every version of every id of one sort of definition."""

    def __init__(self) -> None:
        self._versions: dict[str, list[Version[D]]] = {}

    def put(self, id: str, version: Version[D]) -> None:
        """Add a version."""
        self._versions.setdefault(id, []).append(version)

    def __contains__(self, id: object) -> bool:
        return id in self._versions

    def __len__(self) -> int:
        return len(self._versions)

    def __iter__(self) -> Iterator[str]:
        return iter(self._versions)

    def versions(self, id: str) -> list[Version[D]]:
        """The versions of an id, earliest first once they are sorted; none for an unknown id."""
        return self._versions.get(id, [])

    def on(self, id: str, day: date) -> Version[D] | None:
        """The version in force on a day."""
        for version in self._versions.get(id, ()):
            if version.holds_on(day):
                return version
        return None

    def latest(self, id: str) -> Version[D]:
        """The version that began last."""
        return self._versions[id][-1]

    def sort(self) -> list[Fault]:
        """Put versions in order of time; returns a fault for each that ends before it begins, or overlaps."""
        faults: list[Fault] = []
        for id, versions in self._versions.items():
            if len(versions) > 1:
                versions.sort(key=lambda version: version.valid_from)
            before: Version[D] | None = None
            for version in versions:
                for field, day in (("from", version.valid_from), ("to", version.valid_to)):
                    if day is not None and not FIRST_YEAR <= day.year <= LAST_YEAR:
                        message = f"{id}: a year from {FIRST_YEAR} to {LAST_YEAR} is expected, not {day}"
                        faults.append(_fault(version, field, "invalid_dates", message))
                if version.valid_to is not None and version.valid_to <= version.valid_from:
                    message = f"{id}: an end after its start {version.valid_from} is expected"
                    faults.append(
                        _fault(version, "to", "invalid_dates", f"{message}, this is {version.valid_to}")
                    )
                if before is not None and (before.valid_to is None or version.valid_from < before.valid_to):
                    until = f"until {before.valid_to}" if before.valid_to else "without an end"
                    message = (
                        f"{id} from {version.valid_from} overlaps the version from {before.valid_from} "
                        f"{until} ({before.origin}); versions of an id follow one another"
                    )
                    faults.append(_fault(version, "from", "overlapping_dates", message))
                before = version
        return faults

    def uncovered(self, id: str, start: date, end: date | None) -> date | None:
        """The first day from ``start`` until before ``end`` on which no version is in force, or None."""
        day = start
        for version in self.versions(id):
            if version.valid_from > day:
                break
            if version.valid_to is None:
                return None
            day = max(day, version.valid_to)
        return None if end is not None and day >= end else day

    def boundaries(self, id: str, start: date, end: date | None) -> Iterator[date]:
        """The days strictly within a span on which a version begins or ends."""
        for version in self.versions(id):
            for day in (version.valid_from, version.valid_to):
                if day is not None and day > start and (end is None or day < end):
                    yield day


def _fault(version: Version[D], field: str, code: str, message: str) -> Fault:
    origin = version.origin
    return Fault(origin.text.name, origin.line(field), origin.field(field), code, message)
