"""Roles, grants and branches as the bank answers with them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from sycee.client.records import Money

Audience = Literal["bank", "customer"]


class Role(Struct, frozen=True, kw_only=True):
    """A role and what it allows: for people of the bank, or of its customers."""

    id: str
    audience: Audience
    title: str
    local_title: str
    permissions: tuple[str, ...]
    created_at: datetime
    created_by: str
    changed_at: datetime | None
    changed_by: str | None


class RoleList(Struct, frozen=True, kw_only=True):
    """Every role, by audience and id."""

    roles: list[Role]


class Grant(Struct, frozen=True, kw_only=True):
    """A role that was given, and how far it reaches: a None limits nothing."""

    id: UUID
    principal: UUID
    role: str
    permissions: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime | None
    customer: UUID | None
    cell: int | None
    branch: str | None
    product: str | None
    amount: Money | None
    reason: str
    granted_at: datetime
    granted_by: str
    revoked_at: datetime | None
    revoked_by: str | None
    revoke_reason: str | None


class GrantList(Struct, frozen=True, kw_only=True):
    """All that a principal was ever given, oldest first."""

    grants: list[Grant]


class CustomerBranch(Struct, frozen=True, kw_only=True):
    """The branch that keeps the relation with a customer; None: none is named."""

    customer: UUID
    branch: str | None
