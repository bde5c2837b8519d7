"""What a fee asks about, and what it answers: a charge with the lines that explain it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from sycee.components.capabilities import Parameters
from sycee.components.library.lines import RoundingMode, round_minor
from sycee.components.library.money import CurrencyCode, check_currency, minor

FeeEvent = Literal[
    "opening", "closing", "transfer", "cash_in", "cash_out", "remittance", "statement", "confirmation",
    "certificate", "maintenance", "dormancy", "signing", "cheque", "stop_payment", "token", "file",
    "certificate_transfer", "early_withdrawal", "registration", "change",
]  # fmt: skip


class FeeUse(msgspec.Struct, frozen=True):
    """What is charged for: one event, or all of a period added up.

    ``count`` items of together ``volume`` minor units; ``used`` items of the same sort came before in the
    period (for allowances and tiers); ``balance`` is the average or the least balance that waives a fee.
    """

    count: int = 1
    volume: int = 0
    used: int = 0
    balance: int = 0


class FeeLine(msgspec.Struct, frozen=True):
    """A row of a charge's explanation: so many items or so much volume at a price (minor units)."""

    what: str
    quantity: int
    charge: int


class Charge(msgspec.Struct, frozen=True):
    """A fee in minor units of its currency, 0 when waived, with its lines."""

    currency: str
    amount: int
    lines: tuple[FeeLine, ...] = ()
    waived: bool = False


class Fee(Parameters, frozen=True, kw_only=True):
    """What every fee has: the event it is charged for, its currency, and who pays.

    A fee belongs to a channel where one is named, else to all. ``charge`` answers for a use of it.
    """

    event: Annotated[FeeEvent, Meta(description="what is charged for")]
    currency: Annotated[CurrencyCode, Meta(description="currency that the fee is charged in")] = "CNY"
    channel: Annotated[str | None, Meta(description="channel it is charged on; none for every channel")] = (
        None
    )
    payer: Annotated[Literal["customer", "beneficiary", "shared"], Meta(description="who pays")] = "customer"

    def __post_init__(self) -> None:
        check_currency("currency", self.currency)

    def applies(self, event: str, channel: str | None = None) -> bool:
        """Whether the fee is charged for an event on a channel."""
        return event == self.event and self.channel in {None, channel}

    def charge(self, use: FeeUse) -> Charge:
        """The charge for a use."""
        raise NotImplementedError

    def _minor(self, amount: Decimal) -> int:
        return minor(amount, self.currency)


def share(volume: int, percent: Decimal, mode: RoundingMode = "half_up") -> int:
    """A per cent of a volume in minor units, rounded once."""
    return round_minor(volume * Fraction(percent) / 100, mode)


def clamp(amount: int, least: int, most: int | None) -> int:
    """An amount held between a minimum and a maximum, if there is one."""
    amount = max(amount, least)
    return amount if most is None else min(amount, most)
