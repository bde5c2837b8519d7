"""The caller of a request: which principal, by which credential, and what it may do."""

from __future__ import annotations

from math import inf
from uuid import UUID

import msgspec

from sycee.database import Transaction
from sycee.identity.grants import Grant, grants_of
from sycee.identity.principals import PrincipalKind
from sycee.identity.reach import Ask, covering
from sycee.identity.scopes import Scope, narrowed
from sycee.kernel.clock import now


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, as handlers see it; ``id`` is what domains record as ``by``.

    ``customer`` is whose user or machine it is (None: the bank's own), ``person`` the person who signs
    under the customer's mandates. ``session`` is set for people, who logged in; ``second_factor`` says
    that they gave a one-time code. ``grants`` are what people were given (grants.py); a machine has none, and
    may do what its scopes say.
    """

    id: str
    principal: UUID
    kind: PrincipalKind
    name: str
    customer: UUID | None
    person: UUID | None
    scopes: frozenset[str]
    session: UUID | None = None
    second_factor: bool = False
    grants: tuple[Grant, ...] = ()

    @property
    def is_machine(self) -> bool:
        """Whether it is a machine, which scopes alone limit."""
        return self.kind is PrincipalKind.MACHINE

    @property
    def lasts_s(self) -> float:
        """For how many seconds the grants are these: until the first of them ends."""
        ends = [grant.valid_until for grant in self.grants if grant.valid_until is not None]
        return (min(ends) - now()).total_seconds() if ends else inf

    def allows(self, scope: Scope) -> bool:
        """Whether the caller may do what the scope names."""
        return scope in self.scopes or Scope.ADMIN in self.scopes

    def require(self, ask: Ask) -> None:
        """Refuse what no grant of the caller covers. Raises NotGranted naming what lacks."""
        if not self.is_machine:
            covering(self.grants, ask)


async def with_grants(tx: Transaction, caller: Caller) -> Caller:
    """The caller with what it was given: people may do that and no more, whatever their credential says.

    A session brings all of it; a token what it names of it.
    """
    if caller.is_machine:
        return caller
    grants = tuple(await grants_of(tx, caller.principal))
    allowed = frozenset(permission for grant in grants for permission in grant.permissions)
    scopes = allowed if caller.session is not None else narrowed(allowed, caller.scopes)
    return msgspec.structs.replace(caller, grants=grants, scopes=scopes)
