"""What can be asked of a bank about roles, who was given which, and the branch of a customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sycee.client.records import Money
from sycee.client.role_records import Audience, CustomerBranch, Grant, GrantList, Role, RoleList
from sycee.client.transport import Transport
from sycee.kernel.ids import uuid7


class RoleCalls:
    """The part of the client that is about roles."""

    _transport: Transport

    async def roles(self) -> list[Role]:
        """Every role that the bank has; for people of a customer, those that are for them."""
        return (await self._transport.call("GET", "/v1/roles", RoleList)).roles

    async def define_role(
        self, id: str, audience: Audience, title: str, local_title: str, permissions: Sequence[str]
    ) -> Role:
        """Make a role, or change what one allows, for all who have it. Raises WaitsForApproval."""
        body: dict[str, Any] = {
            "id": id,
            "audience": audience,
            "title": title,
            "local_title": local_title,
            "permissions": list(permissions),
        }
        return await self._transport.change("POST", "/v1/roles", Role, body=body, key=str(uuid7()))

    async def grants(self, principal: UUID) -> list[Grant]:
        """All that a principal was ever given, oldest first."""
        path = f"/v1/principals/{principal}/grants"
        return (await self._transport.call("GET", path, GrantList)).grants

    async def give_role(
        self,
        principal: UUID,
        role: str,
        *,
        reason: str,
        valid_from: datetime | None = None,
        valid_until: datetime | None = None,
        customer: UUID | None = None,
        cell: int | None = None,
        branch: str | None = None,
        product: str | None = None,
        amount: Money | None = None,
    ) -> Grant:
        """Give somebody else a role; what is left out limits nothing. Raises WaitsForApproval."""
        said: dict[str, Any] = {
            "role": role,
            "reason": reason,
            "valid_from": valid_from,
            "valid_until": valid_until,
            "customer": customer,
            "cell": cell,
            "branch": branch,
            "product": product,
            "amount": amount,
        }
        body = {name: value for name, value in said.items() if value is not None}
        path = f"/v1/principals/{principal}/grants"
        return await self._transport.change("POST", path, Grant, body=body, key=str(uuid7()))

    async def revoke_grant(self, grant: UUID, *, reason: str) -> Grant:
        """Take a role away, at once."""
        path = f"/v1/grants/{grant}/revoke"
        return await self._transport.call("POST", path, Grant, body={"reason": reason}, key=str(uuid7()))

    async def branch(self, customer: UUID) -> CustomerBranch:
        """The branch that keeps the relation with a customer."""
        return await self._transport.call("GET", f"/v1/customers/{customer}/branch", CustomerBranch)

    async def set_branch(self, customer: UUID, branch: str, *, reason: str) -> CustomerBranch:
        """Put a customer with a branch, from now on. Raises WaitsForApproval."""
        body = {"branch": branch, "reason": reason}
        path = f"/v1/customers/{customer}/branch"
        return await self._transport.change("POST", path, CustomerBranch, body=body, key=str(uuid7()))
