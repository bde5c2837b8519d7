"""Deposits held in units as they stand, what is asked of them, and what became of it.

Amounts are minor units of the deposit's currency, rates percent a year, dates business dates.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

import msgspec

from sycee.components import ResolvedProduct, library

RenewalMode = Literal["principal_and_interest", "principal", "none", "pay_out"]
"""What happens at maturity: see the capability ``renewal.at_maturity``."""


class DepositForm(StrEnum):
    """The forms of deposit that are held in units, each in an account of its own."""

    NOTICE = "notice"
    TIME = "time"
    LARGE_CD = "large_cd"
    MARGIN = "margin"


class DepositState(StrEnum):
    """A matured deposit has reached its maturity and waits to be paid out, at the demand rate."""

    ACTIVE = "active"
    MATURED = "matured"
    CLOSED = "closed"


class EventKind(StrEnum):
    """What happens to a deposit."""

    PLACED = "placed"
    NOTICE_GIVEN = "notice_given"
    NOTICE_CANCELLED = "notice_cancelled"
    WITHDRAWN = "withdrawn"
    RENEWAL_CHANGED = "renewal_changed"
    RATE_SET = "rate_set"
    INTEREST_PAID = "interest_paid"
    RENEWED = "renewed"
    MATURED = "matured"
    PAID_OUT = "paid_out"
    TRANSFERRED = "transferred"
    ACQUIRED = "acquired"
    FROZEN = "frozen"
    UNFROZEN = "unfrozen"
    DEDUCTED = "deducted"
    OBLIGATION_CHANGED = "obligation_changed"


class RateSet(msgspec.Struct, frozen=True, array_like=True):
    """A rate and the day from which it holds."""

    start: date
    rate: Decimal


class StandingNotice(msgspec.Struct, frozen=True):
    """A notice that waits for its day: ``amount`` is to be withdrawn on ``pay_on``."""

    id: UUID
    given_on: date
    pay_on: date
    amount: int


class Deposit(msgspec.Struct, frozen=True, kw_only=True):
    """A deposit as it stands. ``product`` is as it was agreed to; nothing changes it.

    ``start`` is the first day that bears interest (of the present term), ``rates`` what was set since then;
    a notice deposit has none, its rate is that of the day of withdrawal. ``earned_from`` is the first day
    whose interest has not been paid: after ``start`` only where it is paid during the term. ``source`` is
    the account that it came from. ``frozen`` is held by authorities; ``obliged`` is what stands of the
    obligation that a margin secures. ``due_on`` is the next day on which something happens by itself.
    """

    id: UUID
    cell: int
    customer: UUID
    arrangement: UUID | None
    account: int
    form: DepositForm
    state: DepositState
    currency: str
    product: ResolvedProduct
    snapshot: bytes
    principal: int
    source: int
    opened_on: date
    start: date
    earned_from: date
    maturity: date | None
    rates: tuple[RateSet, ...]
    renewal: RenewalMode
    renewed: int
    part_withdrawals: int
    marks: tuple[library.NoticeMark, ...]
    obligation: str | None
    obliged: int
    due_on: date | None
    predecessor: UUID | None
    successor: UUID | None
    closed_on: date | None
    notice: StandingNotice | None
    frozen: int

    @property
    def rate(self) -> Decimal | None:
        """The rate in force; None when it is that of the day of withdrawal."""
        return self.rates[-1].rate if self.rates else None


class DepositEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a deposit.

    ``amount`` is the principal that moved, ``interest`` what was paid with it, to ``paid_to``. Interest was
    reckoned for ``effective``; ``posting`` names its lines, ``facts`` the rules that were applied.
    """

    id: UUID
    deposit: UUID
    kind: EventKind
    effective: date
    booked_on: date
    amount: int = 0
    interest: int = 0
    paid_to: int | None = None
    transfers: tuple[UUID, ...] = ()
    posting: UUID | None = None
    facts: dict[str, Any] = {}
    by: str
    at: datetime | None = None


