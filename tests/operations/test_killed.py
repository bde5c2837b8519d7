"""Killed with SIGKILL anywhere and started again, an end of day does what an undisturbed one does."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import count
from uuid import uuid5

import psycopg
import pytest

from sycee import products
from sycee.database import Database, EmbeddedServer
from sycee.ledger import NewTransfer
from sycee.operations import close_day, unfinished_runs
from tests.ledger.reading_back import check_proofs
from tests.long_runs import is_long, rounds
from tests.operations import closing_process
from tests.operations.closing_process import FIRST_DAY
from tests.operations.content import content
from tests.operations.own_steps import WalkingStep, make_table, work_done
from tests.operations.signing import Bank
from tests.operations.small_bank import (
    AGREEMENT,
    DEMAND,
    NAMESPACE,
    SHANGHAI,
    bear_interest,
    customer_account,
    found_bank,
    post,
    release,
    traffic,
    vault,
)
from tests.products.deposits.counter import a_holder, release_rates, yuan

_serials = count(1)

Copy = Callable[[], str]


@pytest.fixture(scope="module")
def copies(server: EmbeddedServer, template_database: str) -> Iterator[Copy]:
    """Makes copies of a bank with a day's traffic."""
    name = f"killed_{next(_serials)}"
    made = [name]

    def administer(statement: str) -> None:
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    async def prepare() -> None:
        async with await Database.open(server.url(name)) as database:
            await found_bank(database, accounts=8, cells=[SHANGHAI], on=FIRST_DAY)
            await release(
                database,
                ("CNY.demand", date(2020, 1, 1), "0.20"),
                ("CNY.agreement", date(2020, 1, 1), "0.90"),
                ("CNY.demand", date(2026, 6, 25), "0.15"),
            )
            numbers = [customer_account(SHANGHAI, serial) for serial in range(1, 9)]
            await bear_interest(database, numbers[:4], DEMAND, FIRST_DAY)
            await bear_interest(database, numbers[4:7], AGREEMENT, FIRST_DAY)
            await _sign_and_place(database)
            await post(database, traffic(SHANGHAI, "Friday", accounts=8, count=200))
            await _back_value(database, numbers[:3])

    administer(f"CREATE DATABASE {name} TEMPLATE {template_database} STRATEGY FILE_COPY")
    asyncio.run(prepare())

    def copy() -> str:
        made.append(f"{name}_{len(made)}")
        administer(f"CREATE DATABASE {made[-1]} TEMPLATE {name} STRATEGY FILE_COPY")
        return server.url(made[-1])

    yield copy
    for one in made:
        administer(f"DROP DATABASE {one} WITH (FORCE)")


async def _sign_and_place(database: Database) -> None:
    """Two accounts with a monthly fee, one of them without the money; and a deposit that matures in July."""
    async with database.transaction() as tx:
        await release_rates(tx)
        holder = await a_holder(tx, vault(SHANGHAI), "Silk Road Trading Ltd", cell=SHANGHAI)
        await products.place(
            tx,
            products.Placement(
                id=uuid5(NAMESPACE, "deposit"),
                source=holder.general,
                amount=yuan(20_000_000),
                product="large-cd-1m",
                signers=(holder.signer,),
            ),
            by="teller",
        )
    bank = Bank(database)
    await bank.account("starter", "Poor Ltd")
    await bank.pay_in(await bank.account("starter", "Rich Ltd"), 1_000_000)


async def _back_value(database: Database, numbers: list[int]) -> None:
    """Let what is posted count from a day that is closed already once, so that interest is reckoned again."""
    await close_day(database, SHANGHAI, by="test", to=FIRST_DAY + timedelta(days=1))
    late = [
        NewTransfer(
            id=uuid5(NAMESPACE, f"late {number}"),
            debit=vault(SHANGHAI),
            credit=number,
            amount=77_777,
            currency="CNY",
            value_date=FIRST_DAY,
        )
        for number in numbers
    ]
    assert await post(database, late) == len(late)


