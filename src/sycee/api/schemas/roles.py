"""Roles, and who has been given which, on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from sycee.api.schemas.common import Cell, Money, Wire

RoleId = Annotated[
    str,
    Meta(
        max_length=40,
        description="Small letters, digits and `_`.",
        examples=["teller"],
        extra_json_schema={"pattern": "^[a-z][a-z0-9_]{1,39}$"},
    ),
]
Title = Annotated[str, Meta(min_length=1, max_length=100)]
Permissions = Annotated[
    list[str], Meta(min_length=1, max_length=100, description="Scopes.", examples=[["accounts:read"]])
]
Branch = Annotated[
    str,
    Meta(
        max_length=32,
        description="The bank's own code of a branch: capital letters, digits, `.` and `-`.",
        examples=["SH-PUDONG"],
        extra_json_schema={"pattern": "^[A-Z0-9][A-Z0-9.\\-]{0,31}$"},
    ),
]
ProductCode = Annotated[
    str, Meta(min_length=1, max_length=200, description="Id of a product or package.", examples=["notice-7d"])
]
Why = Annotated[str, Meta(min_length=1, max_length=200, description="Why, for the record.")]
ValidUntil = Annotated[
    datetime | None, Meta(description="The instant from which on it holds no longer; null: for good.")
]


class NewRole(Wire):
    """A role as it shall be."""

    id: RoleId
    audience: Annotated[
        Literal["bank", "customer"], Meta(description="For people of the bank, or of its customers.")
    ]
    title: Annotated[Title, Meta(description="In English.")]
    local_title: Annotated[Title, Meta(description="In Chinese.")]
    permissions: Permissions


class Role(Wire):
    """A role and what it allows."""

    id: RoleId
    audience: Literal["bank", "customer"]
    title: Title
    local_title: Title
    permissions: Permissions
    created_at: datetime
    created_by: str
    changed_at: datetime | None
    changed_by: str | None


class Roles(Wire):
    """Every role, by audience and id."""

    roles: list[Role]


class NewGrant(Wire):
    """A role to be given. What is absent limits nothing."""

    role: RoleId
    reason: Why
    valid_from: Annotated[datetime | None, Meta(description="At once, when absent.")] = None
    valid_until: ValidUntil = None
    customer: Annotated[UUID | None, Meta(description="For this customer's things only.")] = None
    cell: Annotated[Cell | None, Meta(description="For things in this cell only.")] = None
    branch: Annotated[Branch | None, Meta(description="For customers of this branch only.")] = None
    product: Annotated[ProductCode | None, Meta(description="For this product or package only.")] = None
    amount: Annotated[Money | None, Meta(description="Up to this amount at once, in this currency.")] = None


class Grant(Wire):
    """A role that was given, and how far it reaches. A null limits nothing."""

    id: UUID
    principal: UUID
    role: RoleId
    permissions: Permissions
    valid_from: datetime
    valid_until: ValidUntil
    customer: UUID | None
    cell: Cell | None
    branch: str | None
    product: str | None
    amount: Money | None
    reason: str
    granted_at: datetime
    granted_by: str
    revoked_at: datetime | None
    revoked_by: str | None
    revoke_reason: str | None


class Grants(Wire):
    """All that a principal was ever given, oldest first."""

    grants: list[Grant]


class Revocation(Wire):
    """Why something is taken away."""

    reason: Why


class BranchChange(Wire):
    """The branch that keeps the relation with a customer from now on."""

    branch: Branch
    reason: Why


class CustomerBranch(Wire):
    """The branch that keeps the relation with a customer; null: none is named."""

    customer: UUID
    branch: Branch | None
