"""Opaque cursors: a place in a list that only we can read, so that we may change how it is kept."""

from __future__ import annotations

import base64
import binascii
import re

from sycee.ledger import InvalidCursor

_PLAIN = re.compile(rb"a([0-9]{1,18})", re.ASCII)


def write_cursor(number: int) -> str:
    """The cursor that reads on after an account number."""
    return base64.urlsafe_b64encode(b"a%d" % number).decode().rstrip("=")


def read_cursor(cursor: str | None) -> int | None:
    """The account number after which to read on. Raises InvalidCursor."""
    if cursor is None:
        return None
    try:
        plain = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        plain = b""
    found = _PLAIN.fullmatch(plain)
    if found is None:
        raise InvalidCursor("pass the value of `next` from the page before, unchanged")
    return int(found[1])
