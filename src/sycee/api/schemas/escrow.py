"""Supervised accounts on the wire: the agreement on each, and the payments that wait for release."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, field

from sycee.api.schemas.common import AccountNumber, Cell, Cursor, Money, Wire
from sycee.api.schemas.payments import Reason, ReasonCode, State

Name = Annotated[str, Meta(min_length=1, max_length=140)]
ReleaseState = Literal["waiting", "released", "refused", "cancelled"]


class EscrowPayee(Wire):
    """Whom a supervised account may pay."""

    creditor_account: Annotated[str, Meta(min_length=1, max_length=64, description="The payee's account.")]
    creditor_name: Annotated[str, Meta(min_length=1, max_length=140, description="The payee.")]
    creditor_agent: Annotated[
        Annotated[str, Meta(max_length=12)] | None, Meta(description="The payee's bank. Absent: this bank.")
    ] = None


class NewEscrow(Wire):
    """An account to put under supervision."""

    id: Annotated[UUID, Meta(description="Made by the client (UUIDv7 recommended).")]
    account: Annotated[AccountNumber, Meta(description="The account, of the payer.")]
    beneficiary_name: Annotated[Name, Meta(description="For whom the money is kept safe.")]
    supervisor_name: Annotated[Name, Meta(description="Who supervises.")]
    document: Annotated[Name, Meta(description="The signed agreement, as it is filed.")]
    releasers: Annotated[
        list[UUID],
        Meta(
            min_length=1,
            max_length=50,
            description="Principals who release: the supervisor's, or the bank's.",
        ),
    ]
    releases_needed: Annotated[
        int, Meta(ge=1, le=10, description="How many persons among them agree to each payment.")
    ] = 1
    beneficiary: Annotated[UUID | None, Meta(description="The customer that it is, if it is one.")] = None
    supervisor: Annotated[UUID | None, Meta(description="The customer who supervises. Absent: the bank.")] = (
        None
    )
    purposes: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=35)]],
        Meta(max_length=100, description="Purpose codes that may be paid for; none: any."),
    ] = field(default_factory=list)
    payees: Annotated[
        list[EscrowPayee], Meta(max_length=1000, description="Who may be paid; none: anybody.")
    ] = field(default_factory=list)
    single_limit: Annotated[Money | None, Meta(description="Most that one payment is.")] = None
    total_limit: Annotated[
        Money | None, Meta(description="Most that is paid out altogether; what came back does not count.")
    ] = None


class Escrow(Wire):
    """The agreement on a supervised account."""

    id: UUID
    cell: Cell
    account: AccountNumber
    customer: Annotated[UUID | None, Meta(description="The payer, whose account it is.")]
    beneficiary: UUID | None
    beneficiary_name: str
    supervisor: UUID | None
    supervisor_name: str
    document: str
    purposes: list[str]
    payees: list[EscrowPayee]
    single_limit: Money | None
    total_limit: Money | None
    releasers: list[UUID]
    releases_needed: int
    made_by: str
    made_at: datetime
    ended_by: str | None
    ended_at: Annotated[datetime | None, Meta(description="Null as long as the account is supervised.")]
    reason: Annotated[str | None, Meta(description="Why it ended.")]


class EscrowPage(Wire):
    """A page of agreements."""

    escrow_agreements: list[Escrow]
    next: Cursor | None


class EscrowEnd(Wire):
    """Why a supervision ends."""

    reason: Annotated[str, Meta(min_length=1, max_length=500, description="Why, for people.")]


class ReleaseVote(Wire):
    """What a releaser said on a payment."""

    principal: UUID
    vote: Literal["yes", "no"]
    reason: str
    voted_at: datetime


class Release(Wire):
    """A payment from a supervised account that waits for release, or did."""

    payment: UUID
    agreement: UUID
    account: AccountNumber
    amount: Money
    creditor_account: str
    creditor_name: str
    creditor_agent: str | None
    purpose: str
    remittance: str
    asked_by: str
    asked_at: datetime
    state: ReleaseState
    decided_at: datetime | None
    votes: list[ReleaseVote]


class ReleasePage(Wire):
    """A page of payments from supervised accounts."""

    escrow_releases: list[Release]
    next: Cursor | None


class ReleaseDecision(Wire):
    """A releaser's yes or no to a payment."""

    payment: UUID
    vote: Literal["yes", "no"]
    reason: Annotated[str, Meta(max_length=500, description="Why, for people.")] = ""


class ReleaseDecisions(Wire):
    """What a releaser says to some payments."""

    decisions: Annotated[list[ReleaseDecision], Meta(min_length=1, max_length=100)]


class ReleaseOutcome(Wire, omit_defaults=True):
    """How a payment stands after a decision. Without a code, the decision counts."""

    payment: UUID
    state: State | None = None
    code: ReasonCode = None
    detail: Reason = None
    again: Annotated[bool, Meta(description="It had been decided so before.")] = False


class ReleaseOutcomes(Wire):
    """One outcome for each decision, in order."""

    outcomes: list[ReleaseOutcome]
