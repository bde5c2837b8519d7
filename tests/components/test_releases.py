"""What is released is seen by every transaction as it should, whoever else is at work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import pytest_asyncio

from sycee.components import (
    InvalidComponents,
    ReleasedComponentsInvalid,
    list_proposals,
    propose,
    release,
    released_registry,
)
from sycee.database import Database
from tests.components.proposing import document, proposed, rate, released

pytestmark = pytest.mark.usefixtures("acme")


async def test_a_transaction_keeps_to_the_registry_that_it_sees(database: Database) -> None:
    made = await proposed(database)
    async with database.transaction() as old:
        await old.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        before = await released_registry(old)
        async with database.transaction() as tx:
            await release(tx, made.id, by="bob")
        assert await released_registry(old) is before
        async with database.transaction() as new:
            after = await released_registry(new)
        assert (before.release, after.release) == (0, 1)
        assert await released_registry(old) is before


async def test_a_release_that_is_rolled_back_never_counts(database: Database) -> None:
    made = await proposed(database)
    with pytest.raises(RuntimeError):
        async with database.transaction() as tx:
            await release(tx, made.id, by="bob")
            assert "growth" in (await released_registry(tx)).products
            raise RuntimeError
    async with database.transaction() as tx:
        assert "growth" not in (await released_registry(tx)).products
        other = await propose(tx, document(conditions=[rate("rate.other")]), by="ann", reason="else")
    async with database.transaction() as tx:
        await release(tx, other.id, by="bob")
        known = await released_registry(tx)
    assert known.release == 1
    assert ("rate.other" in known.conditions, "growth" in known.products) == (True, False)


async def test_a_state_that_was_rolled_back_is_not_mistaken_for_another(database: Database) -> None:
    first = await proposed(database, document(conditions=[rate("rate.first")]))
    other = await proposed(database, document(conditions=[rate("rate.other")]))
    last = await proposed(database, document(conditions=[rate("rate.last")]))
    with pytest.raises(RuntimeError):
        async with database.transaction() as tx:
            await release(tx, first.id, by="bob")
            await release(tx, last.id, by="bob")
            assert "rate.first" in (await released_registry(tx)).conditions
            raise RuntimeError
    for made in (other, last):
        async with database.transaction() as tx:
            await release(tx, made.id, by="bob")
    async with database.transaction() as tx:
        known = await released_registry(tx)
    assert ("rate.first" in known.conditions, "rate.other" in known.conditions) == (False, True)


async def test_releases_at_the_same_time_happen_one_after_another(database: Database) -> None:
    rates = [document(conditions=[rate(f"rate.{number}")]) for number in range(6)]
    clashing = [document(conditions=[rate("rate.same")]) for _ in range(3)]
    waiting = [await proposed(database, said) for said in (*rates, *clashing)]

    async def try_release(id: UUID) -> str:
        try:
            async with database.transaction() as tx:
                return (await release(tx, id, by="bob")).state
        except InvalidComponents:
            return "refused"

    states = await asyncio.gather(*(try_release(made.id) for made in waiting))
    assert states[:6] == ["released"] * 6
    assert sorted(states[6:]) == ["refused", "refused", "released"]
    async with database.transaction() as tx:
        known = await released_registry(tx)
        numbers = [made.release for made in await list_proposals(tx, state="released")]
    assert sorted(number for number in numbers if number) == [1, 2, 3, 4, 5, 6, 7]
    assert known.release == 7
    assert {f"rate.{number}" for number in range(6)} | {"rate.same"} <= set(known.conditions)


@pytest_asyncio.fixture
async def second_bank(empty_database_url: str) -> AsyncIterator[Database]:
    """Another bank in the same process."""
    from sycee.database import migrations

    await asyncio.to_thread(migrations.upgrade, empty_database_url)
    async with await Database.open(empty_database_url, max_size=2) as opened:
        yield opened


async def test_two_banks_in_one_process_do_not_mix(database: Database, second_bank: Database) -> None:
    await released(database)
    await released(second_bank, document(conditions=[rate("rate.second")]))
    for bank, mine, other in (
        (database, "rate.growth", "rate.second"),
        (second_bank, "rate.second", "rate.growth"),
    ):
        async with bank.transaction() as tx:
            known = await released_registry(tx)
        assert (mine in known.conditions, other in known.conditions) == (True, False)


async def test_what_was_released_for_components_that_are_gone_is_told(database: Database) -> None:
    await released(database)
    from sycee.components.releases import _built
    from tests.components import another_house

    _built.clear()
    import sys

    sys.path.remove(str(another_house.ACME))
    another_house.forget()
    try:
        with pytest.raises(ReleasedComponentsInvalid, match=r"there is no capability acme\.interest@1"):
            async with database.transaction() as tx:
                await released_registry(tx)
    finally:
        sys.path.insert(0, str(another_house.ACME))
