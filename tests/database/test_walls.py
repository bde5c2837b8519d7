"""The wall in the database: what a transaction that acts for a customer can see and write, table by table."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
import pytest_asyncio
from psycopg.conninfo import make_conninfo

from sycee import ledger
from sycee.database import (
    CUSTOMER_ROLE,
    Database,
    EmbeddedServer,
    acts_for_customer,
    as_bank,
    migrations,
)
from sycee.kernel.ids import uuid7
from sycee.ledger import NewAccount, NewTransfer, NormalSide
from tests.api.wire import DAY

# What a customer may see of everybody's: nobody's in particular, and needed to read one's own.
REFERENCE = {
    "batches": "which batch sealed a transfer",
    "cells": "the business date of a cell",
    "interest_feeds": "through which day a cell's interest is reckoned",
    "interest_pieces": "rates by day, of terms that many accounts share",
    "interest_terms": "terms that many accounts share",
    "payment_heads": "how far the stream of a cell's steps has come",
    "product_snapshots": "what products said, shared by all who agreed to the same",
    "rails": "the ways to other banks",
    "rates": "published rates",
}
# What no customer reaches at all.
BANK_ONLY = {
    "account_changes": "why the bank changed an account, orders of authorities among it",
    "account_serials": "how many accounts a cell has",
    "alembic_version": "the state of the schema",
    "approval_segregations": "which duties the bank keeps apart",
    "bulk_hold_accounts": "the bank's own accounts",
    "component_head": "the catalogue's releases",
    "component_proposals": "what the bank's people propose to each other",
    "customer_changes": "who of the bank recorded what, and why",
    "customer_counts": "how many customers a cell has",
    "day_failures": "how an end of day went, across customers",
    "day_runs": "how an end of day went, across customers",
    "day_seals": "seals of whole days",
    "day_steps": "how an end of day went, across customers",
    "due_diligence": "what the bank found out, and how it grades the risk",
    "fee_accounts": "the bank's own accounts",
    "gl_totals": "the bank's general ledger",
    "grants": "who may do what, across customers",
    "holdings": "who owns whom, also across customers",
    "idempotency_keys": "answers kept by principal; the API reads them as the bank",
    "intercell_accounts": "the bank's own accounts",
    "interest_accounts": "the bank's own accounts",
    "interest_accruals": "what the bank owes all customers together",
    "interest_stale": "what the bank still has to reckon",
    "own_agents": "the codes of this bank",
    "ownership_registers": "who owns whom, also across customers",
    "payment_transitions": "which state of a payment may follow which",
    "login_attempts": "who failed to sign in",
    "oauth_assertions": "credentials",
    "oauth_clients": "credentials",
    "one_time_code_secrets": "credentials",
    "passwords": "credentials",
    "principals": "logins of everybody",
    "rail_accounts": "the bank's own accounts",
    "rail_case_entries": "how the bank's people worked a case, across customers",
    "rail_cases": "what does not agree with a rail, across customers",
    "rail_connections": "where rails are reached",
    "rail_items": "what was said to rails about payments, across customers",
    "rail_messages": "what was said to rails and by them, across customers",
    "rail_reconciliations": "what reconciliations found, across customers",
    "rail_reports": "what rails report, across customers",
    "rail_suspense_accounts": "the bank's own accounts",
    "rail_terms": "prices and caps that are not in force",
    "rate_proposal_lines": "prices that are not in force",
    "rate_proposals": "prices that are not in force",
    "receipt_serials": "how many receipts a cell has issued",
    "recovery_codes": "credentials",
    "roles": "what the bank's people may do",
    "screening_lists": "whom the bank looks for",
    "screening_names": "whom the bank looks for",
    "seal_keys": "keys of the seals",
    "security_events": "who did what, across customers",
    "security_log_head": "the security log's seal",
    "sessions": "credentials",
    "signing_keys": "credentials",
    "tokens": "credentials",
}

SILK, JADE = UUID(int=1), UUID(int=2)


async def rows(database: Database, query: str, *values: Any, acting_for: UUID | None = None) -> list[Any]:
    """What a query finds, in a transaction of its own."""
    async with database.transaction(acting_for=acting_for) as tx:
        return await (await tx.execute(query.encode(), values)).fetchall()


async def names(database: Database, query: str, *values: Any) -> list[str]:
    """The first column of what a query finds."""
    return [row[0] for row in await rows(database, query, *values)]


_TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {} ORDER BY 1
"""
_UNDER_POLICIES = _TABLES.format(
    "c.relrowsecurity AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid"
    " AND p.polcmd = 'r' AND p.polroles = ARRAY[(SELECT oid FROM pg_roles WHERE rolname = %s)])"
)
_REACHED = _TABLES.format(
    "(has_any_column_privilege(%s, c.oid, 'SELECT,INSERT,UPDATE,REFERENCES')"
    " OR has_table_privilege(%s, c.oid, 'DELETE,TRUNCATE,TRIGGER'))"
)
_WRITTEN = _TABLES.format(
    "(has_any_column_privilege(%s, c.oid, 'INSERT,UPDATE')"
    " OR has_table_privilege(%s, c.oid, 'DELETE,TRUNCATE'))"
)


