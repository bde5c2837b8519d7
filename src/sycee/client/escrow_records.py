"""What the bank answers about supervised accounts, as typed values."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct, field

from sycee.client.payment_records import PaymentState
from sycee.client.records import Money
from sycee.kernel.ids import uuid7

ReleaseState = Literal["waiting", "released", "refused", "cancelled"]


class EscrowPayee(Struct, frozen=True, kw_only=True):
    """Whom a supervised account may pay. Without ``creditor_agent`` at this bank."""

    creditor_account: str
    creditor_name: str
    creditor_agent: str | None = None


class NewEscrow(Struct, frozen=True, kw_only=True):
    """An account to put under supervision; the id is made here unless given.

    ``supervisor`` is the customer who supervises, None the bank. Without ``purposes`` or ``payees`` any will
    do that the releasers agree to.
    """

    account: str
    beneficiary_name: str
    supervisor_name: str
    document: str
    releasers: list[UUID]
    id: UUID = field(default_factory=uuid7)
    releases_needed: int = 1
    beneficiary: UUID | None = None
    supervisor: UUID | None = None
    purposes: list[str] = field(default_factory=list)
    payees: list[EscrowPayee] = field(default_factory=list)
    single_limit: Money | None = None
    total_limit: Money | None = None


class Escrow(Struct, frozen=True, kw_only=True):
    """The agreement on a supervised account; ``ended_at`` is None as long as it is supervised."""

    id: UUID
    cell: int
    account: str
    customer: UUID | None
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
    ended_at: datetime | None
    reason: str | None


class EscrowPage(Struct, frozen=True):
    """A page of agreements."""

    escrow_agreements: list[Escrow]
    next: str | None


class ReleaseVote(Struct, frozen=True, kw_only=True):
    """What a releaser said on a payment."""

    principal: UUID
    vote: Literal["yes", "no"]
    reason: str
    voted_at: datetime


class Release(Struct, frozen=True, kw_only=True):
    """A payment from a supervised account that waits for release, or did."""

    payment: UUID
    agreement: UUID
    account: str
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


class ReleasePage(Struct, frozen=True):
    """A page of payments from supervised accounts."""

    escrow_releases: list[Release]
    next: str | None


class ReleaseOutcome(Struct, frozen=True):
    """How a payment stands after a decision; with a code, the decision did not count."""

    payment: UUID
    state: PaymentState | None = None
    code: str | None = None
    detail: str | None = None
    again: bool = False


class ReleaseOutcomes(Struct, frozen=True):
    """One outcome for each decision."""

    outcomes: list[ReleaseOutcome]
