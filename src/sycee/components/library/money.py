"""Amounts inside parameters: decimal texts of whole currency units in data, minor units in behaviour.

Whoever writes a condition writes what a price list says ("500000.00"); behaviour reckons in minor
units, as the books do. Checks raise ValueError, which the loader turns into a message with file,
line and field.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from sycee.kernel.errors import SyceeError
from sycee.kernel.money import Amount, currency

Money = Annotated[Decimal, Meta(description="an amount in whole units of the currency, as a string")]
Moneys = Annotated[dict[str, Decimal], Meta(description="amounts in whole units, by currency code")]
CurrencyCode = Annotated[str, Meta(description="ISO 4217 code", pattern="^[A-Z]{3}$")]
Percent = Annotated[Decimal, Meta(description="per cent, as a string")]

LARGEST_RATE = Decimal(100)
RATE_DECIMALS = 6


def minor(amount: Decimal, code: str) -> int:
    """An amount of whole units in minor units of its currency.

    Raises ValueError when it has more decimals than the currency or the currency is not known.
    """
    try:
        return Amount.parse(format(amount, "f"), code).minor
    except SyceeError as error:
        raise ValueError(str(error)) from None


def minor_of(amounts: Mapping[str, Decimal], code: str) -> int:
    """The minor units set for a currency; 0 when nothing is set for it."""
    return minor(amounts[code], code) if code in amounts else 0


def check_money(name: str, amount: Decimal | None, code: str, *, least: int = 0) -> None:
    """Refuse an amount that is below ``least`` minor units or too fine for its currency."""
    if amount is not None and minor(amount, code) < least:
        low = Amount(least, code).text()
        raise ValueError(f"{name} is {amount}: at least {low} is expected")


def check_moneys(name: str, amounts: Mapping[str, Decimal]) -> None:
    """Refuse negative amounts, amounts too fine for their currency, and unknown currencies."""
    for code, amount in amounts.items():
        check_money(f"{name}.{code}", amount, code)


def check_rate(name: str, rate: Decimal | None, low: Decimal = -LARGEST_RATE) -> None:
    """Refuse a rate (per cent) below ``low``, above 100, or with more than six decimals."""
    if rate is None:
        return
    exponent = rate.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > RATE_DECIMALS:
        raise ValueError(f"{name} is {rate}: a number with at most {RATE_DECIMALS} decimals is expected")
    if not low <= rate <= LARGEST_RATE:
        raise ValueError(f"{name} is {rate}: between {low} and {LARGEST_RATE} is expected")


def check_currency(name: str, code: str) -> None:
    """Refuse a code that is no currency."""
    try:
        currency(code)
    except SyceeError as error:
        raise ValueError(f"{name}: {error}") from None
