"""Behind the wall in the database: what a transaction that acts for a customer can see and write."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
import pytest
import pytest_asyncio

from sycee import ledger
from sycee.database import Database, acts_for_customer, as_bank
from sycee.kernel.ids import uuid7
from sycee.ledger import NewAccount, NewTransfer, NormalSide
from tests.api.wire import DAY

SILK, JADE = UUID(int=1), UUID(int=2)


async def rows(database: Database, query: str, *values: Any, acting_for: UUID | None = None) -> list[Any]:
    """What a query finds, in a transaction of its own."""
    async with database.transaction(acting_for=acting_for) as tx:
        return await (await tx.execute(query.encode(), values)).fetchall()


class Books:
    """Two customers with an account each, a vault, and what moved between them."""

    def __init__(self, database: Database, vault: int, silk: int, jade: int) -> None:
        self.database = database
        self.vault, self.silk, self.jade = vault, silk, jade
        self.deposit, self.payment, self.hold, self.foreign = uuid7(), uuid7(), uuid7(), uuid7()

    async def move(self) -> None:
        """100.00 to each; 25.00 from silk to jade; 5.00 held on silk for jade."""
        async with self.database.transaction() as tx:
            outcomes = await ledger.post_transfers(
                tx,
                [
                    NewTransfer(
                        id=self.deposit, debit=self.vault, credit=self.silk, amount=10_000, currency="CNY"
                    ),
                    NewTransfer(
                        id=self.foreign, debit=self.vault, credit=self.jade, amount=10_000, currency="CNY"
                    ),
                    NewTransfer(
                        id=self.payment, debit=self.silk, credit=self.jade, amount=2_500, currency="CNY"
                    ),
                    NewTransfer(
                        id=self.hold,
                        debit=self.silk,
                        credit=self.jade,
                        amount=500,
                        currency="CNY",
                        kind=ledger.TransferKind.PENDING,
                    ),
                ],
            )
            assert {one.status for one in outcomes} == {"posted", "pending"}


@pytest_asyncio.fixture(params=[101, 102], ids=["one cell", "two cells"])
async def books(database: Database, request: pytest.FixtureRequest) -> Books:
    """Silk in cell 101, jade in the same or in another one."""
    async with database.transaction() as tx:
        for cell in (101, 102):
            await ledger.create_cell(tx, cell, f"Cell {cell}", DAY)
        vault, silk, jade = await ledger.open_accounts(
            tx,
            [
                NewAccount(
                    cell=101, currency="CNY", subject="1001", normal_side=NormalSide.DEBIT, floor=None
                ),
                NewAccount(cell=101, currency="CNY", subject="2011", customer=SILK),
                NewAccount(cell=request.param, currency="CNY", subject="2011", customer=JADE),
            ],
        )
    made = Books(database, vault.number, silk.number, jade.number)
    await made.move()
    return made


async def test_a_customer_sees_its_own_accounts_alone(books: Books) -> None:
    for customer, number, other in ((SILK, books.silk, books.jade), (JADE, books.jade, books.silk)):
        async with books.database.transaction(acting_for=customer) as tx:
            assert [one.number for one in await ledger.list_accounts(tx)] == [number]
            assert await ledger.list_accounts(tx, customer=JADE if customer == SILK else SILK) == []
            assert (await ledger.get_account(tx, number)).customer == customer
            for foreign in (other, books.vault):
                with pytest.raises(ledger.AccountNotFound):
                    await ledger.get_account(tx, foreign)


async def test_a_customer_sees_its_own_entries_as_the_bank_shows_them(books: Books) -> None:
    for number, customer in ((books.silk, SILK), (books.jade, JADE)):
        for newest_first in (True, False):
            async with books.database.transaction() as tx:
                told = await ledger.entries(tx, number, newest_first=newest_first)
            async with books.database.transaction(acting_for=customer) as tx:
                assert await ledger.entries(tx, number, newest_first=newest_first) == told
            assert len(told.entries) == 2


async def test_pages_of_entries_go_on_for_a_customer_as_for_the_bank(books: Books) -> None:
    async with books.database.transaction(acting_for=JADE) as tx:
        first = await ledger.entries(tx, books.jade, limit=1)
        second = await ledger.entries(tx, books.jade, limit=1, after=first.next_cursor)
    assert [one.transfer_id for one in (*first.entries, *second.entries)] == [books.payment, books.foreign]


async def test_balances_now_and_then_are_a_customers_as_they_are_the_banks(books: Books) -> None:
    async with books.database.transaction(acting_for=SILK) as tx:
        now = await ledger.balance(tx, books.silk)
        assert (now.balance, now.held) == (7_500, 500)
        assert (await ledger.balance(tx, books.silk, at=DAY)).balance == 7_500
        then = await ledger.balance(tx, books.silk, at=now.at)
        assert (then.balance, then.held) == (7_500, 500)
        statement = await ledger.statement(tx, books.silk, DAY, DAY)
        assert (statement.opening, statement.closing) == (0, 7_500)
        assert acts_for_customer(tx)


async def test_no_function_walks_a_strangers_chain(books: Books) -> None:
    cell, number = 101, books.silk
    calls = [
        ("SELECT * FROM ledger_entry_at(%s::smallint, %s, NULL, NULL)", (cell, number)),
        ("SELECT * FROM ledger_entries_backwards(%s::smallint, %s, 3, '2000-01-01', 10)", (cell, number)),
        ("SELECT * FROM ledger_entries_forwards(%s::smallint, %s, -1, '2999-01-01', 10)", (cell, number)),
        # a place in the chain of somebody else, under an account of one's own
        ("SELECT * FROM ledger_entries_backwards(%s::smallint, %s, 1, '2000-01-01', 10)", (cell, books.jade)),
    ]
    for query, values in calls:
        assert await rows(books.database, query, *values, acting_for=JADE) == [], query
    assert await rows(books.database, calls[0][0], cell, number, acting_for=SILK)


async def test_what_the_other_end_stands_at_is_not_shown(books: Books) -> None:
    cell = books.jade // 10**15
    found = await rows(
        books.database,
        "SELECT debit_balance, credit_balance, debit_held, debit_previous, credit_previous IS NOT NULL"
        " FROM ledger_entries_forwards(%s::smallint, %s, -1, '2999-01-01', 10) ORDER BY position",
        cell,
        books.jade,
        acting_for=JADE,
    )
    assert [row[:4] for row in found] == [(None, 10_000, None, None), (None, 12_500, None, None)]
    for column in ("debit_balance", "credit_balance", "debit_held", "credit_held", "*"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await rows(books.database, f"SELECT {column} FROM transfers", acting_for=JADE)


async def test_a_transfer_is_seen_by_both_ends_and_nobody_else(books: Books) -> None:
    seen = {
        SILK: {books.deposit, books.payment, books.hold},
        JADE: {books.foreign, books.payment, books.hold},
    }
    for customer in (SILK, JADE, UUID(int=3)):
        for id in (books.deposit, books.payment, books.hold, books.foreign):
            async with books.database.transaction(acting_for=customer) as tx:
                if id in seen.get(customer, set()):
                    assert (await ledger.get_transfer(tx, id)).id == id
                else:
                    with pytest.raises(ledger.TransferNotFound):
                        await ledger.get_transfer(tx, id)


async def test_a_customer_cannot_post_nor_write(books: Books) -> None:
    transfer = NewTransfer(id=uuid7(), debit=books.silk, credit=books.jade, amount=1, currency="CNY")
    async with books.database.transaction() as tx:
        before = await ledger.get_account(tx, books.silk)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with books.database.transaction(acting_for=SILK) as tx:
            await ledger.post_transfers(tx, [transfer])
    for statement in (
        "UPDATE accounts SET posted = 1000000",
        "UPDATE account_profiles SET customer = acting_customer()",
        "DELETE FROM transfers",
        "TRUNCATE holds",
        "INSERT INTO rates SELECT * FROM rates",
        "CREATE TABLE mine (a integer)",
        "SELECT * FROM tokens",
        "SELECT customers_see('tokens', 'true')",
        "ALTER TABLE tokens DISABLE ROW LEVEL SECURITY",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await rows(books.database, statement, acting_for=SILK)
    async with books.database.transaction() as tx:
        assert await ledger.get_account(tx, books.silk) == before


async def test_the_banks_part_of_a_customers_transaction_is_the_banks_and_ends(books: Books) -> None:
    transfer = NewTransfer(id=uuid7(), debit=books.silk, credit=books.jade, amount=1, currency="CNY")
    async with books.database.transaction(acting_for=SILK) as tx:
        async with as_bank(tx):
            assert not acts_for_customer(tx)
            (outcome,) = await ledger.post_transfers(tx, [transfer])
            async with as_bank(tx):
                assert (await ledger.get_account(tx, books.jade)).number == books.jade
            assert (await ledger.get_account(tx, books.jade)).number == books.jade
        assert outcome.status == "posted"
        assert acts_for_customer(tx)
        with pytest.raises(ledger.AccountNotFound):
            await ledger.get_account(tx, books.jade)


async def test_an_error_in_the_banks_part_leaves_the_wall_standing(books: Books) -> None:
    async def refuse(statement: str | None) -> None:
        async with tx.transaction(), as_bank(tx):
            if statement is None:
                raise LookupError
            await tx.execute(statement.encode())

    async with books.database.transaction(acting_for=SILK) as tx:
        for statement, error in ((None, LookupError), ("SELECT 1/0", psycopg.errors.DivisionByZero)):
            with pytest.raises(error):
                await refuse(statement)
            assert acts_for_customer(tx)
            assert [one.number for one in await ledger.list_accounts(tx)] == [books.silk]
        async with as_bank(tx):
            with pytest.raises(psycopg.errors.DivisionByZero):
                async with tx.transaction():
                    await tx.execute("SELECT 1/0")
            assert len(await ledger.list_accounts(tx)) >= 3
        assert [one.number for one in await ledger.list_accounts(tx)] == [books.silk]


async def test_a_connection_forgets_for_whom_it_acted(books: Books, database_url: str) -> None:
    async with await Database.open(database_url, min_size=1, max_size=1) as single:
        for _ in range(8):  # often enough for statements to be prepared, and for their plans to be kept
            async with single.transaction(acting_for=SILK) as tx:
                assert [one.number for one in await ledger.list_accounts(tx)] == [books.silk]
            async with single.transaction() as tx:
                assert len(await ledger.list_accounts(tx)) >= 3
                role = await (
                    await tx.execute("SELECT current_user = session_user, acting_customer()")
                ).fetchone()
                assert role == (True, None)
            async with single.transaction(acting_for=JADE) as tx:
                assert [one.number for one in await ledger.list_accounts(tx)] == [books.jade]
            with pytest.raises(psycopg.errors.DivisionByZero):
                async with single.transaction(acting_for=SILK) as tx:
                    await tx.execute("SELECT 1/0")


async def test_a_customer_that_is_not_named_sees_nothing(books: Books) -> None:
    tables = (
        "accounts",
        "account_profiles",
        "holds",
        "entry_marks",
        "customers",
        "agreements",
    )
    async with books.database.transaction(acting_for=SILK) as tx:
        await tx.execute("SELECT set_config('sycee.customer', '', true)")
        for table in tables:
            row = await (await tx.execute(f"SELECT count(*) FROM {table}".encode())).fetchone()
            assert row == (0,)


async def test_a_whole_command_can_be_run_for_a_customer(books: Books) -> None:
    async def command(tx: Any) -> list[int]:
        return [one.number for one in await ledger.list_accounts(tx)]

    assert await books.database.run(command, acting_for=JADE) == [books.jade]
