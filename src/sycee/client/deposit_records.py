"""Deposits held in units as the bank shows them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from sycee.client.records import Money

DepositForm = Literal["notice", "time", "large_cd", "margin"]
DepositState = Literal["active", "matured", "closed"]
RenewalMode = Literal["principal_and_interest", "principal", "none", "pay_out"]


class StandingNotice(Struct, frozen=True, kw_only=True):
    """A notice that waits for its day."""

    id: UUID
    given_on: date
    pay_on: date
    amount: Money


class Deposit(Struct, frozen=True, kw_only=True):
    """A deposit as it stands. ``rate`` is percent a year, None where that of the withdrawal day goes."""

    id: UUID
    cell: int
    customer: UUID
    arrangement: UUID | None
    account: str | None
    form: DepositForm
    state: DepositState
    currency: str
    product: str
    product_version: str
    title: dict[str, str]
    principal: Money
    source: str
    opened_on: date
    start: date
    maturity: date | None
    rate: str | None
    renewal: RenewalMode
    renewed: int
    part_withdrawals: int
    notice: StandingNotice | None
    frozen: Money
    obligation: str | None
    obliged: Money
    due_on: date | None
    predecessor: UUID | None
    successor: UUID | None
    closed_on: date | None


class DepositPage(Struct, frozen=True, kw_only=True):
    """A page of deposits and the cursor of the next page (None on the last)."""

    deposits: list[Deposit]
    next: str | None = None


class DepositEvent(Struct, frozen=True, kw_only=True):
    """Something that happened to a deposit: what moved, what it earned, by which rules, who did it."""

    id: UUID
    kind: str
    effective: date
    booked_on: date
    amount: Money
    interest: Money
    paid_to: str | None
    transfers: list[UUID]
    interest_posting: UUID | None
    facts: dict[str, Any]
    by: str
    at: datetime | None


class DepositEventList(Struct, frozen=True, kw_only=True):
    """What happened to a deposit."""

    events: list[DepositEvent]


class DepositInterestLine(Struct, frozen=True, kw_only=True):
    """Days on which a part of the principal bore one rate; ``why`` names the rule that chose it."""

    start: date
    end: date
    days: int
    balance: Money
    rate: str
    why: str


class DepositChange(Struct, frozen=True, kw_only=True):
    """What became of a request: the deposit as it stands then, the event, the lines of its interest."""

    deposit: Deposit
    event: DepositEvent
    lines: list[DepositInterestLine]
    repeated: bool
    preview: bool


class DepositNotice(Struct, frozen=True, kw_only=True):
    """A notice with what became of it: standing, used, cancelled or lapsed."""

    id: UUID
    given_on: date
    pay_on: date
    amount: Money
    state: str
    given_by: str
    resolved_on: date | None


class DepositNoticeList(Struct, frozen=True, kw_only=True):
    """The notices on a deposit."""

    notices: list[DepositNotice]


class DepositFreeze(Struct, frozen=True, kw_only=True):
    """A freeze with what was deducted under it."""

    id: UUID
    authority: str
    document: str
    amount: Money
    deducted: Money
    frozen_on: date
    lifted_on: date | None


class DepositFreezeList(Struct, frozen=True, kw_only=True):
    """The freezes of a deposit."""

    freezes: list[DepositFreeze]


class DueDeposit(Struct, frozen=True, kw_only=True):
    """A deposit on which something is due: its maturity, or something during its term."""

    deposit: UUID
    account: str
    kind: str
    on: date


class DueDepositList(Struct, frozen=True, kw_only=True):
    """What is due, by day."""

    events: list[DueDeposit]
