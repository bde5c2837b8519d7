"""Approvals as the bank answers with them: requests, what was said, what waits; rules and substitutions."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct, field

from sycee.client.records import Money

ApprovalState = Literal["waiting", "executed", "failed", "rejected", "withdrawn", "expired"]


class Bilingual(Struct, frozen=True):
    """A text in both languages."""

    en: str
    zh: str


class Approval(Struct, frozen=True, kw_only=True):
    """A request and what became of it. ``digest`` is what a decision is about; ``lines`` are for people."""

    id: UUID
    command: str
    title: Bilingual
    customer: UUID | None
    state: ApprovalState
    digest: str
    lines: list[Bilingual]
    accounts: list[str]
    amount: Money | None
    maker: UUID
    acting_for: UUID | None
    requested_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    code: str | None
    reason: str
    result: Any


class ApprovalPage(Struct, frozen=True, kw_only=True):
    """A page of requests, newest first."""

    approvals: list[Approval]
    next: str | None = None


class ApprovalVote(Struct, frozen=True, kw_only=True):
    """A yes or a no, and as what it was said."""

    principal: UUID
    acting_for: UUID | None
    vote: Literal["yes", "no"]
    authority: str
    reason: str
    voted_at: datetime


class ApprovalStageProgress(Struct, frozen=True, kw_only=True):
    """How far a stage is; ``by`` are those whose yes is counted at it."""

    who: str
    count: int
    met: bool
    by: list[UUID]
    lacking: str


class ApprovalDetail(Struct, frozen=True, kw_only=True):
    """A request, what was said on it, and how far it is.

    ``payload`` is what was asked for, byte for byte; None when it names salaries that the caller may not see.
    """

    approval: Approval
    payload: bytes | None
    votes: list[ApprovalVote]
    rules: list[list[ApprovalStageProgress]]
    hindered: str


class InboxItem(Struct, frozen=True, kw_only=True):
    """A request that waits for the caller's yes: as what, and for whom the caller would stand in."""

    approval: Approval
    authority: str
    acting_for: UUID | None


class InboxPage(Struct, frozen=True, kw_only=True):
    """A page of what waits for the caller."""

    items: list[InboxItem]
    next: str | None = None


class ApprovalEvent(Struct, frozen=True, kw_only=True):
    """A line of a request's trail; ``principal`` None is the bank itself."""

    what: str
    principal: UUID | None
    acting_for: UUID | None
    at: datetime
    authority: str
    code: str
    reason: str


class ApprovalTrail(Struct, frozen=True, kw_only=True):
    """Everything that happened to a request."""

    events: list[ApprovalEvent]


class ApprovalDecision(Struct, frozen=True, kw_only=True):
    """A yes or a no to one request, by the digest of what was shown."""

    approval: UUID
    vote: Literal["yes", "no"]
    digest: str
    reason: str = ""
    acting_for: UUID | None = None


class ApprovalOutcome(Struct, frozen=True, kw_only=True):
    """What a decision came to; ``lacking`` says who else must agree."""

    approval: UUID
    accepted: bool
    state: ApprovalState | None
    code: str | None
    detail: str
    lacking: list[str]


class ApprovalOutcomes(Struct, frozen=True, kw_only=True):
    """Outcomes, in the order of the decisions."""

    outcomes: list[ApprovalOutcome]


class ApprovalStage(Struct, frozen=True, kw_only=True):
    """So many different persons, of such authority (``scope:approvals:decide``, ``mandate:pay`` …)."""

    who: str
    count: int = 1
    with_maker: bool = False


class NewApprovalRule(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who must agree to what. None means any."""

    command: str
    stages: list[ApprovalStage]
    account: str | None = None
    counterparty: str | None = None
    product: str | None = None
    currency: str | None = None
    up_to: Money | None = None
    makers: int = 1
    note: str = ""
    valid_from: datetime | None = None
    valid_to: datetime | None = None


class ApprovalRule(NewApprovalRule, frozen=True, kw_only=True):
    """A rule that is in force, by the approval ``released_by``."""

    id: UUID
    customer: UUID | None
    released_by: UUID


class NewSegregation(Struct, frozen=True, kw_only=True):
    """Two duties that nobody may join on one thing."""

    one: str
    other: str
    note: str = ""


class Segregation(NewSegregation, frozen=True, kw_only=True):
    """Two duties that are kept apart."""

    id: UUID
    valid_from: datetime
    released_by: UUID


class ApprovalRuleList(Struct, frozen=True, kw_only=True):
    """Rules and segregations that are in force."""

    rules: list[ApprovalRule] = field(default_factory=list)
    segregations: list[Segregation] = field(default_factory=list)


class Substitution(Struct, frozen=True, kw_only=True):
    """Who stands in for whom, from when to when, for what."""

    id: UUID
    customer: UUID | None
    absent: UUID
    substitute: UUID
    command: str
    up_to: Money | None
    reason: str
    valid_from: datetime
    valid_to: datetime
    made_by: UUID
    made_at: datetime
    ended_by: UUID | None


class SubstitutionPage(Struct, frozen=True, kw_only=True):
    """A page of substitutions, newest first."""

    substitutions: list[Substitution]
    next: str | None = None
