"""The memory of callers: used only while changes are heard, and forgotten at once when they are.

Two authenticators on one database stand for two processes that serve.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import pytest

from sycee.database import Database, Transaction
from sycee.identity import (
    MAY_BE_DEAF_S,
    Authenticator,
    Caller,
    InvalidToken,
    KeyFile,
    PrincipalNotActive,
    RateLimited,
    Scope,
    authentication,
    close_principal,
    create_client,
    end_session,
    issue_access_token,
    issue_token,
    reset_second_factor,
    revoke_client,
    revoke_token,
    suspend_principal,
)
from sycee.kernel.errors import Unauthenticated
from tests.identity.people import enter, make, staff

PATIENCE_S = 20.0


@asynccontextmanager
async def processes(database: Database, count: int = 2) -> AsyncIterator[list[Authenticator]]:
    """Authenticators that listen."""
    started = [Authenticator(database, ttl_s=3600) for _ in range(count)]
    for one in started:
        await one.start()
    try:
        yield started
    finally:
        for one in started:
            await one.stop()


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not await holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.001)


async def known(authenticator: Authenticator, text: str) -> None:
    """Return when the text is remembered."""

    async def remembered() -> bool:
        await authenticator.authenticate(text)
        return authenticator.remembered(text) is not None

    await until(remembered)


async def forgotten(authenticator: Authenticator, text: str) -> None:
    """Return when the text is not remembered any more."""

    async def gone() -> bool:
        return authenticator.remembered(text) is None

    await until(gone)


Revocation = Callable[[Transaction], Awaitable[object]]


async def a_token(database: Database, _: KeyFile) -> tuple[str, dict[str, Revocation]]:
    principal = await make(database, "erp", kind="machine", scopes=("admin",))
    async with database.transaction() as tx:
        issued = await issue_token(tx, "x", [Scope.ADMIN], principal=principal.id)
    return issued.text, {
        "revoked": lambda tx: revoke_token(tx, issued.token.id),
        "suspended": lambda tx: suspend_principal(tx, principal.id, by="ann", reason="x"),
        "closed": lambda tx: close_principal(tx, principal.id, by="ann", reason="x"),
        "by hand": lambda tx: tx.execute("UPDATE principals SET state = 'suspended'"),
    }


async def a_session(database: Database, keys: KeyFile) -> tuple[str, dict[str, Revocation]]:
    person = await staff(database, keys)
    opened = await enter(database, keys, person)
    id = person.principal.id
    return opened.token, {
        "revoked": lambda tx: end_session(tx, opened.session.id, by="ann", reason="x"),
        "suspended": lambda tx: suspend_principal(tx, id, by="ann", reason="x"),
        "closed": lambda tx: close_principal(tx, id, by="ann", reason="x"),
        "by hand": lambda tx: reset_second_factor(tx, id, by="ann", reason="x"),
    }


async def an_access_token(database: Database, keys: KeyFile) -> tuple[str, dict[str, Revocation]]:
    principal = await make(database, "erp", kind="machine", scopes=("admin",))
    async with database.transaction() as tx:
        made = await create_client(tx, principal.id, "x", ["admin"], by="ann")
        issued = await issue_access_token(tx, keys, made.client)
    return issued.text, {
        "revoked": lambda tx: revoke_client(tx, made.client.id, by="ann", reason="x"),
        "suspended": lambda tx: suspend_principal(tx, principal.id, by="ann", reason="x"),
        "closed": lambda tx: close_principal(tx, principal.id, by="ann", reason="x"),
        "by hand": lambda tx: tx.execute("UPDATE oauth_clients SET revoked_at = now()"),
    }


@pytest.mark.parametrize("how", ["revoked", "suspended", "closed", "by hand"])
@pytest.mark.parametrize("credential", [a_token, a_session, an_access_token])
async def test_whoever_is_revoked_is_forgotten_in_every_process(
    database: Database,
    keys: KeyFile,
    credential: Callable[[Database, KeyFile], Awaitable[tuple[str, dict[str, Revocation]]]],
    how: str,
) -> None:
    text, revocations = await credential(database, keys)
    async with processes(database) as both:
        for one in both:
            await known(one, text)
        async with database.transaction() as tx:
            await revocations[how](tx)
        for one in both:
            await forgotten(one, text)
            with pytest.raises(Unauthenticated) as refused:
                await one.authenticate(text)
            assert refused.type in (InvalidToken, PrincipalNotActive)


async def test_who_is_not_concerned_stays_remembered(database: Database) -> None:
    async with database.transaction() as tx:
        stays = await issue_token(tx, "stays", [Scope.ADMIN])
        goes = await issue_token(tx, "goes", [Scope.ADMIN])
    async with processes(database, 1) as (one,):
        await known(one, stays.text)
        await known(one, goes.text)
        async with database.transaction() as tx:
            await revoke_token(tx, goes.token.id)
        await forgotten(one, goes.text)
        assert one.remembered(stays.text) is not None


async def test_a_change_that_is_rolled_back_is_not_told(database: Database) -> None:
    async with database.transaction() as tx:
        issued = await issue_token(tx, "x", [Scope.ADMIN])
        other = await issue_token(tx, "y", [Scope.ADMIN])
    async with processes(database, 1) as (one,):
        await known(one, issued.text)
        await known(one, other.text)
        with pytest.raises(RuntimeError, match="undo"):
            async with database.transaction() as tx:
                await revoke_token(tx, issued.token.id)
                raise RuntimeError("undo")
        async with database.transaction() as tx:
            await revoke_token(tx, other.token.id)
        await forgotten(one, other.text)
        assert one.remembered(issued.text) is not None


async def test_before_it_listens_and_after_it_stops_nothing_is_remembered(database: Database) -> None:
    async with database.transaction() as tx:
        issued = await issue_token(tx, "x", [Scope.ADMIN])
    authenticator = Authenticator(database)
    assert (await authenticator.authenticate(issued.text)).principal == issued.token.principal
    assert authenticator.remembered(issued.text) is None
    await authenticator.start()
    await known(authenticator, issued.text)
    await authenticator.stop()
    assert authenticator.remembered(issued.text) is None


async def test_deaf_it_remembers_nothing_and_asks_the_database(database: Database) -> None:
    async with database.transaction() as tx:
        issued = await issue_token(tx, "x", [Scope.ADMIN])
    async with processes(database, 1) as (one,):
        await known(one, issued.text)
        async with database.transaction() as tx:
            # The listener is the one that asks nothing but SELECT 1, and it may not connect again.
            await tx.execute("ALTER TABLE principals DISABLE TRIGGER principals_tell_change")
            await tx.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query = 'SELECT 1'"
            )
            await suspend_principal(tx, issued.token.principal, by="ann", reason="x")
        await forgotten(one, issued.text)
        with pytest.raises(PrincipalNotActive):
            await one.authenticate(issued.text)


async def test_what_changed_while_it_was_deaf_is_not_believed_afterwards(database: Database) -> None:
    async with database.transaction() as tx:
        issued = await issue_token(tx, "x", [Scope.ADMIN])
    async with processes(database, 1) as (one,):
        await known(one, issued.text)
        async with database.transaction() as tx:
            await tx.execute("ALTER TABLE tokens DISABLE TRIGGER tokens_tell_change")
            await revoke_token(tx, issued.token.id)
            await tx.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query = 'SELECT 1'"
            )
        await forgotten(one, issued.text)
        async with database.transaction() as tx:
            other = await issue_token(tx, "y", [Scope.ADMIN])
        await known(one, other.text)  # it hears again
        assert one.remembered(issued.text) is None


async def test_a_look_that_began_before_a_change_is_not_remembered(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.transaction() as tx:
        issued = await issue_token(tx, "x", [Scope.ADMIN])
    async with processes(database, 1) as (one,):
        await known(one, issued.text)
        one.forget(None)
        look_up = authentication._look_up

        async def overtaken(tx: Transaction, text: str) -> tuple[Caller, datetime | None]:
            found = await look_up(tx, text)
            one.forget(issued.token.principal)  # the change is heard before the look is over
            return found

        monkeypatch.setattr(authentication, "_look_up", overtaken)
        assert (await one.authenticate(issued.text)).principal == issued.token.principal
        assert one.remembered(issued.text) is None


async def test_requests_that_come_together_look_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.transaction() as tx:
        issued = await issue_token(tx, "x", [Scope.ADMIN])
    opened = 0
    transaction = database.transaction

    def counted() -> object:
        nonlocal opened
        opened += 1
        return transaction()

    monkeypatch.setattr(database, "transaction", counted)
    authenticator = Authenticator(database)
    await asyncio.gather(*(authenticator.authenticate(issued.text) for _ in range(50)))
    assert opened == 1


async def test_a_principal_makes_so_many_requests_a_second_and_no_more(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.transaction() as tx:
        first = await issue_token(tx, "x", [Scope.ADMIN])
        second = await issue_token(tx, "x", [Scope.ADMIN], principal=first.token.principal)
        other = await issue_token(tx, "y", [Scope.ADMIN])
    clock = 1000.0
    monkeypatch.setattr(authentication, "_seconds", lambda: int(clock))
    authenticator = Authenticator(database, requests_per_s=3)
    for text in (first.text, second.text, first.text):
        await authenticator.authenticate(text)
    with pytest.raises(RateLimited):
        await authenticator.authenticate(second.text)
    await authenticator.authenticate(other.text)
    clock += 1
    await authenticator.authenticate(second.text)


def test_silence_is_believed_for_a_second_at_most() -> None:
    assert MAY_BE_DEAF_S <= 1