class Change(msgspec.Struct, frozen=True):
    """What became of a request: the deposit as it stands then, and the event.

    Of a preview nothing has happened. ``lines`` are those of the interest, as (first day, last day, days,
    balance, rate, why).
    """

    deposit: Deposit
    event: DepositEvent
    lines: tuple[InterestPart, ...] = ()
    repeated: bool = False


class InterestPart(msgspec.Struct, frozen=True):
    """A stretch of days on which a part of the principal bore one rate; ``why`` names the rule."""

    start: date
    end: date
    days: int
    balance: int
    rate: Decimal
    why: str


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """A deposit to be opened with money of a settlement account. ``id`` is made by whoever asks, once.

    Under an ``arrangement`` the customer has signed, or else for a ``product`` as it is sold today, with
    ``choices`` within its bounds. ``maturity`` is for a tenor that is agreed on; ``obligation`` and
    ``obliged`` (minor units) say what a margin secures.
    """

    id: UUID
    source: int
    amount: int
    currency: str = "CNY"
    arrangement: UUID | None = None
    product: str | None = None
    choices: dict[str, Any] = {}
    renewal: RenewalMode | None = None
    maturity: date | None = None
    obligation: str | None = None
    obliged: int = 0
    signers: tuple[UUID, ...] = ()


class NoticeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Notice that ``amount`` (None: all) will be withdrawn on ``pay_on`` (None: the first day possible)."""

    id: UUID
    deposit: UUID
    amount: int | None = None
    pay_on: date | None = None
    signers: tuple[UUID, ...] = ()


class NoticeCancellation(msgspec.Struct, frozen=True, kw_only=True):
    """The standing notice is taken back."""

    id: UUID
    deposit: UUID
    notice: UUID
    signers: tuple[UUID, ...] = ()


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True):
    """Pay ``amount`` of the principal (None: all of it, and close) with its interest to an account."""

    id: UUID
    deposit: UUID
    to: int
    amount: int | None = None
    signers: tuple[UUID, ...] = ()


class RenewalInstruction(msgspec.Struct, frozen=True, kw_only=True):
    """What is to happen at maturity."""

    id: UUID
    deposit: UUID
    renewal: RenewalMode
    signers: tuple[UUID, ...] = ()


class CertificateTransfer(msgspec.Struct, frozen=True, kw_only=True):
    """A large CD goes to another holder, who pays ``price`` for it, both in one posting."""

    id: UUID
    deposit: UUID
    price: int
    pay_from: int
    pay_to: int
    signers: tuple[UUID, ...] = ()
    buyer_signers: tuple[UUID, ...] = ()


class FreezeOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An authority freezes ``amount`` under the number of a ``document``."""

    id: UUID
    deposit: UUID
    amount: int
    authority: str
    document: str


class FreezeLift(msgspec.Struct, frozen=True, kw_only=True):
    """A freeze is lifted."""

    id: UUID
    deposit: UUID
    freeze: UUID


class Deduction(msgspec.Struct, frozen=True, kw_only=True):
    """An authority takes ``amount`` of what it has frozen, to an account of its own."""

    id: UUID
    deposit: UUID
    freeze: UUID
    amount: int
    to: int


class ObligationChange(msgspec.Struct, frozen=True, kw_only=True):
    """What stands now of the obligation that a margin secures; 0 when it is discharged."""

    id: UUID
    deposit: UUID
    obliged: int


class Freeze(msgspec.Struct, frozen=True, kw_only=True):
    """A freeze: ``amount`` less what was ``deducted`` stays on the deposit until it is lifted."""

    id: UUID
    authority: str
    document: str
    amount: int
    deducted: int
    frozen_on: date
    lifted_on: date | None


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice with what became of it: standing, used, cancelled or lapsed."""

    id: UUID
    given_on: date
    pay_on: date
    amount: int
    state: str
    given_by: str
    resolved_on: date | None
