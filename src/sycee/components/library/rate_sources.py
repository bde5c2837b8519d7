"""Rate sources: where the yearly rate of a deposit or a fee comes from.

Rates are per cent a year, ``Decimal``. The bank's rate table holds them by key and day; keys in
conditions leave the currency out (``time.1y``), keys in the table start with it (``CNY.time.1y``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated

from msgspec import Meta

from sycee.components.capabilities import Kind, Parameters, capability
from sycee.components.library.money import Percent, check_rate
from sycee.components.library.months import add_months

RateOn = Callable[[str, date], Decimal]
"""The rate table: key with currency, day → per cent a year."""

RateKey = Annotated[
    str,
    Meta(description="key in the rate table, without the currency", pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)*$"),
]


def table_key(currency: str, rate_key: str) -> str:
    """The rate table's key: ``CNY`` and ``demand`` give ``CNY.demand``."""
    return f"{currency}.{rate_key}"


def bounded(rate: Decimal, cap: Decimal | None, floor: Decimal | None) -> Decimal:
    """A rate held between a floor and a cap; either may be missing."""
    if floor is not None and rate < floor:
        return floor
    return cap if cap is not None and rate > cap else rate


def reset_days(start: date, end: date, months: int) -> tuple[date, ...]:
    """The days on which a floating rate is set anew: ``start`` and every ``months`` later, before ``end``."""
    days: list[date] = []
    turn = 0
    while (day := add_months(start, turn * months)) < end:
        days.append(day)
        turn += 1
    return tuple(days)


def check_bounds(cap: Decimal | None, floor: Decimal | None) -> None:
    """Refuse a floor above the cap."""
    check_rate("cap", cap)
    check_rate("floor", floor)
    if cap is not None and floor is not None and floor > cap:
        raise ValueError(f"floor is {floor}, above cap, {cap}")


@capability("rate.listed", version=1, kind=Kind.RATE_SOURCE, owner="treasury", zh="挂牌利率")
class ListedRate(Parameters, frozen=True, kw_only=True):
    """Listed rate

    The rate that the bank lists for a key on the day, plus a spread. Listed deposit rates are set by
    each bank within the self-discipline mechanism of the market.
    """

    rate_key: Annotated[RateKey, Meta(description="key of the listed rate")]
    spread: Annotated[Percent, Meta(description="added to the listed rate, in per cent a year")] = Decimal(0)

    def __post_init__(self) -> None:
        check_rate("spread", self.spread)

    def rate(self, currency: str, day: date, rate_on: RateOn) -> Decimal:
        """The rate of a day in per cent a year."""
        return rate_on(table_key(currency, self.rate_key), day) + self.spread


@capability("rate.agreed", version=1, kind=Kind.RATE_SOURCE, owner="treasury", zh="协议固定利率")
class AgreedRate(Parameters, frozen=True, kw_only=True):
    """Agreed rate

    A rate written into the contract: no table is asked.
    """

    percent: Annotated[Percent, Meta(description="rate of the contract, in per cent a year")]

    def __post_init__(self) -> None:
        check_rate("percent", self.percent, Decimal(0))

    def rate(self, currency: str, day: date, rate_on: RateOn) -> Decimal:  # noqa: ARG002 -- as the others
        """The agreed rate, whatever the day."""
        return self.percent


@capability("rate.floating", version=1, kind=Kind.RATE_SOURCE, owner="treasury", zh="浮动利率")
class FloatingRate(Parameters, frozen=True, kw_only=True):
    """Floating rate on a reference

    A market reference (SHIBOR, LPR, SOFR …) of the reset day plus a spread, held between a floor and
    a cap, and kept until the next reset.
    """

    reference_key: Annotated[RateKey, Meta(description="key of the reference in the rate table")]
    reset_months: Annotated[int, Meta(description="months from one reset to the next", ge=1, le=12)]
    spread: Annotated[Percent, Meta(description="added to the reference, in per cent a year")] = Decimal(0)
    cap: Annotated[Percent, Meta(description="highest rate, in per cent a year; none for without")] | None = (
        None
    )
    floor: (
        Annotated[Percent, Meta(description="lowest rate, in per cent a year; none for without")] | None
    ) = Decimal(0)

    def __post_init__(self) -> None:
        check_rate("spread", self.spread)
        check_bounds(self.cap, self.floor)

    def resets(self, start: date, end: date) -> tuple[date, ...]:
        """The reset days of a deposit from ``start`` to ``end`` (not included)."""
        return reset_days(start, end, self.reset_months)

    def of(self, reference: Decimal) -> Decimal:
        """The rate that follows from a reference."""
        return bounded(reference + self.spread, self.cap, self.floor)

    def rate(self, currency: str, day: date, rate_on: RateOn) -> Decimal:
        """The rate that is set on a reset day."""
        return self.of(rate_on(table_key(currency, self.reference_key), day))


@capability("rate.multiple", version=1, kind=Kind.RATE_SOURCE, owner="treasury", zh="基准利率上浮")
class MultipleRate(Parameters, frozen=True, kw_only=True):
    """Benchmark floated by a percentage

    The benchmark raised or lowered in proportion (上浮, 下浮): benchmark × (100 + percent) / 100,
    cut to six decimals, never above the cap.
    """

    rate_key: Annotated[RateKey, Meta(description="key of the benchmark in the rate table")]
    percent: Annotated[Decimal, Meta(description="how far above (or below) the benchmark, in per cent of it")]
    cap: Annotated[Percent, Meta(description="highest rate, in per cent a year; none for without")] | None = (
        None
    )

    def __post_init__(self) -> None:
        if not Decimal(-100) <= self.percent <= Decimal(100):
            raise ValueError(f"percent is {self.percent}: between -100 and 100 is expected")
        check_rate("cap", self.cap)

    def rate(self, currency: str, day: date, rate_on: RateOn) -> Decimal:
        """The floated rate of a day."""
        floated = rate_on(table_key(currency, self.rate_key), day) * (100 + self.percent) / 100
        return bounded(floated.quantize(Decimal("0.000001"), rounding="ROUND_DOWN"), self.cap, None)


def weighted_rate(parts: Sequence[tuple[int, Decimal]]) -> Decimal:
    """The one rate that would earn the same on the whole: for quoting, never for booking.

    ``parts`` are amounts in minor units with their rates; an empty or zero whole has rate 0.
    """
    whole = sum(amount for amount, _ in parts)
    if not whole:
        return Decimal(0)
    earned = sum((amount * rate for amount, rate in parts), Decimal(0))
    return (earned / whole).quantize(Decimal("0.000001"))
