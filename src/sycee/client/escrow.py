"""What can be asked of a bank about supervised accounts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Literal
from uuid import UUID

from sycee.client.approval_records import Approval
from sycee.client.escrow_records import (
    Escrow,
    EscrowPage,
    NewEscrow,
    Release,
    ReleaseOutcome,
    ReleaseOutcomes,
    ReleasePage,
    ReleaseState,
)
from sycee.client.transport import Transport
from sycee.kernel.ids import uuid7

_AGREEMENTS, _RELEASES = "/v1/escrow-agreements", "/v1/escrow-releases"


class EscrowCalls:
    """The part of the client that is about supervised accounts."""

    _transport: Transport

    async def make_escrow_agreement(self, new: NewEscrow) -> Approval:
        """Ask for an account to be put under supervision; another person of the bank agrees."""
        return await self._transport.call("POST", _AGREEMENTS, Approval, body=new, key=uuid7().hex)

    async def end_escrow_agreement(self, id: UUID, reason: str) -> Approval:
        """Ask for a supervision to be ended; another person of the bank agrees."""
        path, body = f"{_AGREEMENTS}/{id}/end", {"reason": reason}
        return await self._transport.call("POST", path, Approval, body=body, key=uuid7().hex)

    async def escrow_agreement(self, id: UUID) -> Escrow:
        """The agreement on a supervised account."""
        return await self._transport.call("GET", f"{_AGREEMENTS}/{id}", Escrow)

    async def escrow_agreements(
        self, *, customer: UUID | None = None, account: str | None = None, page: int = 100
    ) -> AsyncIterator[Escrow]:
        """Agreements, the newest first; ``page`` of them are fetched at a time."""
        cursor: str | None = None
        while True:
            params = {
                "customer": str(customer) if customer is not None else None,
                "account": account,
                "cursor": cursor,
                "limit": page,
            }
            reply = await self._transport.call("GET", _AGREEMENTS, EscrowPage, params=params)
            for agreement in reply.escrow_agreements:
                yield agreement
            if (cursor := reply.next) is None:
                return

    async def escrow_releases(
        self, *, agreement: UUID | None = None, state: ReleaseState | None = None, page: int = 100
    ) -> AsyncIterator[Release]:
        """Payments from supervised accounts, the newest first."""
        cursor: str | None = None
        while True:
            params = {
                "agreement": str(agreement) if agreement is not None else None,
                "state": state,
                "cursor": cursor,
                "limit": page,
            }
            reply = await self._transport.call("GET", _RELEASES, ReleasePage, params=params)
            for release in reply.escrow_releases:
                yield release
            if (cursor := reply.next) is None:
                return

    async def decide_escrow_releases(
        self, payments: Sequence[UUID], vote: Literal["yes", "no"], *, reason: str = ""
    ) -> list[ReleaseOutcome]:
        """Say yes or no to payments; an outcome each, in order."""
        decisions = [{"payment": id, "vote": vote, "reason": reason} for id in payments]
        reply = await self._transport.call(
            "POST", f"{_RELEASES}/decide", ReleaseOutcomes, body={"decisions": decisions}
        )
        return reply.outcomes