async def test_every_table_is_under_a_policy_or_has_its_reason(database: Database) -> None:
    every = set(await names(database, _TABLES.format("true")))
    policed = set(await names(database, _UNDER_POLICIES, CUSTOMER_ROLE))
    assert policed.isdisjoint({*REFERENCE, *BANK_ONLY})
    assert every - policed == {*REFERENCE, *BANK_ONLY}


async def test_customers_reach_no_table_that_is_the_banks_alone(database: Database) -> None:
    reached = set(await names(database, _REACHED, CUSTOMER_ROLE, CUSTOMER_ROLE))
    assert reached.isdisjoint(BANK_ONLY)
    assert reached >= set(REFERENCE)
    written = set(await names(database, _WRITTEN, CUSTOMER_ROLE, CUSTOMER_ROLE))
    assert written.isdisjoint(REFERENCE)


async def test_every_policy_is_the_customers_and_narrows(database: Database) -> None:
    found = await rows(
        database,
        "SELECT tablename, policyname, roles::text[], permissive, coalesce(qual, ''),"
        " coalesce(with_check, '') FROM pg_policies WHERE schemaname = 'public'",
    )
    assert len(found) > 30
    for table, policy, roles, permissive, using, check in found:
        assert roles == [CUSTOMER_ROLE], (table, policy)
        assert permissive == "PERMISSIVE"
        assert "true" not in (using, check), (table, policy)
        assert "acting_customer" in using + check or "own" in using + check, (table, policy)


async def test_functions_with_the_banks_eyes_are_known_and_hold_their_path(database: Database) -> None:
    found = await rows(
        database,
        "SELECT proname, coalesce(proconfig::text, '') FROM pg_proc WHERE prosecdef"
        " AND pronamespace = 'public'::regnamespace",
    )
    assert {name for name, _ in found} == {
        "ledger_entries_backwards",
        "ledger_entries_forwards",
        "ledger_entry_at",
    }
    assert all("search_path=public, pg_temp" in settings for _, settings in found)


async def test_the_customers_role_owns_nothing_and_cannot_log_in(database: Database) -> None:
    assert await rows(
        database,
        "SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
        " WHERE rolname = %s",
        CUSTOMER_ROLE,
    ) == [(False, False, False, False, False)]
    owned = "SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = %s"
    assert await rows(database, owned, CUSTOMER_ROLE) == []


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


@pytest.fixture
def plain_owner(server: EmbeddedServer) -> Iterator[tuple[str, str]]:
    """The name and the database's URL of an owner who may do no more than that."""
    name = f"owner_{uuid7().hex}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as administrator:
        administrator.execute(f"CREATE ROLE {name} LOGIN".encode())
        administrator.execute(f"CREATE DATABASE {name} OWNER {name}".encode())
        yield name, make_conninfo(server.url(name), user=name)
        administrator.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
        administrator.execute(f"DROP ROLE {name}".encode())


async def test_an_owner_who_may_not_make_roles_is_told_what_an_administrator_has_to_do(
    server: EmbeddedServer, template_database: str, plain_owner: tuple[str, str]
) -> None:
    name, url = plain_owner
    with pytest.raises(psycopg.errors.RaiseException) as refused:
        await asyncio.to_thread(migrations.upgrade, url)
    assert f"GRANT sycee_customer TO {name}" in str(refused.value)
    with psycopg.connect(server.url("postgres"), autocommit=True) as administrator:
        administrator.execute(f"GRANT {CUSTOMER_ROLE} TO {name}".encode())
    await asyncio.to_thread(migrations.upgrade, url)
    async with await Database.open(url, max_size=2) as database:
        async with database.transaction() as tx:
            await ledger.create_cell(tx, 101, "Shanghai", DAY)
            await ledger.open_accounts(
                tx,
                [NewAccount(cell=101, currency="CNY", subject="2011", customer=of) for of in (SILK, JADE)],
            )
            assert len(await ledger.list_accounts(tx)) == 2
        async with database.transaction(acting_for=SILK) as tx:
            assert [one.customer for one in await ledger.list_accounts(tx)] == [SILK]
            async with as_bank(tx):
                assert len(await ledger.list_accounts(tx)) == 2
