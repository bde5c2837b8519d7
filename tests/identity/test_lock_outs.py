"""Lock-outs hold back who guesses, and nobody else."""

from __future__ import annotations

import pytest

from sycee.database import Database
from sycee.identity import KeyFile, LockedOut, SignInRefused, sign_in
from sycee.identity.lock_outs import FREE_ATTEMPTS, FREE_EVERYWHERE
from sycee.kernel.errors import SyceeError
from tests.identity.people import ADDRESS, Person, enter, staff


async def fail(database: Database, keys: KeyFile, person: Person, address: str) -> type[BaseException]:
    with pytest.raises(SyceeError) as refused:
        await sign_in(database, keys, person.proof(password="wrong"), address=address, agent="")
    return type(refused.value)


async def test_guesses_from_elsewhere_lock_nobody_out(database: Database, keys: KeyFile) -> None:
    person = await staff(database, keys)
    for _ in range(FREE_ATTEMPTS):
        assert await fail(database, keys, person, "198.51.100.1") is SignInRefused
    assert await fail(database, keys, person, "198.51.100.1") is LockedOut
    assert (await enter(database, keys, person)).session.address == ADDRESS
    assert await fail(database, keys, person, "198.51.100.1") is LockedOut  # nor does a success let them on


async def test_a_host_gains_nothing_by_the_addresses_of_its_network(
    database: Database, keys: KeyFile
) -> None:
    person = await staff(database, keys)
    told = [await fail(database, keys, person, f"2001:db8::{host:x}") for host in range(FREE_ATTEMPTS + 1)]
    assert told == [SignInRefused] * FREE_ATTEMPTS + [LockedOut]
    assert await fail(database, keys, person, "2001:db8:0:1::1") is SignInRefused


async def test_after_fifty_failures_from_anywhere_a_login_waits_but_where_it_is_at_home(
    database: Database, keys: KeyFile
) -> None:
    person = await staff(database, keys)
    await enter(database, keys, person)
    async with database.transaction() as tx:
        await tx.execute(
            "INSERT INTO login_attempts (login, address, failures, last_at) VALUES (%s, '*', %s, now())",
            (person.principal.login, FREE_EVERYWHERE - 1),
        )
    assert await fail(database, keys, person, "198.51.100.1") is SignInRefused
    assert await fail(database, keys, person, "198.51.100.2") is LockedOut
    assert await fail(database, keys, person, ADDRESS) is SignInRefused
    proof = person.proof(code=None, recovery_code=person.recovery_codes[0])
    opened = await sign_in(database, keys, proof, address=ADDRESS, agent="")
    assert opened.session.second_factor
