"""What those in charge do to somebody's credentials: set a first password, reset a second factor, unlock.

Each ends the sessions of whom it is about, where it could otherwise be used to stay in.
"""

from __future__ import annotations

from uuid import UUID

from sycee.database import Transaction
from sycee.identity.errors import InvalidPrincipal
from sycee.identity.lock_outs import forget_failures
from sycee.identity.one_time_codes import forget_second_factor
from sycee.identity.passwords import FIRST_PASSWORD_FOR, first_password, hash_password, store_password
from sycee.identity.principals import Principal, PrincipalKind, PrincipalState, get_principal
from sycee.identity.security_log import record
from sycee.identity.sessions import end_sessions


async def new_first_password() -> tuple[str, str]:
    """A password to hand over, and its hash, made before a transaction is opened."""
    password = first_password()
    return password, await hash_password(password)


async def has_credentials(tx: Transaction, id: UUID) -> bool:
    """Whether somebody could sign in as this person already: then a reset takes over what is theirs."""
    cursor = await tx.execute(
        "SELECT FROM passwords WHERE principal = %s UNION ALL"
        " SELECT FROM one_time_code_secrets WHERE principal = %s AND confirmed_at IS NOT NULL LIMIT 1",
        (id, id),
    )
    return await cursor.fetchone() is not None


async def set_first_password(tx: Transaction, id: UUID, hashed: str, *, by: str, reason: str) -> Principal:
    """Give a person a password that they must change at the first sign-in, within three days.

    Raises PrincipalNotFound; InvalidPrincipal for a machine, one that is closed, or without a reason.
    """
    person = await _person(tx, id, reason)
    await store_password(tx, id, hashed, must_change=True, lasts=FIRST_PASSWORD_FOR)
    await end_sessions(tx, id, reason="the password was set anew")
    await forget_failures(tx, person.login)
    await record(tx, "password_reset", principal=id, actor=by, detail=reason)
    return person


async def reset_second_factor(tx: Transaction, id: UUID, *, by: str, reason: str) -> Principal:
    """Take a person's second factor away, for they lost it; raises as set_first_password."""
    person = await _person(tx, id, reason)
    await forget_second_factor(tx, id)
    await end_sessions(tx, id, reason="the second factor was reset")
    await record(tx, "second_factor_reset", principal=id, actor=by, detail=reason)
    return person


async def unlock(tx: Transaction, id: UUID, *, by: str, reason: str) -> Principal:
    """Let a person who is locked out try again at once; raises as set_first_password."""
    person = await _person(tx, id, reason)
    await forget_failures(tx, person.login)
    await record(tx, "lock_out_lifted", principal=id, actor=by, detail=reason)
    return person


async def _person(tx: Transaction, id: UUID, reason: str) -> Principal:
    if not reason.strip():
        raise InvalidPrincipal("say why: the reason goes on record")
    person = await get_principal(tx, id)
    if person.kind is PrincipalKind.MACHINE:
        raise InvalidPrincipal(
            f"{person.login} is a machine: it has tokens or OAuth clients, and no password"
        )
    if person.state is PrincipalState.CLOSED:
        raise InvalidPrincipal(f"{person.login} is closed")
    return person
