"""Roles: what a job allows, as data. Who has been given which role is in grants.py.

A bank starts with standard ones (sql/standard_roles.sql) and may change them or make others. A role is for
people of the bank or for people of its customers, never for both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from sycee.database import Transaction
from sycee.identity.errors import InvalidRole, RoleNotFound
from sycee.identity.scopes import Scope, known_scopes
from sycee.identity.security_log import record

CUSTOMER_PERMISSIONS = frozenset(
    {
        Scope.ACCOUNTS_READ,
        Scope.TRANSFERS_READ,
        Scope.PAYMENTS_READ,
        Scope.PAYMENTS_WRITE,
        Scope.PAYMENTS_APPROVE,
        Scope.PAYROLL_READ,
        Scope.APPROVALS_READ,
        Scope.APPROVALS_DECIDE,
        Scope.APPROVALS_RULES,
        Scope.BOOKS_READ,
        Scope.CUSTOMERS_READ,
        Scope.PRODUCTS_READ,
        Scope.AGREEMENTS_READ,
        Scope.OPERATIONS_READ,
        Scope.IDENTITY_READ,
        Scope.IDENTITY_WRITE,
        Scope.WEBHOOKS_WRITE,
    }
)
"""What a role for people of customers may allow: each within the customer's own things."""

_ID = re.compile(r"[a-z][a-z0-9_]{1,39}")
_LONGEST_TITLE = 100


class Audience(StrEnum):
    """For whom a role is."""

    BANK = "bank"
    CUSTOMER = "customer"


class NewRole(msgspec.Struct, frozen=True, kw_only=True):
    """A role as it shall be; ``permissions`` are scopes. ``admin`` is for credentials of operators only."""

    id: str
    audience: Audience
    title: str
    local_title: str
    permissions: Sequence[str]


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """A role and what it allows."""

    id: str
    audience: Audience
    title: str
    local_title: str
    permissions: frozenset[str]
    created_at: datetime
    created_by: str
    changed_at: datetime | None
    changed_by: str | None


_COLUMNS = ", ".join(Role.__struct_fields__)


def _role(row: Sequence[Any]) -> Role:
    return msgspec.convert(dict(zip(Role.__struct_fields__, row, strict=True)), Role)


async def define_role(tx: Transaction, new: NewRole, *, by: str) -> Role:
    """Make a role, or change what one allows: that holds at once, for all who have it.

    Raises InvalidRole, UnknownScope.
    """
    if not _ID.fullmatch(new.id):
        raise InvalidRole(f"{new.id[:40]!r} is no id of a role: 2 to 40 small letters, digits and _")
    for title in (new.title, new.local_title):
        if not title.strip() or len(title) > _LONGEST_TITLE:
            raise InvalidRole(
                f"{new.id} needs titles in both languages, of at most {_LONGEST_TITLE} characters"
            )
    permissions = known_scopes(new.permissions)
    if not permissions:
        raise InvalidRole(f"{new.id} allows nothing")
    if Scope.ADMIN in permissions:
        raise InvalidRole(f"{Scope.ADMIN} is for operators' credentials, not for a role")
    beyond = sorted(set(permissions) - CUSTOMER_PERMISSIONS)
    if new.audience is Audience.CUSTOMER and beyond:
        raise InvalidRole(f"{', '.join(beyond)}: nothing that people of a customer do")
    cursor = await tx.execute(
        f"""
        INSERT INTO roles AS r (id, audience, title, local_title, permissions, created_by)
        VALUES (%s, %s, %s, %s, %s, %s)
        ON CONFLICT (id) DO UPDATE SET title = excluded.title, local_title = excluded.local_title,
            permissions = excluded.permissions, changed_at = now(), changed_by = excluded.created_by
            WHERE r.audience = excluded.audience
        RETURNING {_COLUMNS}
        """.encode(),  # noqa: S608 - names of columns
        (new.id, new.audience, new.title.strip(), new.local_title.strip(), permissions, by),
    )
    row = await cursor.fetchone()
    if row is None:
        raise InvalidRole(f"{new.id} is there for another audience; make a role of another id")
    detail = f"{new.id}: {' '.join(permissions)}"
    await record(tx, "role_defined", principal=None, actor=by, detail=detail)
    return _role(row)


async def list_roles(tx: Transaction) -> list[Role]:
    """Every role, by audience and id."""
    query = f"SELECT {_COLUMNS} FROM roles ORDER BY audience, id"  # noqa: S608 - names of columns
    return [_role(row) async for row in await tx.execute(query.encode())]


async def get_role(tx: Transaction, id: str) -> Role:
    """The role with this id. Raises RoleNotFound."""
    query = f"SELECT {_COLUMNS} FROM roles WHERE id = %s"  # noqa: S608 - names of columns
    row = await (await tx.execute(query.encode(), (id,))).fetchone()
    if row is None:
        raise RoleNotFound(f"there is no role {id[:40]!r}")
    return _role(row)
