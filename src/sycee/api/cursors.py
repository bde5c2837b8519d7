"""Opaque cursors: a place in a list that only we can read, so that we may change how it is kept."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar
from uuid import UUID

from sycee.ledger import InvalidCursor

Item = TypeVar("Item")

_PLAIN_ID = re.compile(rb"u([0-9a-f]{32})", re.ASCII)
_PLAIN_RATE = re.compile(rb"r([A-Z]{3}[a-z0-9._-]{1,200} [0-9]{4}-[0-9]{2}-[0-9]{2})", re.ASCII)
_PLAIN = re.compile(rb"a([0-9]{1,18})", re.ASCII)


def page_of(
    found: Sequence[Item], limit: int, place: Callable[[Item], str]
) -> tuple[Sequence[Item], str | None]:
    """The first ``limit`` of what was found, and the cursor that reads on after them.

    Whoever looked asked for one more than ``limit``, so what lies beyond says that there is more.
    """
    page = found[:limit]
    return page, place(page[-1]) if len(found) > limit else None


def write_cursor(number: int) -> str:
    """The cursor that reads on after a number: that of an account, or a place in a list."""
    return base64.urlsafe_b64encode(b"a%d" % number).decode().rstrip("=")


def read_cursor(cursor: str | None) -> int | None:
    """The number after which to read on. Raises InvalidCursor."""
    if cursor is None:
        return None
    return int(_inside(cursor, _PLAIN))


def write_id_cursor(id: UUID) -> str:
    """The cursor that reads on after an id."""
    return base64.urlsafe_b64encode(b"u" + id.hex.encode()).decode().rstrip("=")


def read_id_cursor(cursor: str | None) -> UUID | None:
    """The id after which to read on. Raises InvalidCursor."""
    return None if cursor is None else UUID(_inside(cursor, _PLAIN_ID).decode())


def write_rate_cursor(key: str, start: date) -> str:
    """The cursor that reads on after a rate: its key and start."""
    return base64.urlsafe_b64encode(f"r{key} {start.isoformat()}".encode()).decode().rstrip("=")


def read_rate_cursor(cursor: str | None) -> tuple[str, date] | None:
    """The key and start after which to read on. Raises InvalidCursor."""
    if cursor is None:
        return None
    key, _, start = _inside(cursor, _PLAIN_RATE).decode().partition(" ")
    try:
        return key, date.fromisoformat(start)
    except ValueError:
        raise InvalidCursor("pass the value of `next` from the page before, unchanged") from None


def _inside(cursor: str, wanted: re.Pattern[bytes]) -> bytes:
    try:
        plain = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        plain = b""
    found = wanted.fullmatch(plain)
    if found is None:
        raise InvalidCursor("pass the value of `next` from the page before, unchanged")
    return found[1]
