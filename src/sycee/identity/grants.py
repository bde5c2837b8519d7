"""Grants: who has been given which role, from when to when, and how far it reaches.

A grant may be limited to one customer, cell, branch or product, and to an amount. What limits it must be
said of everything it is used for: where an act does not say in which cell it takes place, a grant for cell
101 does not allow it. People may do what their grants allow, and nothing without one. Nobody gives anything
to himself or herself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from sycee.database import Transaction
from sycee.identity.errors import GrantNotFound, InvalidGrant, OwnGrant
from sycee.identity.principals import PrincipalKind, PrincipalState, get_principal
from sycee.identity.reach import Ask, Reach, covering
from sycee.identity.roles import Audience, get_role
from sycee.identity.security_log import record
from sycee.kernel.clock import now
from sycee.kernel.ids import FIRST_CELL, LAST_CELL, uuid7
from sycee.kernel.money import Amount, currency

_LONGEST_TEXT = 200


class NewGrant(msgspec.Struct, frozen=True, kw_only=True):
    """A role to be given, from an instant (None: at once) until another (None: for good).

    Of the rest, None limits nothing.
    """

    principal: UUID
    role: str
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    customer: UUID | None = None
    cell: int | None = None
    branch: str | None = None
    product: str | None = None
    amount: Amount | None = None


class Grant(Reach, frozen=True, kw_only=True):
    """A role that was given: to whom, how far (Reach), from when to when, by whom and why."""

    id: UUID
    principal: UUID
    valid_from: datetime
    valid_until: datetime | None
    reason: str
    granted_at: datetime
    granted_by: str
    revoked_at: datetime | None
    revoked_by: str | None
    revoke_reason: str | None


_SELECT = """
    SELECT g.id, g.principal, g.role, g.valid_from, g.valid_until, g.customer, g.cell, g.branch, g.product,
           g.amount, g.currency, g.reason, g.granted_at, g.granted_by, g.revoked_at, g.revoked_by,
           g.revoke_reason, r.permissions
    FROM grants g JOIN roles r ON r.id = g.role JOIN principals p ON p.id = g.principal
