"""Approvals on the wire: what was asked for, what was said, what waits for whom; rules and substitutions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from sycee.api.schemas.common import AccountNumber, CurrencyCode, Cursor, Money, Wire

State = Literal["waiting", "executed", "failed", "rejected", "withdrawn", "expired"]
CommandName = Annotated[
    str, Meta(max_length=100, description="Name of the command.", examples=["accounts.change"])
]
Pattern = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        description="A command, a beginning of names such as `accounts.*`, or `*`.",
        examples=["accounts.*"],
    ),
]
Digest = Annotated[
    str,
    Meta(
        description="SHA-256 of the payload, 64 hexadecimal digits: what a decision is about.",
        extra_json_schema={"pattern": "^[0-9a-f]{64}$"},
    ),
]
Who = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=1000,
        description="An authority: `scope:<scope>` on the side whose request it is, `bank:<scope>` on the "
        "bank's, `either:<scope>`, `principal:<id>,<id>`, `mandate:<operation>` as the customer's mandates "
        "say, `mandate:<operation>:<group>`.",
        examples=["scope:approvals:decide"],
    ),
]
Reason = Annotated[str, Meta(max_length=500, description="Why, for the record.")]
ActingFor = Annotated[UUID | None, Meta(description="The principal whom somebody stands in for.")]
Next = Annotated[Cursor | None, Meta(description="Cursor of the next page; null on the last.")]


class ApprovalLine(Wire):
    """A line of what people read before they agree."""

    en: str
    zh: str


class ApprovalTitle(Wire):
    """What the command is called."""

    en: str
    zh: str


class Approval(Wire):
    """A request and what became of it."""

    id: UUID
    command: CommandName
    title: ApprovalTitle
    customer: Annotated[UUID | None, Meta(description="Whose it is; null: the bank's own.")]
    state: State
    digest: Digest
    lines: Annotated[list[ApprovalLine], Meta(description="What it comes to, for people.")]
    accounts: list[AccountNumber]
    amount: Annotated[Money | None, Meta(description="The amount that rules look at, if there is one.")]
    maker: Annotated[UUID, Meta(description="The principal who asked.")]
    acting_for: ActingFor
    requested_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    code: Annotated[str | None, Meta(description="Why it failed: the code of the refusal.")]
    reason: Annotated[str, Meta(description="Why it failed, was turned down or withdrawn.")]
    result: Annotated[Any, Meta(description="What the command answered; null until it was executed.")]


class ApprovalPage(Wire):
    """A page of requests."""

    approvals: list[Approval]
    next: Next


class ApprovalVote(Wire):
    """A yes or a no."""

    principal: UUID
    acting_for: ActingFor
    vote: Literal["yes", "no"]
    authority: Annotated[str, Meta(description="As what it was said.")]
    reason: Reason
    voted_at: datetime


class ApprovalStageProgress(Wire):
    """How far a stage is, as everything stands now."""

    who: Who
    count: int
    met: bool
    by: Annotated[list[UUID], Meta(description="Principals whose yes is counted at it.")]
    lacking: str


class ApprovalDetail(Wire):
    """A request, what was said on it and how far it is."""

    approval: Approval
    payload: Annotated[
        bytes | None,
        Meta(
            description="What was asked for, byte for byte, in base64; `null` when it names single salaries "
            "and the caller lacks the permission `payroll:read`."
        ),
    ]
    votes: list[ApprovalVote]
    rules: Annotated[
        list[list[ApprovalStageProgress]],
        Meta(description="The stages of every rule that governs it; all must be met. Empty when it is over."),
    ]
    hindered: Annotated[str, Meta(description="Why nobody may say yes as things stand; empty otherwise.")]


class InboxItem(Wire):
    """A request that waits for the caller's yes."""

    approval: Approval
    authority: Annotated[str, Meta(description="As what the caller is asked.")]
    acting_for: ActingFor


class InboxPage(Wire):
    """A page of what waits for the caller, by id."""

    items: list[InboxItem]
    next: Next


class ApprovalEvent(Wire):
    """A line of a request's trail."""

    what: str
    principal: Annotated[UUID | None, Meta(description="Who; null: the bank itself.")]
    acting_for: ActingFor
    at: datetime
    authority: str
    code: str
    reason: str


class ApprovalTrail(Wire):
    """Everything that happened to a request, in order."""

    events: list[ApprovalEvent]


class ApprovalDecision(Wire):
    """A yes or a no to one request."""

    approval: UUID
    vote: Literal["yes", "no"]
    digest: Digest
    reason: Annotated[Reason, Meta(description="Needed for a no.")] = ""
    acting_for: ActingFor = None


