"""Identifiers: UUIDv7 for things, 18-digit numbers for accounts.

An account number is ``CCC SSSSSSSSSSSSSS K``: three digits of cell (100–999), fourteen of
serial, one check digit by ISO 7064 MOD 11,10, which finds every single wrong digit and
nearly every swap of neighbours. It fits a signed 64-bit integer.
"""

from __future__ import annotations

import os
import threading
import time
from uuid import UUID

from sycee.kernel.errors import InvalidInput

FIRST_CELL, LAST_CELL = 100, 999
LAST_SERIAL = 10**14 - 1
ACCOUNT_DIGITS = 18

_uuid_lock = threading.Lock()
_last_stamp = 0


class InvalidAccountNumber(InvalidInput):
    """That is not an account number"""

    code = "invalid_account_number"


def uuid7() -> UUID:
    """A UUID version 7 (RFC 9562) that grows strictly within this process.

    The 12 bits after the milliseconds are a sub-millisecond counter (RFC 9562, 6.2, method 3),
    so ids made one after another land side by side in an index.
    """
    global _last_stamp  # noqa: PLW0603 -- one clock to a process
    stamp = time.time_ns() // 244  # 2**12 steps to the millisecond, near enough to be monotonic
    with _uuid_lock:
        if stamp <= _last_stamp:
            stamp = _last_stamp + 1
        _last_stamp = stamp
    millis, fraction = divmod(stamp * 244, 1_000_000)
    sub = min(fraction * 4096 // 1_000_000, 4095)
    random = int.from_bytes(os.urandom(8), "big") & (2**62 - 1)
    value = (millis & (2**48 - 1)) << 80 | 0x7 << 76 | sub << 64 | 0b10 << 62 | random
    return UUID(int=value)


def check_digit(digits: str) -> str:
    """The ISO 7064 MOD 11,10 check digit for a string of decimal digits."""
    product = 10
    for digit in digits:
        total = (int(digit) + product) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)


def account_number(cell: int, serial: int) -> int:
    """The account number of a serial in a cell.

    Raises InvalidAccountNumber when the cell is not 100–999 or the serial has over 14 digits.
    """
    if not FIRST_CELL <= cell <= LAST_CELL:
        raise InvalidAccountNumber(f"cell {cell} is not between {FIRST_CELL} and {LAST_CELL}")
    if not 0 <= serial <= LAST_SERIAL:
        raise InvalidAccountNumber(f"serial {serial} is not between 0 and {LAST_SERIAL}")
    body = f"{cell:03d}{serial:014d}"
    return int(body + check_digit(body))


def parse_account_number(text: str) -> int:
    """Read an account number as people write it; spaces are passed over.

    Raises InvalidAccountNumber naming what is wrong and, for a wrong check digit, what would be right.
    """
    digits = text.replace(" ", "")
    if len(digits) != ACCOUNT_DIGITS or not (digits.isascii() and digits.isdigit()):
        raise InvalidAccountNumber(f"{text[:40]!r} is not an account number: 18 digits are expected")
    if int(digits[:3]) < FIRST_CELL:
        raise InvalidAccountNumber(f"{digits} names cell {digits[:3]}: cells are {FIRST_CELL} to {LAST_CELL}")
    right = check_digit(digits[:-1])
    if digits[-1] != right:
        raise InvalidAccountNumber(f"{digits} has check digit {digits[-1]} where {right} would be right")
    return int(digits)


def cell_of(number: int) -> int:
    """The cell that an account number belongs to."""
    return number // 10**15
