"""The caller of a request: which principal, by which credential, and what it may do."""

from __future__ import annotations

from uuid import UUID

import msgspec

from sycee.identity.principals import PrincipalKind
from sycee.identity.scopes import Scope


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, as handlers see it; ``id`` is what domains record as ``by``.

    ``customer`` is whose user or machine it is (None: the bank's own), ``person`` the person who signs
    under the customer's mandates. ``session`` is set for people, who logged in; ``second_factor`` says
    that they gave a one-time code.
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

    def allows(self, scope: Scope) -> bool:
        """Whether the caller may do what the scope names."""
        return scope in self.scopes or Scope.ADMIN in self.scopes
