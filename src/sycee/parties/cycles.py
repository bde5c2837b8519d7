"""Circles in what changes over time: a company that would own, or be above, itself on any day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

import msgspec


class Link(msgspec.Struct, frozen=True):
    """``above`` stands over ``below`` from ``start`` until before ``end`` (None: open)."""

    below: UUID
    above: UUID
    start: date
    end: date | None = None

    def holds(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.start <= day and (self.end is None or day < self.end)


def circle(
    links: Iterable[Link], node: UUID, start: date, end: date | None
) -> tuple[date, list[UUID]] | None:
    """The first day from ``start`` until before ``end`` on which ``node`` stands above itself, and how.

    The way up begins and ends with ``node``. Circles appear on first days of links only, so a look at each
    of those sees every day.
    """
    found = list(links)
    starts = {link.start for link in found if link.start > start and (end is None or link.start < end)}
    for day in sorted({start, *starts}):
        above: dict[UUID, list[UUID]] = defaultdict(list)
        for link in found:
            if link.holds(day):
                above[link.below].append(link.above)
        way = _way_back(above, node)
        if way:
            return day, way
    return None


def _way_back(above: Mapping[UUID, Sequence[UUID]], node: UUID) -> list[UUID]:
    """A shortest way from a node upwards to itself; empty when there is none."""
    came_from: dict[UUID, UUID] = {}
    front = [node]
    while front:
        reached = []
        for below in front:
            for one in above.get(below, ()):
                if one == node:
                    way = [below]
                    while way[-1] != node:
                        way.append(came_from[way[-1]])
                    return [*reversed(way), node]
                if one not in came_from:
                    came_from[one] = below
                    reached.append(one)
        front = reached
    return []