class ApprovalDecisions(Wire):
    """Decisions on requests, each judged by itself."""

    decisions: Annotated[list[ApprovalDecision], Meta(min_length=1, max_length=10_000)]


class ApprovalOutcome(Wire):
    """What a decision came to."""

    approval: UUID
    accepted: bool
    state: Annotated[State | None, Meta(description="Of the request after it; null when there is none.")]
    code: Annotated[str | None, Meta(description="Why the decision was refused, or the command failed.")]
    detail: str
    lacking: Annotated[list[str], Meta(description="Who else must agree while it waits.")]


class ApprovalOutcomes(Wire):
    """Outcomes, in the order of the decisions."""

    outcomes: list[ApprovalOutcome]


class ApprovalWithdrawal(Wire):
    """Why a request is withdrawn."""

    reason: Reason = ""


class ApprovalStage(Wire):
    """So many different persons, of such authority."""

    who: Who
    count: Annotated[int, Meta(ge=1, le=20)] = 1
    with_maker: Annotated[
        bool, Meta(description="The maker's own signature under a mandate is one of them.")
    ] = False


class NewApprovalRule(Wire):
    """Who must agree to what. What is absent or null means any."""

    command: Pattern
    stages: Annotated[list[ApprovalStage], Meta(max_length=6, description="Met one after the other.")]
    account: AccountNumber | None = None
    counterparty: Annotated[str, Meta(max_length=200)] | None = None
    product: Annotated[str, Meta(max_length=200)] | None = None
    currency: CurrencyCode | None = None
    up_to: Annotated[Money | None, Meta(description="The largest amount that is still covered.")] = None
    makers: Annotated[int, Meta(ge=1, le=20, description="How many must ask before others agree.")] = 1
    note: Reason = ""
    valid_from: Annotated[datetime | None, Meta(description="Null, or past: from the release on.")] = None
    valid_to: datetime | None = None


class ApprovalRule(NewApprovalRule, kw_only=True):
    """A rule that is in force."""

    id: UUID
    customer: UUID | None
    released_by: Annotated[UUID, Meta(description="The approval by which it came in force.")]


class NewSegregation(Wire):
    """Two duties that nobody may join on one thing."""

    one: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=120,
            description="`make <command>`, `approve <command>` (or a beginning), or `as <authority>`.",
            examples=["make accounts.change"],
        ),
    ]
    other: Annotated[str, Meta(min_length=1, max_length=120, examples=["approve payments.*"])]
    note: Reason = ""


class Segregation(NewSegregation, kw_only=True):
    """Two duties that are kept apart."""

    id: UUID
    valid_from: datetime
    released_by: UUID


class ApprovalRuleChange(Wire):
    """Rules to put in force and others to end: asked for by one, released by another."""

    id: Annotated[UUID, Meta(description="Of your making: the same id with the same content is one request.")]
    rules: Annotated[list[NewApprovalRule], Meta(max_length=1000)] = msgspec.field(default_factory=list)
    segregations: Annotated[list[NewSegregation], Meta(max_length=1000)] = msgspec.field(default_factory=list)
    end_rules: Annotated[list[UUID], Meta(max_length=1000)] = msgspec.field(default_factory=list)
    end_segregations: Annotated[list[UUID], Meta(max_length=1000)] = msgspec.field(default_factory=list)


class ApprovalRuleList(Wire):
    """Rules and segregations that are in force."""

    rules: list[ApprovalRule]
    segregations: list[Segregation]


class NewSubstitution(Wire):
    """Who may stand in, until when and for what."""

    substitute: Annotated[UUID, Meta(description="The principal who stands in.")]
    valid_to: datetime
    valid_from: datetime | None = None
    command: Pattern = "*"
    up_to: Annotated[Money | None, Meta(description="The largest amount; acts without one are then out.")] = (
        None
    )
    reason: Reason = ""


class SubstitutionRequest(NewSubstitution, kw_only=True):
    """The same, asked for by somebody else than who is away."""

    id: Annotated[UUID, Meta(description="Of your making: the same id with the same content is one request.")]


class Substitution(Wire):
    """A substitution as it stands."""

    id: UUID
    customer: UUID | None
    absent: UUID
    substitute: UUID
    command: Pattern
    up_to: Money | None
    reason: Reason
    valid_from: datetime
    valid_to: datetime
    made_by: UUID
    made_at: datetime
    ended_by: UUID | None


class SubstitutionPage(Wire):
    """A page of substitutions, newest first."""

    substitutions: list[Substitution]
    next: Next
