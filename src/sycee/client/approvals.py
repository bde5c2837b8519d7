"""What can be asked of a bank about approvals."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sycee.client.approval_records import (
    Approval,
    ApprovalDecision,
    ApprovalDetail,
    ApprovalEvent,
    ApprovalOutcome,
    ApprovalOutcomes,
    ApprovalPage,
    ApprovalRuleList,
    ApprovalState,
    ApprovalTrail,
    InboxItem,
    InboxPage,
    NewApprovalRule,
    NewSegregation,
    Substitution,
    SubstitutionPage,
)
from sycee.client.records import Money
from sycee.client.transport import Transport
from sycee.kernel.ids import uuid7

_APPROVALS = "/v1/approvals"


class ApprovalCalls:
    """The part of the client that is about approvals."""

    _transport: Transport

    async def approvals(
        self,
        *,
        state: ApprovalState | None = None,
        command: str | None = None,
        customer: UUID | None = None,
        page: int = 100,
    ) -> AsyncIterator[Approval]:
        """What was asked for, newest first."""
        cursor: str | None = None
        about = {"state": state, "command": command, "customer": None if customer is None else str(customer)}
        while True:
            params = {**about, "cursor": cursor, "limit": page}
            reply = await self._transport.call("GET", _APPROVALS, ApprovalPage, params=params)
            for approval in reply.approvals:
                yield approval
            if (cursor := reply.next) is None:
                return

    async def approval_inbox(self, *, page: int = 100) -> AsyncIterator[InboxItem]:
        """What waits for one's yes right now."""
        cursor: str | None = None
        while True:
            params = {"cursor": cursor, "limit": page}
            reply = await self._transport.call("GET", "/v1/approval-inbox", InboxPage, params=params)
            for item in reply.items:
                yield item
            if (cursor := reply.next) is None:
                return

    async def approval(self, id: UUID | str) -> ApprovalDetail:
        """A request with what was said on it and how far it is."""
        return await self._transport.call("GET", f"{_APPROVALS}/{id}", ApprovalDetail)

    async def approval_trail(self, id: UUID | str) -> list[ApprovalEvent]:
        """Everything that happened to a request, in order."""
        return (await self._transport.call("GET", f"{_APPROVALS}/{id}/events", ApprovalTrail)).events

    async def decide(self, decisions: Sequence[ApprovalDecision]) -> list[ApprovalOutcome]:
        """Say yes or no to requests; an outcome for each. Saying the same again is harmless."""
        body = {"decisions": decisions}
        reply = await self._transport.call(
            "POST", "/v1/approval-decisions", ApprovalOutcomes, body=body, key=str(uuid7())
        )
        return reply.outcomes

    async def withdraw_approval(self, id: UUID | str, *, reason: str = "") -> Approval:
        """Take back what one asked for."""
        path = f"{_APPROVALS}/{id}/withdraw"
        return await self._transport.call("POST", path, Approval, body={"reason": reason}, key=str(uuid7()))

    async def approval_rules(self, customer: UUID | str | None = None) -> ApprovalRuleList:
        """The rules in force: the bank's with its segregations, or a customer's own."""
        return await self._transport.call("GET", _rules(customer), ApprovalRuleList)

    async def propose_approval_rules(
        self,
        rules: Iterable[NewApprovalRule] = (),
        *,
        segregations: Iterable[NewSegregation] = (),
        end_rules: Iterable[UUID] = (),
        end_segregations: Iterable[UUID] = (),
        customer: UUID | str | None = None,
        id: UUID | None = None,
    ) -> Approval:
        """Ask for rules to be put in force and others to be ended; somebody else says yes to it."""
        body: dict[str, Any] = {
            "id": id or uuid7(),
            "rules": list(rules),
            "segregations": list(segregations),
            "end_rules": list(end_rules),
            "end_segregations": list(end_segregations),
        }
        return await self._transport.call("POST", _rules(customer), Approval, body=body, key=str(uuid7()))

    async def substitutions(self, principal: UUID | str, *, page: int = 100) -> AsyncIterator[Substitution]:
        """In whose place somebody stands, and who in theirs; newest first."""
        cursor: str | None = None
        path = f"/v1/principals/{principal}/substitutions"
        while True:
            params = {"cursor": cursor, "limit": page}
            reply = await self._transport.call("GET", path, SubstitutionPage, params=params)
            for one in reply.substitutions:
                yield one
            if (cursor := reply.next) is None:
                return

    async def lend_authority(
        self,
        absent: UUID | str,
        substitute: UUID | str,
        valid_to: datetime,
        *,
        valid_from: datetime | None = None,
        command: str = "*",
        up_to: Money | None = None,
        reason: str = "",
    ) -> Substitution:
        """Let somebody stand in for oneself (``absent`` is one's own principal)."""
        body = _substitution(substitute, valid_to, valid_from, command, up_to, reason)
        path = f"/v1/principals/{absent}/substitutions"
        return await self._transport.call("POST", path, Substitution, body=body, key=str(uuid7()))

    async def propose_substitution(
        self,
        absent: UUID | str,
        substitute: UUID | str,
        valid_to: datetime,
        *,
        valid_from: datetime | None = None,
        command: str = "*",
        up_to: Money | None = None,
        reason: str = "",
        id: UUID | None = None,
    ) -> Approval:
        """Ask that somebody stands in for another; somebody else who keeps the rules says yes to it."""
        body = _substitution(substitute, valid_to, valid_from, command, up_to, reason)
        path = f"/v1/principals/{absent}/substitution-proposals"
        asked = {**body, "id": id or uuid7()}
        return await self._transport.call("POST", path, Approval, body=asked, key=str(uuid7()))

    async def end_substitution(self, id: UUID | str) -> Substitution:
        """End a substitution at once."""
        path = f"/v1/substitutions/{id}/end"
        return await self._transport.call("POST", path, Substitution, body={}, key=str(uuid7()))


def _rules(customer: UUID | str | None) -> str:
    return "/v1/approval-rules" if customer is None else f"/v1/customers/{customer}/approval-rules"


def _substitution(
    substitute: UUID | str,
    valid_to: datetime,
    valid_from: datetime | None,
    command: str,
    up_to: Money | None,
    reason: str,
) -> dict[str, Any]:
    return {
        "substitute": substitute,
        "valid_to": valid_to,
        "valid_from": valid_from,
        "command": command,
        "up_to": up_to,
        "reason": reason,
    }
