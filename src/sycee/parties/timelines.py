"""What holds from which date on: the rules of effective dating, on plain values.

A timeline is a list of versions in the order of their first days; each holds until the next begins. A change
takes effect from a day on and names some fields. It reaches into later versions as far as the value it
replaces does: a field that was going to change on a later day still does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


class Version(msgspec.Struct, frozen=True):
    """The values that hold from a day on; ``number`` is None while it is not written yet."""

    valid_from: date
    values: Mapping[str, Any]
    number: int | None = None


def index_on(starts: Sequence[date], day: date) -> int | None:
    """Which of the ascending first days is the one that holds on a day; None before the first."""
    found = [index for index, start in enumerate(starts) if start <= day]
    return found[-1] if found else None


def changed(timeline: Sequence[Version], start: date, changes: Mapping[str, Any]) -> list[Version]:
    """The timeline with ``changes`` in effect from ``start`` on; versions that are new have no number.

    ``start`` is not before the first version. Without any difference the timeline comes back as it was.
    """
    at = index_on([version.valid_from for version in timeline], start)
    assert at is not None
    after = list(timeline)
    if after[at].valid_from < start:
        at += 1
        after.insert(at, Version(start, after[at - 1].values))
    for field, value in changes.items():
        replaced = after[at].values[field]
        if replaced == value:
            continue
        for index in range(at, len(after)):
            version = after[index]
            if version.values[field] != replaced:
                break
            after[index] = Version(version.valid_from, {**version.values, field: value})
    if after[at].number is None and at and after[at].values == after[at - 1].values:
        del after[at]
    return after
