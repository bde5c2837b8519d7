"""Money: an integer of a currency's minor unit, and the text that stands for it on the wire.

There is no float anywhere, and no rounding: a text with more decimals than the currency has is
refused. Rates are not money; they are ``Decimal`` and live where they are used.
"""

from __future__ import annotations

import re

import msgspec

from sycee.kernel.currencies import CURRENCIES, Currency
from sycee.kernel.errors import InvalidInput

__all__ = [
    "CURRENCIES",
    "MAX_MINOR",
    "Amount",
    "AmountOutOfRange",
    "Currency",
    "InvalidAmount",
    "UnknownCurrency",
    "currency",
    "exponent",
]

MAX_MINOR = 10**14
"""The largest amount of a single transfer, in minor units: a trillion yuan."""

_LARGEST_KEPT = 2**63 - 1
_LONGEST_TEXT = 32
_PLAIN = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?", re.ASCII)


class InvalidAmount(InvalidInput):
    """That is not an amount of money"""

    code = "invalid_amount"


class AmountOutOfRange(InvalidAmount):
    """The amount is larger than any that can be kept"""

    code = "amount_out_of_range"


class UnknownCurrency(InvalidInput):
    """There is no such currency in ISO 4217"""

    code = "unknown_currency"


def currency(code: str) -> Currency:
    """The currency of an alphabetic code ("CNY"). Raises UnknownCurrency."""
    try:
        return CURRENCIES[code]
    except (KeyError, TypeError):
        raise UnknownCurrency(f"{str(code)[:12]!r} is not an active ISO 4217 currency") from None


def exponent(code: str) -> int:
    """How many decimals the minor unit of a currency has: 2 for CNY, 0 for JPY. Raises UnknownCurrency."""
    return currency(code).exponent


class Amount(msgspec.Struct, frozen=True):
    """An amount of one currency: ``minor`` counts its minor unit (fen for CNY) and may be negative."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, text: str, code: str) -> Amount:
        """Read ``"1234.56"`` as an amount of the currency ``code``.

        Plain ASCII digits, one optional ``.`` with digits on both sides, one optional leading ``-``.
        Raises InvalidAmount (also for more decimals than the currency has), AmountOutOfRange past a
        signed 64-bit integer of minor units, UnknownCurrency.
        """
        decimals = exponent(code)
        if not isinstance(text, str):
            raise InvalidAmount(f"an amount is written as a string, not as {type(text).__name__}")
        if len(text) > _LONGEST_TEXT:
            raise InvalidAmount(f"{len(text)} characters are more than any amount has")
        found = _PLAIN.fullmatch(text)
        if found is None:
            raise InvalidAmount(f"{text!r} is not an amount: digits with an optional point are expected")
        sign, whole, fraction = found[1], found[2], found[3] or ""
        if len(fraction) > decimals:
            raise InvalidAmount(f"{text!r} has {len(fraction)} decimals where {code} has {decimals}")
        minor = int(whole + fraction.ljust(decimals, "0"))
        if minor > _LARGEST_KEPT:
            raise AmountOutOfRange(f"{text} {code} is larger than any amount that can be kept")
        return cls(-minor if sign else minor, code)

    def text(self) -> str:
        """The amount as it is written on the wire, with all of the currency's decimals: ``"1234.50"``."""
        decimals = exponent(self.currency)
        if not decimals:
            return str(self.minor)
        sign = "-" if self.minor < 0 else ""
        whole, fraction = divmod(abs(self.minor), 10**decimals)
        return f"{sign}{whole}.{fraction:0{decimals}d}"

    def __str__(self) -> str:
        return f"{self.text()} {self.currency}"