def content_of(url: str) -> dict[str, object]:
    """What is there, once the books have been proved."""

    async def read() -> dict[str, object]:
        async with await Database.open(url) as database:
            await check_proofs(database)
            assert await _unfinished(database) == []
            return await content(database)

    return asyncio.run(read())


async def _unfinished(database: Database) -> list[date]:
    async with database.transaction() as tx:
        return [run.business_date for run in await unfinished_runs(tx)]


@pytest.fixture(scope="module")
def undisturbed(copies: Copy) -> tuple[int, dict[str, object]]:
    """How many events an undisturbed run has, and what it leaves behind."""
    url = copies()
    events = closing_process.run(url, SHANGHAI)
    assert events is not None
    found = content_of(url)
    # Otherwise the comparison would prove less than it says.
    for name in ("interest postings", "interest accruals", "deposit events", "fees", "failures", "documents"):
        assert found[name], f"nothing of {name} happens in these days"
    return events, found


def test_killed_at_every_step_and_between_all_blocks_one_after_the_other(
    copies: Copy, undisturbed: tuple[int, dict[str, object]]
) -> None:
    """Each process is killed a block or two after where the one before it was."""
    url, kills = copies(), 0
    while closing_process.run(url, SHANGHAI, event=rounds(13, 2)) is None:
        kills += 1
        assert kills < 100, "the end of day does not get on"
    assert kills >= 5
    assert content_of(url) == undisturbed[1]


def test_killed_once_at_a_step_or_between_blocks(
    copies: Copy, undisturbed: tuple[int, dict[str, object]]
) -> None:
    events, expected = undisturbed
    points = range(1, events + 1)
    for point in points if is_long() else sorted(random.sample(points, 4)):
        url = copies()
        assert closing_process.run(url, SHANGHAI, event=point) is None
        closing_process.run(url, SHANGHAI)
        assert content_of(url) == expected, f"killed at event {point} of {events}"


def test_killed_from_outside_at_any_moment(copies: Copy, undisturbed: tuple[int, dict[str, object]]) -> None:
    dice = random.Random()
    for _ in range(rounds(1, 30)):
        url = copies()
        for _ in range(3):
            process = closing_process.start(url, SHANGHAI)
            time.sleep(dice.uniform(0.2, 1.2))
            process.kill()
            process.join()
        closing_process.run(url, SHANGHAI)
        assert content_of(url) == undisturbed[1]


async def test_a_run_whose_process_is_gone_is_shown_as_interrupted(
    database: Database, database_url: str
) -> None:
    await found_bank(database, on=FIRST_DAY)
    killed = await asyncio.to_thread(closing_process.run, database_url, SHANGHAI, 1)
    assert killed is None

    async def state() -> str:
        async with database.transaction() as tx:
            (run,) = await unfinished_runs(tx)
        assert run.business_date == FIRST_DAY
        return run.state

    async with asyncio.timeout(5):  # until the server has noticed that its client is gone
        while await state() != "interrupted":  # noqa: ASYNC110 - the event is in another process
            await asyncio.sleep(0.05)


async def test_an_end_of_day_lives_through_a_crash_of_the_database(
    crashing: EmbeddedServer,
) -> None:
    """The lock is lost with its session; the run takes it again when the database is back, and goes on."""
    async with await Database.open(crashing.url()) as database:
        await found_bank(database)
        await make_table(database)

        crashes = iter([True])

        async def between(blocks: int) -> None:
            if blocks == 2 and next(crashes, False):
                await asyncio.to_thread(crashing.kill)
                await asyncio.to_thread(crashing.start)

        step = WalkingStep("walk", between=between)
        run = await close_day(database, SHANGHAI, by="test", steps=[step])
        assert (run.state, run.failed, run.steps[1].done) == ("finished", 0, 6)
        assert run.attempt == 2
        assert set((await work_done(database, "walk")).values()) == {1}
        await check_proofs(database)
