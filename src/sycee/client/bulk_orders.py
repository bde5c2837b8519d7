"""What can be asked of a bank about bulk orders: files of many payments."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Literal
from uuid import UUID

from msgspec.structs import replace

from sycee.client.bulk_records import BulkItem, BulkItemPage, BulkOrder
from sycee.client.transport import Transport
from sycee.kernel.ending import end

_ORDERS = "/v1/bulk-orders"
_PAGE = 1_000
_LOOK_EVERY_S = 1.0
TAKEN_IN_WITHIN_S = 900.0
"""How long it may take until a file is taken in: every line of it is read and kept before the answer."""

_UNDER_WAY = frozenset({"holding", "checking", "paying"})
MEDIA = {
    "xml": "application/xml",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""What each kind of file is called on the wire."""


class BulkOrderCalls:
    """The part of the client that is about bulk orders."""

    _transport: Transport

    async def send_bulk_order(
        self,
        content: bytes,
        *,
        kind: Literal["xml", "csv", "xlsx"] = "xml",
        all_or_nothing: bool = False,
        carry_out: bool = True,
        message_id: str | None = None,
        follow: bool = True,
        told: Callable[[BulkOrder], None] = lambda _order: None,
    ) -> BulkOrder:
        """Send a pain.001 file or a filled template, and wait until every payment is dealt with.

        With ``carry_out`` False it is only taken in, with ``follow`` False it is not waited for. ``told`` is
        called with the order as it gets on. Sending the same again is safe.
        """
        response = await self._transport.send(
            "POST",
            _ORDERS,
            params={
                "all_or_nothing": str(all_or_nothing).lower(),
                "carry_out": str(carry_out).lower(),
                "message_id": message_id,
            },
            content=content,
            headers={"Content-Type": MEDIA[kind]},
            timeout_s=TAKEN_IN_WITHIN_S,
        )
        order = self._transport.read(response, BulkOrder)
        told(order)
        if not follow or order.state not in _UNDER_WAY:
            return order
        return replace(await self.follow_bulk_order(order.id, told=told), duplicate=order.duplicate)

    async def carry_out_bulk_order(
        self, id: UUID | str, *, told: Callable[[BulkOrder], None] = lambda _order: None
    ) -> BulkOrder:
        """Pay an order that was only taken in or was interrupted, and wait until all is dealt with."""
        return await self.follow_bulk_order(id, told=told)

    async def follow_bulk_order(
        self, id: UUID | str, *, told: Callable[[BulkOrder], None] = lambda _order: None
    ) -> BulkOrder:
        """Have the bank go on with an order, and look every second how far it is, until it is at rest."""
        while True:
            work = asyncio.ensure_future(self._carry_on(id))
            try:
                while not (await asyncio.wait({work}, timeout=_LOOK_EVERY_S))[0]:
                    told(await self.bulk_order(id))
            finally:
                if not work.done():
                    await end([work])
            order = await work
            told(order)
            if order.state not in _UNDER_WAY:
                return order

    async def _carry_on(self, id: UUID | str) -> BulkOrder:
        return await self._transport.call("POST", f"{_ORDERS}/{id}/carry-out", BulkOrder)

    async def bulk_order(self, id: UUID | str) -> BulkOrder:
        """The order as it stands."""
        return await self._transport.call("GET", f"{_ORDERS}/{id}", BulkOrder)

    async def bulk_items(self, id: UUID | str) -> AsyncIterator[BulkItem]:
        """Every payment of an order in the order of its file, with what became of it."""
        after: str | None = "-1"
        while after is not None:
            page = await self._transport.call(
                "GET", f"{_ORDERS}/{id}/items", BulkItemPage, params={"after": after, "limit": _PAGE}
            )
            for item in page.items:
                yield item
            after = page.next

    async def bulk_status_report(self, id: UUID | str) -> bytes:
        """The pain.002 status report on an order."""
        return await self._bytes(f"{_ORDERS}/{id}/status-report")

    async def bulk_original(self, id: UUID | str) -> bytes:
        """The file of an order, byte for byte as it was sent."""
        return await self._bytes(f"{_ORDERS}/{id}/original")

    async def bulk_order_template(self, kind: Literal["csv", "xlsx"]) -> bytes:
        """An empty table to be filled in and sent."""
        return await self._bytes(f"/v1/bulk-order-templates/{kind}")

    async def _bytes(self, path: str) -> bytes:
        response = await self._transport.send("GET", path, headers={"Accept": "*/*"})
        return response.content
