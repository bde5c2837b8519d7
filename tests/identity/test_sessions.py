"""Sessions: over when ended, idle or old; good for little before password and device are right."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sycee.database import Database
from sycee.identity import (
    InvalidToken,
    KeyFile,
    PrincipalNotActive,
    Proof,
    SecondFactorExists,
    SecondFactorMissing,
    SessionNotFound,
    SessionRequired,
    SignInRefused,
    authenticate,
    begin_second_factor,
    confirm_device,
    end_session,
    end_sessions,
    security_events,
    sessions_of,
    sign_in,
    suspend_principal,
)
from sycee.identity.sessions import IDLE_FOR, LASTS
from sycee.kernel.ids import uuid7
from tests.identity.people import PASSWORD, Person, enter, give_password, make, staff


async def test_an_ended_session_is_refused_and_ending_it_again_is_harmless(
    database: Database, keys: KeyFile
) -> None:
    person = await staff(database, keys)
    opened = await enter(database, keys, person)
    async with database.transaction() as tx:
        ended = await end_session(tx, opened.session.id, by=str(person.principal.id), reason="signed out")
        again = await end_session(tx, opened.session.id, by="x", reason="y")
        with pytest.raises(InvalidToken, match="signed out"):
            await authenticate(tx, opened.token)
        assert await sessions_of(tx, person.principal.id) == []
        (kept,) = await sessions_of(tx, person.principal.id, only_open=False)
        (event,) = await security_events(tx, limit=1)
        assert event.event == "session_ended"
    assert not ended.is_open
    assert again.end_reason == kept.end_reason == "signed out"


async def test_a_session_is_ended_by_its_owner_alone_when_that_is_asked(
    database: Database, keys: KeyFile
) -> None:
    opened = await enter(database, keys, await staff(database, keys))
    async with database.transaction() as tx:
        for id, owner in ((opened.session.id, uuid7()), (uuid7(), None)):
            with pytest.raises(SessionNotFound):
                await end_session(tx, id, by="x", reason="y", of=owner)
        assert (await authenticate(tx, opened.token)).session == opened.session.id


async def test_all_sessions_but_one_are_ended_together(database: Database, keys: KeyFile) -> None:
    person = await staff(database, keys)
    opened = [
        await enter(database, keys, person, code=None, recovery_code=code)
        for code in person.recovery_codes[:3]
    ]
    async with database.transaction() as tx:
        assert await end_sessions(tx, person.principal.id, reason="stolen", but=opened[1].session.id) == 2
        assert [one.id for one in await sessions_of(tx, person.principal.id)] == [opened[1].session.id]
        assert await end_sessions(tx, person.principal.id, reason="stolen") == 1


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (f"last_seen_at = now() - interval '{IDLE_FOR.total_seconds()} seconds'", "idle"),
        ("expires_at = now()", "expired"),
    ],
)
async def test_a_session_that_is_idle_or_old_is_refused(
    database: Database, keys: KeyFile, change: str, word: str
) -> None:
    opened = await enter(database, keys, await staff(database, keys))
    async with database.transaction() as tx:
        await tx.execute(f"UPDATE sessions SET {change}".encode())
        with pytest.raises(InvalidToken, match=word):
            await authenticate(tx, opened.token)
    assert opened.session.expires_at - opened.session.created_at >= LASTS - timedelta(seconds=5)


async def test_a_session_that_is_used_is_seen_to_the_minute(database: Database, keys: KeyFile) -> None:
    person = await staff(database, keys)
    opened = await enter(database, keys, person)
    async with database.transaction() as tx:
        await authenticate(tx, opened.token)
        (kept,) = await sessions_of(tx, person.principal.id)
        assert kept.last_seen_at == opened.session.last_seen_at
        await tx.execute("UPDATE sessions SET last_seen_at = now() - interval '20 minutes'")
        await authenticate(tx, opened.token)
        (kept,) = await sessions_of(tx, person.principal.id)
        assert kept.last_seen_at >= opened.session.last_seen_at


@pytest.mark.parametrize(
    "spoil",
    [
        "{head}{other}",
        "ses_{zero}_{secret}",
        "ses_{id}_{secret}0",
        "ses_{id}_",
        "ses__",
        "ses_{id}",
        "ses_é_{secret}",
    ],
)
async def test_a_text_that_is_not_exactly_a_sessions_token_is_refused(
    database: Database, keys: KeyFile, spoil: str
) -> None:
    opened = await enter(database, keys, await staff(database, keys))
    _, id, secret = opened.token.split("_")
    text = spoil.format(
        head=opened.token[:-1],
        other="0" if opened.token[-1] != "0" else "1",
        zero="0" * 32,
        id=id,
        secret=secret,
    )
    async with database.transaction() as tx:
        with pytest.raises(InvalidToken):
            await authenticate(tx, text)


async def test_a_suspended_persons_session_is_refused(database: Database, keys: KeyFile) -> None:
    person = await staff(database, keys)
    opened = await enter(database, keys, person)
    async with database.transaction() as tx:
        await suspend_principal(tx, person.principal.id, by="ann", reason="leave")
        with pytest.raises(PrincipalNotActive):
            await authenticate(tx, opened.token)


async def test_a_device_is_set_up_and_confirmed_and_then_the_session_may_do_its_work(
    database: Database, keys: KeyFile
) -> None:
    principal = await make(database, "li.wei", scopes=("books:read",))
    await give_password(database, principal.id)
    proof = Proof(login="li.wei", password=PASSWORD)
    elsewhere = await sign_in(database, keys, proof, address="", agent="")
    opened = await sign_in(database, keys, proof, address="", agent="")
    with pytest.raises(SecondFactorMissing):
        await confirm_device(database, keys, opened.session.id, principal.id, "000000")
    async with database.transaction() as tx:
        await begin_second_factor(tx, keys, principal.id, "li.wei")
        setup = await begin_second_factor(tx, keys, principal.id, "li.wei")
    assert setup.secret in setup.uri
    person = Person(principal, setup.secret, [])
    with pytest.raises(SignInRefused):
        await confirm_device(database, keys, opened.session.id, principal.id, "000000")
    with pytest.raises(SessionRequired):
        await confirm_device(database, keys, None, principal.id, person.code(0))
    codes = await confirm_device(database, keys, opened.session.id, principal.id, person.code(0))
    assert len(codes) == 10
    async with database.transaction() as tx:
        caller = await authenticate(tx, opened.token)
        assert caller.scopes == {"books:read"}
        assert caller.second_factor
        with pytest.raises(InvalidToken, match="second factor was set up"):
            await authenticate(tx, elsewhere.token)
        with pytest.raises(SecondFactorExists):
            await begin_second_factor(tx, keys, principal.id, "li.wei")
    with pytest.raises(SecondFactorExists):
        await confirm_device(database, keys, opened.session.id, principal.id, person.code())
