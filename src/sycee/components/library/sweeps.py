"""Sweeps: how much a pool takes from, or gives to, a member's account; a pure amount, moved elsewhere."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from sycee.components.capabilities import Kind, Parameters, capability
from sycee.components.library.lines import round_minor
from sycee.components.library.money import CurrencyCode, Money, Percent, check_currency, check_money, minor
from sycee.components.library.months import month_end

SweepMode = Literal[
    "zero_balance", "above_line", "keep_line", "round_sums", "fixed_amount", "share_of_balance",
    "share_of_income", "accumulated", "target_balance",
]  # fmt: skip
SweepWhen = Literal["daily", "weekly", "monthly", "on_receipt", "on_demand"]
ZERO = Decimal(0)


class SweepState(msgspec.Struct, frozen=True):
    """A member's account before a sweep (minor units); ``income`` came in since the last one.

    ``swept`` is what earlier sweeps took and did not give back.
    """

    balance: int
    income: int = 0
    swept: int = 0


@capability("sweep.rule", version=1, kind=Kind.SWEEP, owner="cash", zh="资金归集规则")
class SweepRule(Parameters, frozen=True, kw_only=True):
    """Sweep of a member's balance into a pool

    ``zero_balance`` takes everything. ``above_line``: once the balance passes the line, everything.
    ``keep_line``: what exceeds the line. ``round_sums``: whole multiples of the amount above the line.
    ``fixed_amount``: the amount, if it is there above the line. ``share_of_balance``, ``share_of_income``:
    a per cent. ``accumulated``: what came in, until the amount is reached. ``target_balance`` also gives
    back what is missing from the line. Less than ``least`` is left where it is.
    """

    mode: Annotated[SweepMode, Meta(description="how the amount is found")]
    currency: Annotated[CurrencyCode, Meta(description="currency of the accounts")] = "CNY"
    line: Annotated[Decimal, Meta(description="balance that is kept, or passed (whole units)")] = ZERO
    amount: Annotated[Decimal, Meta(description="fixed amount, multiple or sum to reach (whole units)")] = (
        ZERO
    )
    percent: Annotated[Percent, Meta(description="share of the balance or of income, in per cent")] = ZERO
    least: Annotated[Money, Meta(description="less than this stays where it is, in whole units")] = ZERO
    when: Annotated[SweepWhen, Meta(description="how often")] = "daily"
    weekday: Annotated[int, Meta(description="day of a weekly sweep, Monday is 0", ge=0, le=6)] = 4
    overnight: Annotated[bool, Meta(description="given back at the start of the next day")] = False

    def __post_init__(self) -> None:
        check_currency("currency", self.currency)
        for name in ("line", "amount", "least"):
            check_money(name, getattr(self, name), self.currency)
        if not 0 <= self.percent <= 100:
            raise ValueError(f"percent is {self.percent}: between 0 and 100 is expected")
        if self.mode in {"round_sums", "fixed_amount", "accumulated"} and not self.amount:
            raise ValueError(f"amount is 0: more is expected of {self.mode}")
        if self.mode.startswith("share_of") != bool(self.percent):
            raise ValueError(f"percent is {self.percent}: a share has one above 0, other modes have none")

    def amount_of(self, state: SweepState) -> int:
        """What is taken (above 0) or given back (below 0) in minor units."""
        line, amount = minor(self.line, self.currency), minor(self.amount, self.currency)
        excess = max(state.balance - line, 0)
        share = Fraction(self.percent) / 100
        found = {
            "zero_balance": state.balance,
            "above_line": state.balance if state.balance > line else 0,
            "keep_line": excess,
            "round_sums": excess // amount * amount if amount else 0,
            "fixed_amount": amount if excess >= amount else 0,
            "share_of_balance": min(round_minor(max(state.balance, 0) * share, "down"), excess),
            "share_of_income": min(round_minor(max(state.income, 0) * share, "down"), excess),
            "accumulated": min(max(state.income, 0), max(amount - state.swept, 0), excess),
            "target_balance": state.balance - line,
        }[self.mode]
        if self.mode != "target_balance":
            found = max(found, 0)
        return found if abs(found) >= minor(self.least, self.currency) else 0

    def due(self, day: date) -> bool:
        """Whether a sweep by the calendar falls on a day; those on receipt or demand have no days."""
        return {
            "daily": True,
            "weekly": day.weekday() == self.weekday,
            "monthly": day == month_end(day),
        }.get(self.when, False)
