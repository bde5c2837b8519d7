"""What can be asked of a bank about standing orders."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

from sycee.client.standing_order_records import (
    NewStandingOrder,
    Occurrence,
    OccurrencePage,
    StandingOrder,
    StandingOrderEvent,
    StandingOrderEvents,
    StandingOrderPage,
    StandingOrderState,
    StandingTerms,
)
from sycee.client.transport import Transport
from sycee.kernel.ids import uuid7

_ORDERS = "/v1/standing-orders"


class StandingOrderCalls:
    """The part of the client that is about standing orders."""

    _transport: Transport

    async def make_standing_order(self, new: NewStandingOrder, *, dates: int = 12) -> StandingOrder:
        """Make a standing order; ``dates`` is how many of its next dates are shown.

        Raises WaitsForApproval when others have to agree first.
        """
        return await self._make(new, dates, dry_run=False)

    async def preview_standing_order(self, new: NewStandingOrder, *, dates: int = 12) -> StandingOrder:
        """The order as it would be made, with its dates; nothing is kept."""
        return await self._make(new, dates, dry_run=True)

    async def _make(self, new: NewStandingOrder, dates: int, *, dry_run: bool) -> StandingOrder:
        body = {
            "id": new.id,
            "debit_account": new.debit_account,
            "terms": new.terms,
            "dry_run": dry_run,
            "dates": dates,
        }
        key = None if dry_run else uuid7().hex
        return await self._transport.change("POST", _ORDERS, StandingOrder, body=body, key=key)

    async def standing_order(self, id: UUID) -> StandingOrder:
        """The standing order as it stands."""
        return await self._transport.call("GET", f"{_ORDERS}/{id}", StandingOrder)

    async def standing_orders(
        self,
        *,
        customer: UUID | None = None,
        account: str | None = None,
        state: StandingOrderState | None = None,
        page: int = 100,
    ) -> AsyncIterator[StandingOrder]:
        """Standing orders, the newest first; ``page`` of them are fetched at a time."""
        cursor: str | None = None
        while True:
            params = {
                "customer": str(customer) if customer is not None else None,
                "account": account,
                "state": state,
                "cursor": cursor,
                "limit": page,
            }
            reply = await self._transport.call("GET", _ORDERS, StandingOrderPage, params=params)
            for order in reply.standing_orders:
                yield order
            if (cursor := reply.next) is None:
                return

    async def occurrences(self, id: UUID, *, page: int = 100) -> AsyncIterator[Occurrence]:
        """What became of the dates of a standing order, the latest first."""
        cursor: str | None = None
        while True:
            params = {"cursor": cursor, "limit": page}
            path = f"{_ORDERS}/{id}/occurrences"
            reply = await self._transport.call("GET", path, OccurrencePage, params=params)
            for occurrence in reply.occurrences:
                yield occurrence
            if (cursor := reply.next) is None:
                return

    async def standing_order_events(self, id: UUID) -> list[StandingOrderEvent]:
        """Everything that happened to a standing order, the first thing first."""
        return (await self._transport.call("GET", f"{_ORDERS}/{id}/events", StandingOrderEvents)).events

    async def change_standing_order(
        self, id: UUID, terms: StandingTerms, *, dates: int = 12
    ) -> StandingOrder:
        """Agree on other terms from the next occurrence on. Raises WaitsForApproval."""
        body = {"terms": terms, "dates": dates}
        path = f"{_ORDERS}/{id}/change"
        return await self._transport.change("POST", path, StandingOrder, body=body, key=uuid7().hex)

    async def resume_standing_order(self, id: UUID, *, reason: str = "") -> StandingOrder:
        """Let a suspended order go on. Raises WaitsForApproval."""
        path = f"{_ORDERS}/{id}/resume"
        return await self._transport.change(
            "POST", path, StandingOrder, body={"reason": reason}, key=uuid7().hex
        )

    async def suspend_standing_order(self, id: UUID, *, reason: str = "") -> StandingOrder:
        """Let an order rest: what falls due is skipped until it is resumed."""
        path, body = f"{_ORDERS}/{id}/suspend", {"reason": reason}
        return await self._transport.call("POST", path, StandingOrder, body=body)

    async def end_standing_order(self, id: UUID, *, reason: str = "") -> StandingOrder:
        """End an order for good."""
        return await self._transport.call(
            "POST", f"{_ORDERS}/{id}/end", StandingOrder, body={"reason": reason}
        )
