"""How principals stand right now: for those who look at everybody's authority before something is done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from sycee.database import Transaction, UuidArray
from sycee.identity.errors import NotGranted
from sycee.identity.principals import PrincipalKind, PrincipalState
from sycee.identity.reach import Ask, Reach, covering
from sycee.identity.scopes import Scope
from sycee.kernel.money import Amount

_SELECT = """
    SELECT id, kind, login, name, customer, person, scopes, state FROM principals
    WHERE id = ANY(%s::uuid[]) ORDER BY id
"""
_SELECT_HELD = _SELECT + "FOR SHARE"
# Of those that were given by now and not taken back: what is taken back this moment is waited for.
_GRANTS = """
    SELECT g.principal, r.permissions, g.role, g.customer, g.cell, g.branch, g.product, g.amount, g.currency
    FROM grants g JOIN roles r ON r.id = g.role
    WHERE g.principal = ANY(%(ids)s::uuid[]) AND g.revoked_at IS NULL
          AND g.valid_from <= coalesce(%(at)s, clock_timestamp())
          AND (g.valid_until IS NULL OR g.valid_until > coalesce(%(at)s, clock_timestamp()))
    ORDER BY g.id
"""
_GRANTS_HELD = _GRANTS + "FOR SHARE"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What a principal may do at this moment: a machine by its scopes, people by what they were given."""

    id: UUID
    kind: PrincipalKind
    login: str
    name: str
    customer: UUID | None
    person: UUID | None
    scopes: frozenset[str]
    state: PrincipalState
    grants: tuple[Reach, ...] = ()

    @property
    def active(self) -> bool:
        """Whether it may do anything."""
        return self.state is PrincipalState.ACTIVE

    @property
    def human(self) -> UUID:
        """The person behind the principal; the principal itself where no person is known."""
        return self.person or self.id

    def may(self, ask: Ask) -> bool:
        """Whether it may do what is asked, right now."""
        if not self.active:
            return False
        if self.kind is PrincipalKind.MACHINE:
            return ask.permission in self.scopes or Scope.ADMIN in self.scopes
        try:
            covering(self.grants, ask)
        except NotGranted:
            return False
        return True


async def standings(
    tx: Transaction, ids: Collection[UUID], *, lock: bool = False, at: datetime | None = None
) -> dict[UUID, Standing]:
    """How principals stand at an instant (None: now), by id; those that are not known are left out.

    ``lock``: nobody suspends them, or takes away what they were given, before this transaction ends.
    """
    if not ids:
        return {}
    wanted = UuidArray(sorted(set(ids)))
    cursor = await tx.execute(_SELECT_HELD if lock else _SELECT, (wanted,))
    rows = await cursor.fetchall()
    cursor = await tx.execute(_GRANTS_HELD if lock else _GRANTS, {"ids": wanted, "at": at})
    grants: dict[UUID, list[Reach]] = defaultdict(list)
    for (
        principal,
        permissions,
        role,
        customer,
        cell,
        branch,
        product,
        amount,
        currency,
    ) in await cursor.fetchall():
        grants[principal].append(
            Reach(
                role=role,
                permissions=frozenset(permissions),
                customer=customer,
                cell=cell,
                branch=branch,
                product=product,
                amount=None if amount is None else Amount(amount, currency),
            )
        )
    return {
        row[0]: Standing(
            id=row[0],
            kind=PrincipalKind(row[1]),
            login=row[2],
            name=row[3],
            customer=row[4],
            person=row[5],
            scopes=frozenset(row[6]),
            state=PrincipalState(row[7]),
            grants=tuple(grants[row[0]]),
        )
        for row in rows
    }
