"""Deposits held in units on the wire: what is asked for, how they stand, what happened to them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, field

from sycee.api.schemas.common import AccountNumber, Cell, CurrencyCode, Cursor, Money, Wire

Form = Literal["notice", "time", "large_cd", "margin"]
State = Literal["active", "matured", "closed"]
RenewalMode = Annotated[
    Literal["principal_and_interest", "principal", "none", "pay_out"],
    Meta(
        description="At maturity: renew both, renew the principal and pay the interest, wait at the demand "
        "rate, or pay out."
    ),
]
RequestId = Annotated[
    UUID | None,
    Meta(description="Made by whoever asks, once: the same again is answered with the first outcome."),
]
Signers = Annotated[
    list[UUID], Meta(max_length=20, description="The persons who sign for the customer, by its mandates.")
]
Rate = Annotated[str, Meta(description="Percent a year.", examples=["1.35"])]
DryRun = Annotated[bool, Meta(description="Only tell what it would come to; nothing is done.")]
Word = Annotated[str, Meta(min_length=1, max_length=140)]


class NewDeposit(Wire):
    """A deposit to place. Name an arrangement that was signed, or a product as it is sold today."""

    source: Annotated[AccountNumber, Meta(description="The settlement account that the money comes from.")]
    amount: Money
    id: RequestId = None
    arrangement: Annotated[UUID | None, Meta(description="Under which it is placed.")] = None
    product: Annotated[Word | None, Meta(description="For which it is placed.")] = None
    choices: Annotated[
        dict[str, Any], Meta(description="For a product: what is negotiated, by path, within its bounds.")
    ] = field(default_factory=dict)
    renewal: RenewalMode | None = None
    maturity: Annotated[date | None, Meta(description="Where the tenor is agreed on.")] = None
    obligation: Annotated[Word | None, Meta(description="What a margin secures.")] = None
    obliged: Annotated[Money | None, Meta(description="How much of it.")] = None
    signers: Signers = field(default_factory=list)
    dry_run: DryRun = False


class StandingNotice(Wire):
    """A notice that waits for its day."""

    id: UUID
    given_on: date
    pay_on: date
    amount: Money


class Deposit(Wire):
    """A deposit as it stands."""

    id: UUID
    cell: Cell
    customer: UUID
    arrangement: UUID | None
    account: Annotated[
        AccountNumber | None, Meta(description="Its restricted account; null in a preview of a placement.")
    ]
    form: Form
    state: State
    currency: CurrencyCode
    product: str
    product_version: str
    title: Annotated[dict[str, str], Meta(description="In English (en) and Chinese (zh).")]
    principal: Money
    source: AccountNumber
    opened_on: date
    start: Annotated[date, Meta(description="The first day that bears interest, of the present term.")]
    maturity: date | None
    rate: Annotated[
        Rate | None, Meta(description="Percent a year; null where it is that of the day of withdrawal.")
    ]
    renewal: RenewalMode
    renewed: Annotated[int, Meta(description="How often it was renewed.")]
    part_withdrawals: Annotated[int, Meta(description="Parts withdrawn early in the present term.")]
    notice: StandingNotice | None
    frozen: Annotated[Money, Meta(description="Held by authorities.")]
    obligation: str | None
    obliged: Annotated[Money, Meta(description="What stands of the obligation that a margin secures.")]
    due_on: Annotated[date | None, Meta(description="When something happens by itself next.")]
    predecessor: Annotated[UUID | None, Meta(description="The certificate that this one was.")]
    successor: Annotated[UUID | None, Meta(description="The certificate of the next holder.")]
    closed_on: date | None


class DepositPage(Wire):
    """A page of deposits."""

    deposits: list[Deposit]
    next: Annotated[Cursor | None, Meta(description="Cursor of the next page; null on the last.")]


class DepositEvent(Wire):
    """Something that happened to a deposit."""

    id: UUID
    kind: str
    effective: Annotated[date, Meta(description="The day for which interest was reckoned.")]
    booked_on: date
    amount: Annotated[Money, Meta(description="The principal that moved.")]
    interest: Annotated[Money, Meta(description="The interest that was paid with it.")]
    paid_to: AccountNumber | None
    transfers: list[UUID]
    interest_posting: Annotated[UUID | None, Meta(description="Whose lines explain the interest.")]
    facts: Annotated[dict[str, Any], Meta(description="The rules that were applied, and what they saw.")]
    by: Annotated[str, Meta(description="Who did it.")]
    at: datetime | None


class DepositEvents(Wire):
    """What happened to a deposit, oldest first."""

    events: list[DepositEvent]


class DepositInterestLine(Wire):
    """Days on which a part of the principal bore one rate."""

    start: date
    end: Annotated[date, Meta(description="Included.")]
    days: int
    balance: Money
    rate: Rate
    why: Annotated[str, Meta(description="The rule that chose the rate.")]


class DepositChange(Wire):
    """What became of a request: the deposit as it stands then, the event, the lines of its interest."""

    deposit: Deposit
    event: DepositEvent
    lines: list[DepositInterestLine]
    repeated: Annotated[bool, Meta(description="It had been done before.")]
    preview: Annotated[bool, Meta(description="Nothing was done.")]


class NewNotice(Wire):
    """Notice of a withdrawal."""

    id: RequestId = None
    amount: Annotated[Money | None, Meta(description="All of the principal when absent.")] = None
    pay_on: Annotated[date | None, Meta(description="The first day possible when absent.")] = None
    signers: Signers = field(default_factory=list)


class Notice(Wire):
    """A notice with what became of it."""

    id: UUID
    given_on: date
    pay_on: date
    amount: Money
    state: Literal["standing", "used", "cancelled", "lapsed"]
    given_by: str
    resolved_on: date | None


class Notices(Wire):
    """The notices on a deposit, oldest first."""

    notices: list[Notice]


class NoticeCancellation(Wire):
    """The notice is taken back."""

    id: RequestId = None
    signers: Signers = field(default_factory=list)


class NewWithdrawal(Wire):
    """A withdrawal; without an amount all is paid out and the deposit closes."""

    to: Annotated[AccountNumber, Meta(description="An account of the customer's own.")]
    id: RequestId = None
    amount: Money | None = None
    signers: Signers = field(default_factory=list)
    dry_run: DryRun = False


class RenewalInstruction(Wire):
    """What is to happen at maturity."""

    renewal: RenewalMode
    id: RequestId = None
    signers: Signers = field(default_factory=list)


class NewCertificateTransfer(Wire):
    """A large CD goes to the customer who pays for it."""

    price: Money
    pay_from: Annotated[AccountNumber, Meta(description="The buyer's settlement account.")]
    pay_to: Annotated[AccountNumber, Meta(description="The seller's settlement account.")]
    id: RequestId = None
    signers: Signers = field(default_factory=list)
    buyer_signers: Signers = field(default_factory=list)


class NewFreeze(Wire):
    """An authority freezes an amount under the number of its document."""

    amount: Money
    authority: Word
    document: Word
    id: RequestId = None


class Freeze(Wire):
    """A freeze with what was deducted under it."""

    id: UUID
    authority: str
    document: str
    amount: Money
    deducted: Money
    frozen_on: date
    lifted_on: date | None


class Freezes(Wire):
    """The freezes of a deposit, oldest first."""

    freezes: list[Freeze]


class FreezeLift(Wire):
    """The freeze is lifted."""

    id: RequestId = None


class NewDeduction(Wire):
    """The authority takes some of what it has frozen."""

    amount: Money
    to: AccountNumber
    id: RequestId = None


class ObligationChange(Wire):
    """What stands of the obligation that a margin secures; 0 when it is discharged."""

    obliged: Money
    id: RequestId = None


class DueEvent(Wire):
    """A deposit on which something is due."""

    deposit: UUID
    account: AccountNumber
    kind: Literal["maturity", "during_term"]
    on: date


class DueEvents(Wire):
    """What is due, by day."""

    events: list[DueEvent]
