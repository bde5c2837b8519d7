"""Opaque cursors: a place in a list that only we can read, so that we may change how it is kept."""

from __future__ import annotations

import base64
import binascii
import re
from uuid import UUID

from sycee.ledger import InvalidCursor

_PLAIN = re.compile(rb"a([0-9]{1,18})", re.ASCII)
_PLAIN_ID = re.compile(rb"i([0-9a-f]{32})", re.ASCII)


def write_cursor(number: int) -> str:
    """The cursor that reads on after an account number."""
    return base64.urlsafe_b64encode(b"a%d" % number).decode().rstrip("=")


def read_cursor(cursor: str | None) -> int | None:
    """The account number after which to read on. Raises InvalidCursor."""
    return None if cursor is None else int(_read(cursor, _PLAIN))


def write_id_cursor(id: UUID) -> str:
    """The cursor that reads on after an id."""
    return base64.urlsafe_b64encode(b"i" + id.hex.encode()).decode().rstrip("=")


def read_id_cursor(cursor: str | None) -> UUID | None:
    """The id after which to read on. Raises InvalidCursor."""
    return None if cursor is None else UUID(_read(cursor, _PLAIN_ID).decode())


def _read(cursor: str, form: re.Pattern[bytes]) -> bytes:
    try:
        plain = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        plain = b""
    found = form.fullmatch(plain)
    if found is None:
        raise InvalidCursor("pass the value of `next` from the page before, unchanged")
    return found[1]
