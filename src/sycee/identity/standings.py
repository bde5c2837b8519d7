"""How principals stand right now: for those who look at everybody's authority before something is done."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import msgspec

from sycee.database import Transaction, UuidArray
from sycee.identity.principals import PrincipalState

_SELECT = """
    SELECT id, login, name, customer, person, scopes, state FROM principals
    WHERE id = ANY(%s::uuid[]) ORDER BY id
"""
_SELECT_HELD = _SELECT + "FOR SHARE"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What a principal may do at this moment."""

    id: UUID
    login: str
    name: str
    customer: UUID | None
    person: UUID | None
    scopes: frozenset[str]
    state: PrincipalState

    @property
    def active(self) -> bool:
        """Whether it may do anything."""
        return self.state is PrincipalState.ACTIVE

    @property
    def human(self) -> UUID:
        """The person behind the principal; the principal itself where no person is known."""
        return self.person or self.id


async def standings(tx: Transaction, ids: Collection[UUID], *, lock: bool = False) -> dict[UUID, Standing]:
    """How principals stand, by id; those that are not known are left out.

    ``lock``: nobody suspends, closes or changes them before this transaction has ended.
    """
    if not ids:
        return {}
    cursor = await tx.execute(_SELECT_HELD if lock else _SELECT, (UuidArray(sorted(set(ids))),))
    return {
        row[0]: Standing(
            id=row[0],
            login=row[1],
            name=row[2],
            customer=row[3],
            person=row[4],
            scopes=frozenset(row[5]),
            state=PrincipalState(row[6]),
        )
        for row in await cursor.fetchall()
    }
