"""A small bank behind the real application: real PostgreSQL, real tokens, nothing imitated."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from litestar.testing import AsyncTestClient

from sycee import ledger
from sycee.api import create_app
from sycee.database import Database
from sycee.identity import Scope, issue_token
from sycee.kernel.ids import uuid7
from sycee.kernel.settings import Settings
from tests.api.served import Served
from tests.api.wire import BANK, CLOSED, DAY, DOLLARS, FAR, FROZEN, PAYEE, PAYER, Client

BooksOf = Callable[[], Awaitable[dict[str, str]]]

_TABLES = {
    "accounts": "cell, number",
    "transfers": "cell, position",
    "batches": "cell, batch",
    "holds": "cell, id",
    "account_changes": "cell, number, id",
    "idempotency_keys": "token_id, key",
    "payment_files": "cell, id",
}


@pytest_asyncio.fixture
async def bank(database: Database) -> Database:
    """Two cells, a few accounts; 1,000.00 CNY on PAYER."""

    def account(number: str, **fields: Any) -> ledger.NewAccount:
        given = {"currency": "CNY", "subject": "2011", "cell": int(number[:3]), **fields}
        return ledger.NewAccount(number=int(number), **given)

    async with database.transaction() as tx:
        await ledger.create_cell(tx, 101, "Shanghai", DAY)
        await ledger.create_cell(tx, 102, "Beijing", DAY)
        await ledger.open_accounts(
            tx,
            [
                account(BANK, subject="1001", normal_side=ledger.NormalSide.DEBIT, floor=None),
                account(PAYER, name="Operating account", local_name="基本存款账户"),
                account(PAYEE),
                account(FAR),
                account(DOLLARS, currency="USD"),
                account(FROZEN),
                account(CLOSED),
            ],
        )
        funding = ledger.NewTransfer(
            id=uuid7(), debit=int(BANK), credit=int(PAYER), amount=100_000, currency="CNY"
        )
        (outcome,) = await ledger.post_transfers(tx, [funding])
        assert outcome.status == "posted"
        for number, status in ((FROZEN, "frozen"), (CLOSED, "closed")):
            await ledger.change_account(
                tx, int(number), status=ledger.AccountStatus(status), reason="for the tests"
            )
    return database


@pytest_asyncio.fixture
async def tokens(bank: Database) -> dict[str, str]:
    """A token for every scope, by scope."""
    async with bank.transaction() as tx:
        return {scope.value: (await issue_token(tx, scope.value, [scope])).text for scope in Scope}


@pytest_asyncio.fixture
async def anonymous(bank: Database) -> AsyncIterator[Client]:
    """A client without a token."""
    async with AsyncTestClient(create_app(bank, Settings()), raise_server_exceptions=False) as client:
        yield client


@pytest_asyncio.fixture
async def client(bank: Database, tokens: dict[str, str]) -> AsyncIterator[Client]:
    """A client that may do everything."""
    app = create_app(bank, Settings())
    async with AsyncTestClient(app, raise_server_exceptions=False) as opened:
        opened.headers["Authorization"] = f"Bearer {tokens['admin']}"
        yield opened


@pytest_asyncio.fixture
async def books(bank: Database) -> BooksOf:
    """A fingerprint of everything that a request could change, to show that it changed nothing."""

    async def fingerprint() -> dict[str, str]:
        found = {}
        async with bank.transaction() as tx:
            for table, key in _TABLES.items():
                query = f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY {key}), '')) FROM {table} t"
                row = await (await tx.execute(query.encode())).fetchone()
                assert row is not None
                found[table] = row[0]
        return found

    return fingerprint


@pytest.fixture
def served(bank: Database, database_url: str, tmp_path: Path) -> Iterator[Served]:
    """The bank behind a server process of its own, as in production."""
    with Served(database_url, tmp_path / "server.log") as running:
        yield running
