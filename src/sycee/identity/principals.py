"""Principals: staff of the bank, users of its customers, machines.

A principal is never deleted: suspended it can do nothing until it is resumed, closed it never can again.
Either takes effect at once, for every session and token it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from sycee.database import Transaction
from sycee.identity.errors import InvalidPrincipal, PrincipalClosed, PrincipalExists, PrincipalNotFound
from sycee.identity.scopes import known_scopes
from sycee.identity.security_log import record
from sycee.kernel.ids import uuid7

_LONGEST_NAME = 200
_LOGIN_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._@+-")


class PrincipalKind(StrEnum):
    """What a principal is."""

    STAFF = "staff"
    CUSTOMER_USER = "customer_user"
    MACHINE = "machine"


class PrincipalState(StrEnum):
    """Whether a principal may do anything."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class NewPrincipal(msgspec.Struct, frozen=True, kw_only=True):
    """A principal to be made. ``scopes`` are what a machine may do at most; people are given roles."""

    kind: PrincipalKind
    login: str
    name: str
    local_name: str = ""
    customer: UUID | None = None
    person: UUID | None = None
    scopes: Sequence[str] = ()
    id: UUID | None = None


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a principal; never its credentials."""

    id: UUID
    kind: PrincipalKind
    login: str
    name: str
    local_name: str
    customer: UUID | None
    person: UUID | None
    scopes: frozenset[str]
    state: PrincipalState
    state_reason: str
    created_at: datetime
    created_by: str


_COLUMNS = ", ".join(Principal.__struct_fields__)


def _principal(row: Sequence[Any]) -> Principal:
    return msgspec.convert(dict(zip(Principal.__struct_fields__, row, strict=True)), Principal)


def _checked(new: NewPrincipal) -> NewPrincipal:
    login = new.login.strip().lower()
    if not 2 <= len(login) <= 100 or set(login) - _LOGIN_CHARACTERS or not login[0].isalnum():
        raise InvalidPrincipal(
            f"{new.login[:40]!r} is no login: 2 to 100 of a-z, 0-9 and . _ @ + -, a letter or digit first"
        )
    if not new.name.strip() or max(len(new.name), len(new.local_name)) > _LONGEST_NAME:
        raise InvalidPrincipal(f"{login} needs a name of at most {_LONGEST_NAME} characters")
    if new.kind is PrincipalKind.CUSTOMER_USER and new.customer is None:
        raise InvalidPrincipal(f"{login} is a customer's user: name the customer")
    if new.kind is PrincipalKind.STAFF and new.customer is not None:
        raise InvalidPrincipal(f"{login} is staff, and so belongs to no customer")
    if new.kind is not PrincipalKind.MACHINE and new.scopes:
        raise InvalidPrincipal(f"{login} is a person, who may do what roles allow: give a role, not scopes")
    if new.person is not None and new.customer is None:
        raise InvalidPrincipal(f"{login} names a person, who signs for a customer: name the customer")
    return msgspec.structs.replace(new, login=login, scopes=known_scopes(new.scopes), id=new.id or uuid7())


def check_principals(new: Sequence[NewPrincipal]) -> list[NewPrincipal]:
    """Principals as they would be made, each with an id. Raises InvalidPrincipal, UnknownScope."""
    checked = [_checked(one) for one in new]
    logins = [one.login for one in checked]
    if len(set(logins)) < len(logins):
        twice = next(login for login in logins if logins.count(login) > 1)
        raise InvalidPrincipal(f"the list names the login {twice} twice")
    return checked


async def create_principals(tx: Transaction, new: Sequence[NewPrincipal], *, by: str) -> list[Principal]:
    """Make principals, all or none, in the order of the list.

    Raises InvalidPrincipal, UnknownScope; PrincipalExists naming a login or id that is taken.
    """
    checked = check_principals(new)
    made = []
    for one in checked:
        cursor = await tx.execute(
            f"""
            INSERT INTO principals (id, kind, login, name, local_name, customer, person, scopes, created_by)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT DO NOTHING RETURNING {_COLUMNS}
            """,  # noqa: S608 - names of columns
            (
                one.id,
                one.kind,
                one.login,
                one.name,
                one.local_name,
                one.customer,
                one.person,
                list(one.scopes),
                by,
            ),
        )
        row = await cursor.fetchone()
        if row is None:
            raise PrincipalExists(f"the login {one.login} (or the id {one.id}) is taken")
        made.append(_principal(row))
    for found in made:
        detail = f"{found.kind} {found.login}"
        await record(tx, "principal_created", principal=found.id, actor=by, detail=detail)
    return made


async def get_principal(tx: Transaction, id: UUID) -> Principal:
    """The principal with this id. Raises PrincipalNotFound."""
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM principals WHERE id = %s",  # noqa: S608 - names of columns
        (id,),
    )
    row = await cursor.fetchone()
    if row is None:
        raise PrincipalNotFound(f"no principal has the id {id}")
    return _principal(row)


async def find_principals(
    tx: Transaction,
    *,
    ids: Sequence[UUID] | None = None,
    kind: PrincipalKind | None = None,
    login: str | None = None,
    customer: UUID | None = None,
    person: UUID | None = None,
    state: PrincipalState | None = None,
    after: UUID | None = None,
    limit: int = 100,
) -> list[Principal]:
    """Principals that are all that is named, by id (so oldest first), after ``after``."""
    cursor = await tx.execute(
        f"""
        SELECT {_COLUMNS} FROM principals
        WHERE (%(ids)s::uuid[] IS NULL OR id = ANY(%(ids)s))
          AND (%(kind)s::text IS NULL OR kind = %(kind)s)
          AND (%(login)s::text IS NULL OR login = %(login)s)
          AND (%(customer)s::uuid IS NULL OR customer = %(customer)s)
          AND (%(person)s::uuid IS NULL OR person = %(person)s)
          AND (%(state)s::text IS NULL OR state = %(state)s)
          AND (%(after)s::uuid IS NULL OR id > %(after)s)
        ORDER BY id LIMIT %(limit)s
        """,  # noqa: S608 - names of columns
        {
            "ids": list(ids) if ids is not None else None,
            "kind": kind,
            "login": login.strip().lower() if login is not None else None,
            "customer": customer,
            "person": person,
            "state": state,
            "after": after,
            "limit": limit,
        },
    )
    return [_principal(row) for row in await cursor.fetchall()]


async def suspend_principal(tx: Transaction, id: UUID, *, by: str, reason: str) -> Principal:
    """Refuse a principal everything until it is resumed. Raises PrincipalNotFound, PrincipalClosed."""
    return await _move(tx, id, PrincipalState.SUSPENDED, by=by, reason=reason)


async def resume_principal(tx: Transaction, id: UUID, *, by: str, reason: str) -> Principal:
    """Let a suspended principal work again. Raises PrincipalNotFound, PrincipalClosed."""
    return await _move(tx, id, PrincipalState.ACTIVE, by=by, reason=reason)


async def close_principal(tx: Transaction, id: UUID, *, by: str, reason: str) -> Principal:
    """Refuse a principal everything for good. Raises PrincipalNotFound."""
    return await _move(tx, id, PrincipalState.CLOSED, by=by, reason=reason)


async def _move(tx: Transaction, id: UUID, to: PrincipalState, *, by: str, reason: str) -> Principal:
    if not reason.strip():
        raise InvalidPrincipal("say why: the reason goes on record")
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM principals WHERE id = %s FOR UPDATE",  # noqa: S608 - names of columns
        (id,),
    )
    row = await cursor.fetchone()
    if row is None:
        raise PrincipalNotFound(f"no principal has the id {id}")
    before = _principal(row)
    if before.state is to:
        return before
    if before.state is PrincipalState.CLOSED:
        raise PrincipalClosed(f"{before.login} was closed: {before.state_reason}")
    await tx.execute("UPDATE principals SET state = %s, state_reason = %s WHERE id = %s", (to, reason, id))
    event = {
        PrincipalState.ACTIVE: "principal_resumed",
        PrincipalState.SUSPENDED: "principal_suspended",
        PrincipalState.CLOSED: "principal_closed",
    }[to]
    await record(tx, event, principal=id, actor=by, detail=reason)
    return msgspec.structs.replace(before, state=to, state_reason=reason)
