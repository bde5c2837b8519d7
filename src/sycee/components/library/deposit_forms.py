"""Forms of deposit: demand, agreement, notice, time, large certificate, margin, with their minimums.

Minimums are amounts in whole units by currency code; a currency that is not named has none and, where
minimums are set at all, is not offered.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from math import ceil
from typing import Annotated, ClassVar, Literal

import msgspec
from msgspec import Meta

from sycee.components.capabilities import Kind, Parameters, capability
from sycee.components.library.money import Moneys, check_moneys, minor_of
from sycee.kernel.money import Amount

FormName = Literal["demand", "agreement", "notice", "time", "large_cd", "margin"]
MarginAction = Literal["top_up", "freeze", "unfreeze", "deduct", "release"]


def placing_problem(minimums: Mapping[str, Decimal], currency: str, amount: int) -> str | None:
    """Why a deposit of an amount (minor units) cannot be opened, and what would do; None when it can."""
    if minimums and currency not in minimums:
        return f"{currency} is not offered: {', '.join(sorted(minimums))} are"
    least = minor_of(minimums, currency)
    if amount < least or amount <= 0:
        return f"{Amount(amount, currency)}: at least {Amount(max(least, 1), currency)} is expected"
    return None


@capability("form.demand", version=1, kind=Kind.DEPOSIT_FORM, owner="deposits", zh="单位活期存款")
class DemandForm(Parameters, frozen=True, kw_only=True):
    """Demand deposit

    Paid in and out at any time; the form of every settlement account.
    """

    form: ClassVar[FormName] = "demand"
    minimum_opening: Annotated[
        Moneys, Meta(description="least amount to open with, in whole units by currency")
    ] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        check_moneys("minimum_opening", self.minimum_opening)

    def opening_problem(self, currency: str, amount: int) -> str | None:
        """Why it cannot be opened with an amount (minor units, 0 without minimum); None when it can."""
        least = minor_of(self.minimum_opening, currency)
        if amount >= least:
            return None
        return f"{Amount(amount, currency)}: at least {Amount(least, currency)} is expected"


@capability("form.agreement", version=1, kind=Kind.DEPOSIT_FORM, owner="deposits", zh="单位协定存款")
class AgreementForm(Parameters, frozen=True, kw_only=True):
    """Agreement deposit

    Lies over a settlement account: by contract the balance above a quota bears the agreement rate.
    The quota is at least the floor.
    """

    form: ClassVar[FormName] = "agreement"
    quota_floor: Annotated[
        Moneys, Meta(description="least quota that may be agreed, in whole units by currency")
    ]

    def __post_init__(self) -> None:
        check_moneys("quota_floor", self.quota_floor)
        if not self.quota_floor:
            raise ValueError("quota_floor is empty: an amount by currency is expected")

    def quota_problem(self, currency: str, quota: int) -> str | None:
        """Why a quota (minor units) cannot be agreed, and what would be right; None when it can."""
        return placing_problem(self.quota_floor, currency, quota)


@capability("form.notice", version=1, kind=Kind.DEPOSIT_FORM, owner="deposits", zh="单位通知存款")
class NoticeForm(Parameters, frozen=True, kw_only=True):
    """Notice deposit

    Put in as one sum, without a term; withdrawn at once or in parts after notice. Units open with at
    least 500,000 yuan.
    """

    form: ClassVar[FormName] = "notice"
    minimum_opening: Annotated[
        Moneys, Meta(description="least amount to open with, in whole units by currency")
    ]

    def __post_init__(self) -> None:
        check_moneys("minimum_opening", self.minimum_opening)

    def opening_problem(self, currency: str, amount: int) -> str | None:
        """Why it cannot be opened with an amount (minor units), and what would be right; None when it can."""
        return placing_problem(self.minimum_opening, currency, amount)


@capability("form.time", version=1, kind=Kind.DEPOSIT_FORM, owner="deposits", zh="单位定期存款")
class TimeForm(Parameters, frozen=True, kw_only=True):
    """Time deposit

    One sum for a fixed tenor at a fixed rate, at least 10,000 yuan for units. Paid out to the
    customer's basic account only; no cash, no settlement from it.
    """

    form: ClassVar[FormName] = "time"
    minimum_opening: Annotated[
        Moneys, Meta(description="least amount to open with, in whole units by currency")
    ]
    pays_out_to: Annotated[
        Literal["basic", "source", "own"],
        Meta(description="the basic account, the account it came from, or any of the customer's own"),
    ] = "basic"

    def __post_init__(self) -> None:
        check_moneys("minimum_opening", self.minimum_opening)

    def opening_problem(self, currency: str, amount: int) -> str | None:
        """Why it cannot be opened with an amount (minor units), and what would be right; None when it can."""
        return placing_problem(self.minimum_opening, currency, amount)

    def payout_problem(self, *, account_class: str, own: bool, source: bool) -> str | None:
        """Why principal and interest may not go to an account, and where they may; None when they may."""
        allowed = {"basic": own and account_class == "basic", "source": source, "own": own}[self.pays_out_to]
        names = {
            "basic": "the customer's basic account",
            "source": "the account that the deposit came from",
            "own": "an account of the customer's own",
        }
        return None if allowed else f"a time deposit is paid out to {names[self.pays_out_to]} only"


@capability("form.large_cd", version=1, kind=Kind.DEPOSIT_FORM, owner="treasury", zh="单位大额存单")
class LargeCdForm(Parameters, frozen=True, kw_only=True):
    """Large certificate of deposit

    Registered, for institutions from 10,000,000 yuan, in nine tenors from one month to five years,
    fixed or floating on SHIBOR; may be transferred before maturity.
    """

    form: ClassVar[FormName] = "large_cd"
    minimum_opening: Annotated[
        Moneys, Meta(description="least amount to open with, in whole units by currency")
    ]
    step: Annotated[dict[str, Decimal], Meta(description="amounts above the minimum go by this")] = (
        msgspec.field(default_factory=dict)
    )
    transferable: Annotated[bool, Meta(description="whether it may change hands before maturity")] = True
    transfer_blocked_days: Annotated[
        int, Meta(description="days before maturity from which it is no longer transferred", ge=0, le=30)
    ] = 0

    def __post_init__(self) -> None:
        check_moneys("minimum_opening", self.minimum_opening)
        check_moneys("step", self.step)

    def opening_problem(self, currency: str, amount: int) -> str | None:
        """Why it cannot be subscribed for an amount (minor units), and what would do; None when it can."""
        problem = placing_problem(self.minimum_opening, currency, amount)
        step = minor_of(self.step, currency)
        if problem is None and step and (amount - minor_of(self.minimum_opening, currency)) % step:
            shown = f"{Amount(amount, currency)}: the minimum"
            return f"{shown} plus a multiple of {Amount(step, currency)} is expected"
        return problem

    def transfer_problem(self, *, days_left: int, pledged: bool, same_holder: bool) -> str | None:
        """Why it cannot be transferred to another holder; None when it can."""
        if not self.transferable:
            return "this certificate is not transferable"
        if pledged:
            return "the certificate is pledged or frozen"
        if same_holder:
            return "the new holder is the present one"
        if days_left <= self.transfer_blocked_days:
            return f"{days_left} days are left: more than {self.transfer_blocked_days} are expected"
        return None


@capability("form.margin", version=1, kind=Kind.DEPOSIT_FORM, owner="credit", zh="保证金存款")
class MarginForm(Parameters, frozen=True, kw_only=True):
    """Margin deposit

    Secures an obligation of the customer. While the obligation stands, courts may freeze the margin and
    nobody may deduct it, nor is it released below what the obligation needs.
    """

    form: ClassVar[FormName] = "margin"
    obligation: Annotated[
        Literal[
            "bank_acceptance", "letter_of_credit", "guarantee", "loan", "fx_trading", "futures", "tender"
        ],
        Meta(description="what the margin secures"),
    ]
    least_percent: Annotated[
        Decimal, Meta(description="least share of the obligation that the margin covers, in per cent")
    ] = Decimal(0)
    minimum_opening: Annotated[
        Moneys, Meta(description="least amount to open with, in whole units by currency")
    ] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        check_moneys("minimum_opening", self.minimum_opening)
        if not 0 <= self.least_percent <= 100:
            raise ValueError(f"least_percent is {self.least_percent}: between 0 and 100 is expected")

    def opening_problem(self, currency: str, amount: int) -> str | None:
        """Why it cannot be opened with an amount (minor units), and what would be right; None when it can."""
        return placing_problem(self.minimum_opening, currency, amount)

    def needed(self, obligation: int) -> int:
        """The margin (minor units) that an obligation needs, rounded up."""
        return ceil(obligation * Fraction(self.least_percent) / 100)

    def action_problem(
        self, action: MarginAction, *, obligation: int, balance: int, amount: int = 0
    ) -> str | None:
        """Why something may not be done with the margin while so much obligation stands; None when it may.

        Amounts are minor units; an obligation of 0 is discharged.
        """
        if action == "deduct" and obligation > 0:
            return "the margin may be frozen, not deducted, while its obligation stands"
        kept = self.needed(obligation)
        if action == "release" and obligation > 0 and balance - amount < kept:
            return f"{balance - amount} would remain: {kept} (minor units) secure the obligation"
        if action in {"deduct", "release"} and amount > balance:
            return f"{amount} is more than the margin holds, {balance} (minor units)"
        return None
