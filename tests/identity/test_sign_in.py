"""Signing in: password, one-time code, recovery codes, lock-outs, and races between them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from sycee.database import Database
from sycee.identity import (
    KeyFile,
    LockedOut,
    PrincipalNotActive,
    Proof,
    SecondFactorMissing,
    SecondFactorRequired,
    SessionRequired,
    SignInRefused,
    WeakPassword,
    authenticate,
    change_password,
    new_first_password,
    recovery_codes_left,
    renew_recovery_codes,
    reset_second_factor,
    security_events,
    set_first_password,
    sign_in,
    stored_password,
    suspend_principal,
    unlock,
)
from sycee.identity.lock_outs import FREE_ATTEMPTS, forget_old_failures, pause_after
from sycee.kernel.errors import SyceeError
from tests.identity.people import ADDRESS, PASSWORD, enter, give_password, make, staff

NEW_PASSWORD = "violet-harbour-mustard-9"


async def events(database: Database) -> list[str]:
    async with database.transaction() as tx:
        return [one.event for one in reversed(await security_events(tx))]


async def test_password_and_code_open_a_session_with_the_principals_scopes(
    database: Database, keys: KeyFile
) -> None:
    person = await staff(database, keys, scopes=("accounts:read", "books:read"))
    opened = await enter(database, keys, person)
    assert not opened.must_change_password
    assert not opened.must_set_up_second_factor
    assert opened.session.second_factor
    async with database.transaction() as tx:
        caller = await authenticate(tx, opened.token)
        (event,) = await security_events(tx, event="signed_in")
    assert caller.principal == person.principal.id
    assert caller.scopes == {"accounts:read", "books:read"}
    assert (caller.session, caller.second_factor) == (opened.session.id, True)
    assert (event.principal, event.address) == (person.principal.id, ADDRESS)


@pytest.mark.parametrize(
    "changes",
    [
        {"password": "wrong"},
        {"password": PASSWORD + " "},
        {"password": "x" * 100_000},
        {"code": "000000"},
        {"code": "１２３４５６"},
        {"code": ""},
        {"login": "nobody"},
        {"login": "x" * 5_000},
        {"code": None, "recovery_code": "mzxw-6ytb-oi2s-4k3q"},
    ],
    ids=str,
)
async def test_a_wrong_part_is_refused_without_saying_which(
    database: Database, keys: KeyFile, changes: dict[str, Any]
) -> None:
    person = await staff(database, keys)
    with pytest.raises(SignInRefused) as refused:
        await enter(database, keys, person, **changes)
    assert refused.value.detail == "login, password or code is wrong"
    assert (await events(database))[-1] == "sign_in_refused"


async def test_without_a_code_it_is_asked_for_and_nothing_is_counted(
    database: Database, keys: KeyFile
) -> None:
    person = await staff(database, keys)
    for _ in range(2 * FREE_ATTEMPTS):
        with pytest.raises(SecondFactorRequired):
            await enter(database, keys, person, code=None)
    assert (await enter(database, keys, person)).session.second_factor


async def test_a_code_is_taken_once(database: Database, keys: KeyFile) -> None:
    person = await staff(database, keys)
    proof = person.proof()
    await sign_in(database, keys, proof, address=ADDRESS, agent="")
    with pytest.raises(SignInRefused):
        await sign_in(database, keys, proof, address=ADDRESS, agent="")


async def test_of_sign_ins_that_race_with_one_code_one_succeeds(database: Database, keys: KeyFile) -> None:
    person = await staff(database, keys)
    proof = person.proof()
    tries = [sign_in(database, keys, proof, address=ADDRESS, agent="") for _ in range(4)]
    found = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(not isinstance(one, BaseException) for one in found) == 1
    assert all(isinstance(one, SignInRefused) for one in found if isinstance(one, BaseException))
    assert (await events(database)).count("signed_in") == 1


async def test_of_sign_ins_that_race_with_one_recovery_code_one_succeeds(
    database: Database, keys: KeyFile
) -> None:
    person = await staff(database, keys)
    tries = [
        enter(database, keys, person, code=None, recovery_code=person.recovery_codes[0].upper())
        for _ in range(4)
    ]
    found = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(not isinstance(one, BaseException) for one in found) == 1
    async with database.transaction() as tx:
        assert await recovery_codes_left(tx, person.principal.id) == 9


async def test_after_five_failures_even_the_right_password_waits(database: Database, keys: KeyFile) -> None:
    person = await staff(database, keys)
    for _ in range(FREE_ATTEMPTS):
        with pytest.raises(SignInRefused):
            await enter(database, keys, person, password="wrong")
    with pytest.raises(LockedOut) as locked:
        await enter(database, keys, person)
    assert 1 <= locked.value.facts["retry_after_s"] <= 31
    async with database.transaction() as tx:
        await unlock(tx, person.principal.id, by="ann", reason="called, and was recognised")
    assert (await enter(database, keys, person)).session.second_factor


async def test_however_many_guesses_race_no_more_than_five_are_looked_at(
    database: Database, keys: KeyFile
) -> None:
    person = await staff(database, keys)
    tries = [enter(database, keys, person, password=f"guess {at}") for at in range(12)]
    found = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, SignInRefused) for one in found) == FREE_ATTEMPTS
    assert sum(isinstance(one, LockedOut) for one in found) == 12 - FREE_ATTEMPTS


async def test_a_login_that_nobody_has_is_locked_out_like_any_other(
    database: Database, keys: KeyFile
) -> None:
    proof = Proof(login="nobody", password=PASSWORD)
    found: list[type] = []
    for _ in range(FREE_ATTEMPTS + 1):
        with pytest.raises(SyceeError) as refused:
            await sign_in(database, keys, proof, address=ADDRESS, agent="")
        found.append(type(refused.value))
    assert found == [SignInRefused] * FREE_ATTEMPTS + [LockedOut]


def test_each_failure_after_the_fifth_doubles_the_pause_up_to_an_hour() -> None:
    pauses = [pause_after(failures) for failures in range(1, 15)]
    assert pauses[:4] == [None] * 4
    assert [pause.total_seconds() for pause in pauses[4:] if pause] == [
        30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600,
    ]  # fmt: skip
    assert pause_after(10**9) == timedelta(hours=1)


async def test_success_and_a_day_without_failures_begin_the_count_anew(
    database: Database, keys: KeyFile
) -> None:
    person = await staff(database, keys)
    for _ in range(FREE_ATTEMPTS - 1):
        with pytest.raises(SignInRefused):
            await enter(database, keys, person, password="wrong")
    async with database.transaction() as tx:
        await tx.execute("UPDATE login_attempts SET last_at = now() - interval '25 hours'")
    for _ in range(FREE_ATTEMPTS - 1):
        with pytest.raises(SignInRefused):
            await enter(database, keys, person, password="wrong")
    await enter(database, keys, person)
    async with database.transaction() as tx:
        row = await (await tx.execute("SELECT count(*) FROM login_attempts")).fetchone()
    assert row == (0,)


async def test_old_failures_are_forgotten(database: Database, keys: KeyFile) -> None:
    with pytest.raises(SignInRefused):
        await sign_in(database, keys, Proof(login="nobody", password="x"), address="", agent="")
    async with database.transaction() as tx:
        assert await forget_old_failures(tx) == 0
        await tx.execute("UPDATE login_attempts SET last_at = now() - interval '25 hours'")
        assert await forget_old_failures(tx) == 2  # from there, and from everywhere


async def test_a_suspended_person_is_told_so_only_with_the_right_password(
    database: Database, keys: KeyFile
) -> None:
    person = await staff(database, keys)
    async with database.transaction() as tx:
        await suspend_principal(tx, person.principal.id, by="ann", reason="leave")
    with pytest.raises(PrincipalNotActive, match="suspended"):
        await enter(database, keys, person)
    with pytest.raises(SignInRefused):
        await enter(database, keys, person, password="wrong")


async def test_a_first_password_opens_a_session_that_may_do_nothing_but_change_it(
    database: Database, keys: KeyFile
) -> None:
    principal = await make(database, "li.wei", scopes=("admin",))
    first, hashed = await new_first_password()
    async with database.transaction() as tx:
        await set_first_password(tx, principal.id, hashed, by="ann", reason="new on the desk")
    proof = Proof(login="li.wei", password=first)
    opened = await sign_in(database, keys, proof, address=ADDRESS, agent="")
    assert opened.must_change_password
    assert opened.must_set_up_second_factor
    async with database.transaction() as tx:
        assert (await authenticate(tx, opened.token)).scopes == frozenset()
        await tx.execute("UPDATE passwords SET expires_at = now() - interval '1 second'")
    with pytest.raises(SignInRefused, match="in time"):
        await sign_in(database, keys, proof, address=ADDRESS, agent="")


async def test_a_password_past_its_days_has_to_be_changed_first(database: Database, keys: KeyFile) -> None:
    person = await staff(database, keys)
    async with database.transaction() as tx:
        await tx.execute("UPDATE passwords SET expires_at = now() - interval '1 second'")
    opened = await enter(database, keys, person)
    assert opened.must_change_password
    async with database.transaction() as tx:
        assert (await authenticate(tx, opened.token)).scopes == frozenset()


async def test_changing_the_password_ends_every_other_session(database: Database, keys: KeyFile) -> None:
    person = await staff(database, keys)
    other = await enter(database, keys, person, code=None, recovery_code=person.recovery_codes[0])
    mine = await enter(database, keys, person, code=None, recovery_code=person.recovery_codes[1])
    await change_password(
        database,
        keys,
        mine.session.id,
        person.principal.id,
        Proof(login="", password=PASSWORD, code=person.code()),
        NEW_PASSWORD,
        address=ADDRESS,
        lasts=timedelta(days=90),
    )
    async with database.transaction() as tx:
        assert (await authenticate(tx, mine.token)).scopes == {"accounts:read"}
        with pytest.raises(SyceeError, match="password was changed"):
            await authenticate(tx, other.token)
        stored = await stored_password(tx, person.principal.id)
    assert stored is not None
    assert stored.expires_at is not None
    with pytest.raises(SignInRefused):
        await enter(database, keys, person, code=None)
    with pytest.raises(SecondFactorRequired):
        await enter(database, keys, person, password=NEW_PASSWORD, code=None)


@pytest.mark.parametrize(
    ("current", "new", "error"),
    [
        ("wrong", NEW_PASSWORD, SignInRefused),
        (PASSWORD, PASSWORD, WeakPassword),
        (PASSWORD, "short", WeakPassword),
        (PASSWORD, "li.wei li.wei li.wei", WeakPassword),
    ],
)
async def test_a_change_that_is_not_right_changes_nothing(
    database: Database, keys: KeyFile, current: str, new: str, error: type[SyceeError]
) -> None:
    person = await staff(database, keys)
    opened = await enter(database, keys, person, code=None, recovery_code=person.recovery_codes[0])
    with pytest.raises(error):
        await change_password(
            database,
            keys,
            opened.session.id,
            person.principal.id,
            Proof(login="", password=current, code=person.code()),
            new,
            address=ADDRESS,
            lasts=None,
        )
    with pytest.raises(SecondFactorRequired):
        await enter(database, keys, person, code=None)


async def test_a_machine_has_no_password_to_change(database: Database, keys: KeyFile) -> None:
    machine = await make(database, "erp", kind="machine")
    with pytest.raises(SessionRequired):
        await change_password(
            database,
            keys,
            None,
            machine.id,
            Proof(login="", password=PASSWORD),
            NEW_PASSWORD,
            address=ADDRESS,
            lasts=None,
        )


async def test_a_password_changed_between_look_and_decision_is_refused(
    database: Database, keys: KeyFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sycee.identity import sign_in as module_function
    from sycee.identity.passwords import verify_password

    person = await staff(database, keys)

    async def slow(stored: str | None, password: str) -> bool:
        right = await verify_password(stored, password)
        await give_password(database, person.principal.id, NEW_PASSWORD)
        return right

    monkeypatch.setitem(module_function.__globals__, "verify_password", slow)
    with pytest.raises(SignInRefused, match="at this moment"):
        await enter(database, keys, person)


async def test_recovery_codes_are_renewed_for_a_code_and_the_old_ones_are_over(
    database: Database, keys: KeyFile
) -> None:
    person = await staff(database, keys)
    with pytest.raises(SignInRefused):
        await renew_recovery_codes(database, keys, person.principal.id, "000000", address=ADDRESS)
    fresh = await renew_recovery_codes(database, keys, person.principal.id, person.code(), address=ADDRESS)
    assert len(set(fresh)) == 10
    assert not set(fresh) & set(person.recovery_codes)
    with pytest.raises(SignInRefused):
        await enter(database, keys, person, code=None, recovery_code=person.recovery_codes[0])
    assert (await enter(database, keys, person, code=None, recovery_code=fresh[0])).session.second_factor


async def test_after_a_reset_of_the_device_sessions_are_over_and_a_new_one_is_to_be_set_up(
    database: Database, keys: KeyFile
) -> None:
    person = await staff(database, keys)
    opened = await enter(database, keys, person)
    async with database.transaction() as tx:
        await reset_second_factor(tx, person.principal.id, by="ann", reason="lost in the sea")
        with pytest.raises(SyceeError, match="was reset"):
            await authenticate(tx, opened.token)
    again = await enter(database, keys, person, code=None)
    assert again.must_set_up_second_factor
    with pytest.raises(SecondFactorMissing):
        await renew_recovery_codes(database, keys, person.principal.id, "000000", address=ADDRESS)


async def test_no_secret_is_readable_in_the_database(database: Database, keys: KeyFile) -> None:
    person = await staff(database, keys)
    opened = await enter(database, keys, person)
    kept = ""
    tables = ("passwords", "one_time_code_secrets", "recovery_codes", "sessions", "security_events")
    async with database.transaction() as tx:
        for table in tables:
            row = await (
                await tx.execute(f"SELECT string_agg(t::text, '|') FROM {table} t".encode())
            ).fetchone()
            assert row is not None
            kept += row[0]
    secrets = [PASSWORD, person.secret, opened.token.split("_")[2], *person.recovery_codes]
    secrets += [code.replace("-", "") for code in person.recovery_codes]
    forms = [form for secret in secrets for form in (secret, secret.encode().hex())]
    assert not [form for form in forms if form in kept]
