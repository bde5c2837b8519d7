"""Between principals, sessions and clients as the domain has them and as they stand on the wire.

Here too: who may have a hand in whose credentials, which every handler of them asks.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import msgspec

from sycee import identity
from sycee.api.schemas import identity as wire
from sycee.api.schemas import oauth
from sycee.identity import Caller, InsufficientScope, PrincipalNotFound, Scope


def principal(found: identity.Principal) -> wire.Principal:
    """A principal on the wire."""
    return msgspec.convert(_plain(found), wire.Principal)


def session(found: identity.Session) -> wire.Session:
    """A session on the wire."""
    return msgspec.convert(_plain(found), wire.Session)


def client(found: identity.OAuthClient) -> oauth.Client:
    """An OAuth client on the wire."""
    values = _plain(found)
    key = values["public_key"]
    values["public_key"] = msgspec.json.decode(str(key)) if key is not None else None
    return msgspec.convert(values, oauth.Client)


def new_principal(wanted: wire.NewPrincipal) -> identity.NewPrincipal:
    """A principal to be made."""
    return identity.NewPrincipal(
        kind=identity.PrincipalKind(wanted.kind),
        login=wanted.login,
        name=wanted.name,
        local_name=wanted.local_name,
        customer=wanted.customer,
        person=wanted.person,
        scopes=wanted.scopes,
        id=wanted.id,
    )


def need_right_to_give(caller: Caller, scopes: Collection[str], customer: UUID | None) -> None:
    """Raise InsufficientScope when the caller may not give these scopes to somebody of this customer.

    ``admin`` is given by who has it. A customer's own caller gives what it has itself, within the customer.
    """
    if caller.customer is not None and caller.customer != customer:
        raise InsufficientScope("you may not give anything outside of your own company")
    if caller.allows(Scope.ADMIN):
        return
    beyond = set(scopes) - caller.scopes if caller.customer is not None else set(scopes) & {Scope.ADMIN}
    if beyond:
        raise InsufficientScope(f"you may not give {' '.join(sorted(beyond))}")


def need_right_over(caller: Caller, target: identity.Principal) -> None:
    """Raise when the caller may not have a hand in the target's credentials.

    InsufficientScope for one who may do everything; PrincipalNotFound to a customer's caller, for anybody of
    somebody else's.
    """
    if caller.customer is not None and caller.customer != target.customer:
        raise PrincipalNotFound(f"no principal has the id {target.id}")
    if caller.allows(Scope.ADMIN):
        return
    if Scope.ADMIN in target.scopes:
        raise InsufficientScope(f"{target.login} may do everything: only somebody who may too can change it")


def _plain(found: msgspec.Struct) -> dict[str, object]:
    values = msgspec.structs.asdict(found)
    if "scopes" in values:
        values["scopes"] = sorted(values["scopes"])
    return values
