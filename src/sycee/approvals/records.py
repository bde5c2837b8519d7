"""Approvals as they are kept: the request, what was said on it, what became of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol
from uuid import UUID

import msgspec

from sycee.approvals.facts import Facts

Vote = Literal["yes", "no"]


class ApprovalState(StrEnum):
    """What became of a request."""

    WAITING = "waiting"
    EXECUTED = "executed"
    FAILED = "failed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Actor(Protocol):
    """Who asks or decides, as the edge knows it: a caller of identity's is one.

    ``scopes`` are those of the credential that was shown; the principal may hold more.
    """

    @property
    def principal(self) -> UUID:
        """The principal."""

    @property
    def customer(self) -> UUID | None:
        """Whose user it is; None: the bank's own."""

    @property
    def person(self) -> UUID | None:
        """The person who signs under mandates, if there is one."""

    @property
    def scopes(self) -> frozenset[str]:
        """What the credential allows."""


class NewApproval(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: a command with its payload, under an id of the maker's making.

    ``expires_at`` None: after the command's own lifetime. ``acting_for``: whom the maker stands in for.
    """

    id: UUID
    command: str
    payload: bytes
    expires_at: datetime | None = None
    acting_for: UUID | None = None


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """A request and what became of it. ``result`` is the executed command's JSON; ``code`` why it failed."""

    cell: int | None
    id: UUID
    command: str
    customer: UUID | None
    payload: bytes
    digest: bytes
    facts: Facts
    maker: UUID
    maker_human: UUID
    maker_for: UUID | None
    state: ApprovalState
    requested_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    code: str | None
    reason: str
    result: bytes | None


class CastVote(msgspec.Struct, frozen=True, kw_only=True):
    """A yes or a no that was said. ``human`` is the person behind the principal."""

    approval: UUID
    human: UUID
    principal: UUID
    acting_for: UUID | None
    vote: Vote
    authority: str
    digest: bytes
    reason: str
    voted_at: datetime


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a request's trail. ``principal`` None: the bank itself."""

    what: str
    principal: UUID | None
    acting_for: UUID | None
    at: datetime
    authority: str
    code: str
    reason: str


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """A yes or a no to one request. ``digest`` is that of what the decider was shown, as bytes.

    ``acting_for``: on whose authority; None: on one's own, or else that of whom one stands in for.
    """

    approval: UUID
    vote: Vote
    digest: bytes
    reason: str = ""
    acting_for: UUID | None = None


class DecisionOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision came to: the request's state after it, or why it was refused.

    ``lacking`` says who else must agree while it waits; ``code`` and ``detail`` why the decision was refused
    (``accepted`` False) or the command failed.
    """

    approval: UUID
    accepted: bool
    state: ApprovalState | None
    code: str | None = None
    detail: str = ""
    lacking: tuple[str, ...] = ()
