"""Signing in, and changing one's password: login, password, one-time code, in that order.

These functions open their own transactions, because a failed attempt has to be on record although the
answer is an error, and because a password is hashed between two transactions, never in one.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import msgspec

from sycee.database import Database, Transaction
from sycee.identity.errors import (
    PrincipalNotActive,
    SecondFactorMissing,
    SecondFactorRequired,
    SessionRequired,
    SignInRefused,
    WeakPassword,
)
from sycee.identity.key_file import KeyFile
from sycee.identity.lock_outs import count_attempt, forget_failures, take_attempt_back
from sycee.identity.one_time_codes import (
    confirm_second_factor,
    has_second_factor,
    make_recovery_codes,
    take_code,
    take_recovery_code,
)
from sycee.identity.passwords import (
    StoredPassword,
    hash_password,
    need_strong,
    needs_rehash,
    store_password,
    stored_password,
    verify_password,
)
from sycee.identity.principals import Principal, PrincipalState, find_principals, get_principal
from sycee.identity.security_log import record
from sycee.identity.sessions import Session, end_sessions, open_session, signed_in_from

_WRONG = "login, password or code is wrong"


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody says to prove who they are; a recovery code stands for a lost device's code."""

    login: str
    password: str
    code: str | None = None
    recovery_code: str | None = None


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A new session with its token, which can be shown this once, and what has to be done first."""

    session: Session
    token: str
    must_change_password: bool
    must_set_up_second_factor: bool


class _Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """A counted attempt, and what it is compared with."""

    login: str
    address: str
    failures: int
    principal: Principal | None
    password: StoredPassword | None


async def sign_in(
    database: Database,
    keys: KeyFile,
    proof: Proof,
    *,
    address: str,
    agent: str,
) -> SignedIn:
    """Open a session for whoever proves who they are.

    Raises SignInRefused (not saying what was wrong), LockedOut, SecondFactorRequired when all that lacks
    is the code, PrincipalNotActive when the proof was right.
    """
    attempt = await _begin(database, proof.login, address)
    right = await verify_password(attempt.password.hash if attempt.password else None, proof.password)
    if right and attempt.password is not None and needs_rehash(attempt.password.hash):
        await _rehash(database, attempt, proof.password)
    problem: Exception | None = None
    signed_in: SignedIn | None = None
    async with database.transaction() as tx:
        try:
            principal, stored = await _prove(tx, keys, attempt, proof, right=right)
            signed_in = await _open(tx, principal, stored, proof, address=address, agent=agent)
        except (SignInRefused, SecondFactorRequired, PrincipalNotActive) as error:
            problem = error
            await _put_on_record(tx, attempt, error, address)
    if problem is not None:
        raise problem
    assert signed_in is not None
    return signed_in


async def change_password(
    database: Database,
    keys: KeyFile,
    session: UUID | None,
    principal: UUID,
    proof: Proof,
    new: str,
    *,
    address: str,
    lasts: timedelta | None,
) -> None:
    """Change one's own password, proving again who one is; all other sessions are ended.

    ``proof.login`` is passed over. Raises WeakPassword, and what sign_in raises.
    """
    if session is None:
        raise SessionRequired("a machine has no password; sign in to change yours")
    async with database.transaction() as tx:
        known = await get_principal(tx, principal)
    need_strong(new, [known.login, known.name, known.local_name])
    attempt = await _begin(database, known.login, address)
    right = await verify_password(attempt.password.hash if attempt.password else None, proof.password)
    if right and proof.password == new:
        async with database.transaction() as tx:
            await take_attempt_back(tx, attempt.login, address)
        raise WeakPassword("the new password is the old one")
    hashed = await hash_password(new) if right else ""
    problem: Exception | None = None
    async with database.transaction() as tx:
        try:
            await _prove(tx, keys, attempt, proof, right=right)
            await store_password(tx, principal, hashed, must_change=False, lasts=lasts)
            await end_sessions(tx, principal, reason="the password was changed", but=session)
            await record(tx, "password_changed", principal=principal, actor=str(principal), address=address)
        except (SignInRefused, SecondFactorRequired, PrincipalNotActive) as error:
            problem = error
            await _put_on_record(tx, attempt, error, address)
    if problem is not None:
        raise problem


async def confirm_device(
    database: Database, keys: KeyFile, session: UUID | None, principal: UUID, code: str
) -> list[str]:
    """Confirm the second factor that was begun, for this session too; recovery codes, shown this once.

    Raises SessionRequired, SecondFactorMissing, SecondFactorExists, SignInRefused for a wrong code.
    """
    if session is None:
        raise SessionRequired("only a person who signed in has a second factor")
    async with database.transaction() as tx:
        codes = await confirm_second_factor(tx, keys, principal, code)
        await tx.execute("UPDATE sessions SET second_factor = true WHERE id = %s", (session,))
        await end_sessions(tx, principal, reason="the second factor was set up", but=session)
        await record(tx, "second_factor_confirmed", principal=principal, actor=str(principal))
    return codes


async def renew_recovery_codes(
    database: Database, keys: KeyFile, principal: UUID, code: str, *, address: str
) -> list[str]:
    """Ten new recovery codes in place of what is left of the old ones, for a one-time code.

    Raises SignInRefused, LockedOut; SecondFactorMissing when there is none.
    """
    async with database.transaction() as tx:
        known = await get_principal(tx, principal)
        if not await has_second_factor(tx, principal):
            raise SecondFactorMissing("set up a second factor first")
    attempt = await _begin(database, known.login, address)
    codes: list[str] = []
    async with database.transaction() as tx:
        right = await take_code(tx, keys, principal, code)
        if right:
            await forget_failures(tx, known.login, address)
            codes = await make_recovery_codes(tx, principal)
            await record(
                tx, "recovery_codes_renewed", principal=principal, actor=str(principal), address=address
            )
        else:
            await _put_on_record(tx, attempt, SignInRefused(_WRONG), address)
    if not right:
        raise SignInRefused("the code is wrong, or was used before")
    return codes


async def _begin(database: Database, login: str, address: str) -> _Attempt:
    login = login.strip().lower()[:100]
    async with database.transaction() as tx:
        found = await find_principals(tx, login=login)
        principal = found[0] if found else None
        at_home = principal is not None and await signed_in_from(tx, principal.id, address)
        failures = await count_attempt(tx, login, address, at_home=at_home)
        password = await stored_password(tx, principal.id) if principal else None
    return _Attempt(login=login, address=address, failures=failures, principal=principal, password=password)


async def _prove(
    tx: Transaction, keys: KeyFile, attempt: _Attempt, proof: Proof, *, right: bool
) -> tuple[Principal, StoredPassword]:
    """Whoever the attempt proved to be, with the failures forgotten; or an error that says why not."""
    if not right or attempt.principal is None or attempt.password is None:
        raise SignInRefused(_WRONG)
    principal = await get_principal(tx, attempt.principal.id)
    stored = await stored_password(tx, principal.id)
    if stored is None or stored.hash != attempt.password.hash:
        raise SignInRefused("the password was changed at this moment; sign in with the new one")
    if principal.state is not PrincipalState.ACTIVE:
        raise PrincipalNotActive(f"{principal.login} is {principal.state}")
    if stored.must_change and stored.is_over:
        raise SignInRefused("the first password was not used in time; have it set again")
    if await has_second_factor(tx, principal.id):
        await _prove_device(tx, keys, principal.id, proof)
    await forget_failures(tx, attempt.login, attempt.address)
    return principal, stored


async def _prove_device(tx: Transaction, keys: KeyFile, principal: UUID, proof: Proof) -> None:
    if proof.code is not None:
        if not await take_code(tx, keys, principal, proof.code):
            raise SignInRefused(_WRONG)
    elif proof.recovery_code is not None:
        if not await take_recovery_code(tx, principal, proof.recovery_code):
            raise SignInRefused(_WRONG)
        await record(tx, "recovery_code_used", principal=principal, actor=str(principal))
    else:
        raise SecondFactorRequired("send the one-time code of your device too, or a recovery code")


async def _open(
    tx: Transaction, principal: Principal, stored: StoredPassword, proof: Proof, *, address: str, agent: str
) -> SignedIn:
    has_device = await has_second_factor(tx, principal.id)
    session, token = await open_session(
        tx, principal.id, second_factor=has_device, address=address, agent=agent
    )
    by = "a recovery code" if has_device and proof.code is None else "a one-time code"
    await record(
        tx,
        "signed_in",
        principal=principal.id,
        actor=str(principal.id),
        address=address,
        detail=f"{session.id}: {f'with {by}' if has_device else 'without a second factor'}",
    )
    return SignedIn(
        session=session,
        token=token,
        must_change_password=stored.must_change or stored.is_over,
        must_set_up_second_factor=not has_device,
    )


async def _put_on_record(tx: Transaction, attempt: _Attempt, error: Exception, address: str) -> None:
    if isinstance(error, SecondFactorRequired):
        await take_attempt_back(tx, attempt.login, attempt.address)
        return
    known = attempt.principal
    await record(
        tx,
        "sign_in_refused",
        principal=known.id if known else None,
        actor=str(known.id) if known else "",
        address=address,
        # What nobody is called may be a password, typed in the wrong place: it is not kept for ever.
        detail=f"{known.login if known else 'a login of nobody'}: failure {attempt.failures} in a row",
    )


async def _rehash(database: Database, attempt: _Attempt, password: str) -> None:
    """Keep the hash with today's parameters, unless the password has been changed meanwhile."""
    assert attempt.principal is not None
    assert attempt.password is not None
    hashed = await hash_password(password)
    async with database.transaction() as tx:
        await tx.execute(
            "UPDATE passwords SET hash = %s WHERE principal = %s AND hash = %s",
            (hashed, attempt.principal.id, attempt.password.hash),
        )