"""


def _grant(row: Sequence[Any]) -> Grant:
    return Grant(
        id=row[0],
        principal=row[1],
        role=row[2],
        valid_from=row[3],
        valid_until=row[4],
        customer=row[5],
        cell=row[6],
        branch=row[7],
        product=row[8],
        amount=None if row[9] is None else Amount(row[9], row[10]),
        reason=row[11],
        granted_at=row[12],
        granted_by=row[13],
        revoked_at=row[14],
        revoked_by=row[15],
        revoke_reason=row[16],
        permissions=frozenset(row[17]),
    )


async def grant_role(tx: Transaction, new: NewGrant, *, by: str, reason: str) -> Grant:
    """Give a role to a principal.

    Raises PrincipalNotFound, RoleNotFound, OwnGrant, UnknownCurrency; InvalidGrant when the role is not for
    such a principal, or limits or dates make no sense.
    """
    principal, role = await get_principal(tx, new.principal), await get_role(tx, new.role)
    if by == str(principal.id):
        raise OwnGrant(f"{principal.login} would give a role to himself or herself: somebody else must")
    if principal.kind is PrincipalKind.MACHINE:
        raise InvalidGrant(f"{principal.login} is a machine: its scopes say what it may do")
    if principal.state is PrincipalState.CLOSED:
        raise InvalidGrant(f"{principal.login} is closed for good")
    audience = Audience.BANK if principal.customer is None else Audience.CUSTOMER
    if role.audience is not audience:
        raise InvalidGrant(
            f"{role.id} is a role for people of a {role.audience}; {principal.login} is not one"
        )
    if principal.customer is not None and new.customer not in (None, principal.customer):
        raise InvalidGrant(f"{principal.login} acts for {principal.customer} alone")
    start = new.valid_from or now()
    _check(new, start, reason)
    made = uuid7()
    await tx.execute(
        "INSERT INTO grants (id, principal, role, valid_from, valid_until, customer, cell, branch, product,"
        " amount, currency, reason, granted_by) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            made,
            principal.id,
            role.id,
            start,
            new.valid_until,
            new.customer,
            new.cell,
            new.branch,
            new.product,
            new.amount.minor if new.amount else None,
            new.amount.currency if new.amount else None,
            reason.strip(),
            by,
        ),
    )
    given = await get_grant(tx, made)
    await record(tx, "role_given", principal=principal.id, actor=by, detail=_told(given, reason))
    return given


def _told(grant: Grant, reason: str) -> str:
    """A grant and why, in a line of the security log."""
    limits = (grant.customer, grant.cell, grant.branch, grant.product, grant.amount)
    reach = ", ".join(str(limit) for limit in limits if limit is not None) or "no limits"
    return f"{grant.id}: {grant.role} ({reach}): {reason.strip()}"


def _check(new: NewGrant, start: datetime, reason: str) -> None:
    for moment in (new.valid_from, new.valid_until):
        if moment is not None and moment.tzinfo is None:
            raise InvalidGrant("an instant needs its offset from UTC, as in 2026-03-31T09:00:00+08:00")
    if new.valid_until is not None and new.valid_until <= start:
        raise InvalidGrant(f"it would end at {new.valid_until.isoformat()}, before it begins")
    if new.cell is not None and not FIRST_CELL <= new.cell <= LAST_CELL:
        raise InvalidGrant(f"cells are {FIRST_CELL} to {LAST_CELL}, not {new.cell}")
    for text in (new.branch, new.product):
        if text is not None and not 1 <= len(text) <= _LONGEST_TEXT:
            raise InvalidGrant("a branch or product that limits a grant is named by its code")
    if new.amount is not None:
        currency(new.amount.currency)
        if new.amount.minor < 0:
            raise InvalidGrant(f"a limit is not negative, as {new.amount} is")
    if not 1 <= len(reason.strip()) <= _LONGEST_TEXT:
        raise InvalidGrant(f"say why, in at most {_LONGEST_TEXT} characters")


async def revoke_grant(tx: Transaction, id: UUID, *, by: str, reason: str) -> Grant:
    """Take a role away again, at once; a grant that was revoked is answered with as it is.

    Raises GrantNotFound, InvalidGrant without a reason.
    """
    if not 1 <= len(reason.strip()) <= _LONGEST_TEXT:
        raise InvalidGrant(f"say why, in at most {_LONGEST_TEXT} characters")
    cursor = await tx.execute(
        "UPDATE grants SET revoked_at = clock_timestamp(), revoked_by = %s, revoke_reason = %s"
        " WHERE id = %s AND revoked_at IS NULL",
        (by, reason.strip(), id),
    )
    grant = await get_grant(tx, id)
    if cursor.rowcount:
        await record(tx, "role_revoked", principal=grant.principal, actor=by, detail=_told(grant, reason))
    return grant


async def get_grant(tx: Transaction, id: UUID) -> Grant:
    """The grant with this id. Raises GrantNotFound."""
    row = await (await tx.execute(_SELECT + "WHERE g.id = %s", (id,))).fetchone()
    if row is None:
        raise GrantNotFound(f"there is no grant {id}")
    return _grant(row)


async def grant_history(tx: Transaction, principal: UUID) -> list[Grant]:
    """All that a principal was ever given, oldest first. Raises PrincipalNotFound."""
    await get_principal(tx, principal)
    cursor = await tx.execute(_SELECT + "WHERE g.principal = %s ORDER BY g.id", (principal,))
    return [_grant(row) for row in await cursor.fetchall()]


async def grants_of(tx: Transaction, principal: UUID, on: datetime | None = None) -> list[Grant]:
    """What a principal has at an instant (None: now), by what is known now; nothing when it is not active."""
    cursor = await tx.execute(
        _SELECT
        + """
        WHERE g.principal = %(principal)s AND p.state = 'active' AND g.valid_from <= %(at)s
              AND (g.valid_until IS NULL OR g.valid_until > %(at)s)
              AND (g.revoked_at IS NULL OR g.revoked_at > %(at)s)
        ORDER BY g.id
        """,
        {"principal": principal, "at": on or now()},
    )
    return [_grant(row) for row in await cursor.fetchall()]


async def authority(tx: Transaction, principal: UUID, ask: Ask, on: datetime | None = None) -> Grant:
    """The grant by which a principal may do what is asked. Raises NotGranted naming what lacks."""
    return covering(await grants_of(tx, principal, on), ask)
