"""What can be asked of a bank about components, products and packages, and how new ones come to be."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote
from uuid import UUID

from sycee.client.component_records import (
    Capability,
    Component,
    ComponentCounts,
    ComponentPage,
    ComponentProposal,
    ComponentProposalPage,
    ComponentSort,
    Condition,
    NewEnding,
    Package,
    Product,
    ProposalState,
    ResolvedProduct,
)
from sycee.client.transport import Transport
from sycee.kernel.ids import uuid7

_PROPOSALS = "/v1/component-proposals"


class ComponentCalls:
    """The part of the client that is about components."""

    _transport: Transport

    async def find_components(
        self,
        text: str = "",
        *,
        sort: ComponentSort | None = None,
        kind: str | None = None,
        on: date | None = None,
        page: int = 200,
    ) -> AsyncIterator[Component]:
        """Components that hold every word of a text, best match first; on a day, or all versions."""
        cursor: str | None = None
        while True:
            params = {
                "q": text or None,
                "sort": sort,
                "kind": kind,
                "on": _day(on),
                "cursor": cursor,
                "limit": page,
            }
            reply = await self._transport.call("GET", "/v1/components", ComponentPage, params=params)
            for component in reply.components:
                yield component
            if (cursor := reply.next) is None:
                return

    async def component_counts(self) -> ComponentCounts:
        """How many components there are, by sort and by kind."""
        return await self._transport.call("GET", "/v1/components/counts", ComponentCounts)

    async def capability(self, id: str) -> Capability:
        """A capability, name@version, with the schema of its parameters."""
        return await self._transport.call("GET", f"/v1/capabilities/{_part(id)}", Capability)

    async def condition(self, id: str, *, on: date | None = None) -> Condition:
        """A condition as it is on a day (default: today)."""
        path = f"/v1/conditions/{_part(id)}"
        return await self._transport.call("GET", path, Condition, params={"on": _day(on)})

    async def product(self, id: str, *, on: date | None = None) -> Product:
        """A product as it is on a day (default: today), its bases laid under it."""
        path = f"/v1/products/{_part(id)}"
        return await self._transport.call("GET", path, Product, params={"on": _day(on)})

    async def package(self, id: str, *, on: date | None = None) -> Package:
        """A package as it is on a day (default: today)."""
        path = f"/v1/packages/{_part(id)}"
        return await self._transport.call("GET", path, Package, params={"on": _day(on)})

    async def resolve_product(
        self, id: str, *, on: date | None = None, choices: Mapping[str, Any] | None = None
    ) -> ResolvedProduct:
        """A product as it would be sold on a day with these choices; nothing is kept."""
        body = {"on": on, "choices": choices or {}}
        path = f"/v1/products/{_part(id)}/resolutions"
        return await self._transport.call("POST", path, ResolvedProduct, body=body)

    async def propose_components(
        self,
        document: Any = None,
        *,
        reason: str,
        endings: Sequence[NewEnding] = (),
        dry_run: bool = False,
        key: str | None = None,
    ) -> ComponentProposal:
        """Propose definitions (as in a YAML file) and ends of versions; ``dry_run`` only checks them."""
        body = {
            "reason": reason,
            "document": document if document is not None else {},
            "endings": endings,
            "dry_run": dry_run,
        }
        key = key or str(uuid7())
        return await self._transport.call("POST", _PROPOSALS, ComponentProposal, body=body, key=key)

    async def component_proposals(
        self, *, state: ProposalState | None = None, page: int = 20
    ) -> AsyncIterator[ComponentProposal]:
        """Proposals of components, the newest first."""
        cursor: str | None = None
        while True:
            params = {"state": state, "cursor": cursor, "limit": page}
            reply = await self._transport.call("GET", _PROPOSALS, ComponentProposalPage, params=params)
            for proposal in reply.proposals:
                yield proposal
            if (cursor := reply.next) is None:
                return

    async def component_proposal(self, id: UUID | str) -> ComponentProposal:
        """A proposal of components and what became of it."""
        return await self._transport.call("GET", f"{_PROPOSALS}/{id}", ComponentProposal)

    async def release_components(self, id: UUID | str, *, remark: str = "") -> ComponentProposal:
        """Say yes to what somebody else proposed; the last yes releases it."""
        return await self._decide(id, "release", remark)

    async def reject_components(self, id: UUID | str, *, remark: str) -> ComponentProposal:
        """Turn down what somebody else proposed, and say why."""
        return await self._decide(id, "reject", remark)

    async def withdraw_components(self, id: UUID | str, *, remark: str = "") -> ComponentProposal:
        """Take back one's own proposal."""
        return await self._decide(id, "withdraw", remark)

    async def _decide(self, id: UUID | str, action: str, remark: str) -> ComponentProposal:
        path, body = f"{_PROPOSALS}/{id}/{action}", {"remark": remark}
        return await self._transport.call("POST", path, ComponentProposal, body=body, key=str(uuid7()))


def _part(id: str) -> str:
    return quote(id, safe="@")


def _day(on: date | None) -> str | None:
    return None if on is None else on.isoformat()
