"""The small bank that the tests of the API stand in: two cells, a few accounts, tokens."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from litestar.testing import AsyncTestClient

from sycee import ledger
from sycee.api import SyceeApp, create_app
from sycee.api.edge import Edge
from sycee.database import Database
from sycee.identity import Scope, issue_token
from sycee.kernel.ids import uuid7
from sycee.kernel.settings import Settings
from tests.api.wire import BANK, CLOSED, DAY, DOLLARS, FAR, FROZEN, PAYEE, PAYER, Client

# Of this test process, for the key file: nothing of a test lands in the home of whoever runs it.
_DATA_DIR = Path(tempfile.mkdtemp(prefix="sycee-test-"))
atexit.register(shutil.rmtree, _DATA_DIR, ignore_errors=True)

_TABLES = {
    "accounts": "cell, number",
    "transfers": "cell, position",
    "batches": "cell, batch",
    "holds": "cell, id",
    "account_changes": "cell, number, id",
    "idempotency_keys": "principal, key",
    "payment_files": "cell, id",
}


def _account(number: str, **fields: Any) -> ledger.NewAccount:
    given = {"currency": "CNY", "subject": "2011", "cell": int(number[:3]), **fields}
    return ledger.NewAccount(number=int(number), **given)


async def found_bank(database: Database) -> Database:
    """Two cells, a few accounts; 1,000.00 CNY on PAYER."""
    accounts = [
        _account(BANK, subject="1001", normal_side=ledger.NormalSide.DEBIT, floor=None),
        _account(PAYER, name="Operating account", local_name="基本存款账户"),
        *(_account(number) for number in (PAYEE, FAR, FROZEN, CLOSED)),
        _account(DOLLARS, currency="USD"),
    ]
    funding = ledger.NewTransfer(
        id=uuid7(), debit=int(BANK), credit=int(PAYER), amount=100_000, currency="CNY"
    )
    async with database.transaction() as tx:
        await ledger.create_cell(tx, 101, "Shanghai", DAY)
        await ledger.create_cell(tx, 102, "Beijing", DAY)
        await ledger.open_accounts(tx, accounts)
        (outcome,) = await ledger.post_transfers(tx, [funding])
        assert outcome.status == "posted"
        for number, status in ((FROZEN, "frozen"), (CLOSED, "closed")):
            await ledger.change_account(
                tx, int(number), status=ledger.AccountStatus(status), reason="for the tests"
            )
    return database


_idle: list[SyceeApp] = []


async def issue_tokens(database: Database) -> dict[str, str]:
    """A token for every scope, by scope."""
    async with database.transaction() as tx:
        return {scope.value: (await issue_token(tx, scope.value, [scope])).text for scope in Scope}


@asynccontextmanager
async def client_of(
    database: Database, token: str | None = None, settings: Settings | None = None
) -> AsyncIterator[Client]:
    """A client of the application over the bank, in this process."""
    with application(database, settings or Settings(data_dir=_DATA_DIR)) as app:
        async with AsyncTestClient(app, raise_server_exceptions=False) as opened:
            if token is not None:
                opened.headers["Authorization"] = f"Bearer {token}"
            yield opened


@contextmanager
def application(database: Database, settings: Settings) -> Iterator[SyceeApp]:
    """The application over the bank; one that served before, where there is any, for making it takes long."""
    app = _idle.pop() if _idle else create_app(database, settings)
    app.edge = Edge(database, settings)
    yield app
    _idle.append(app)


async def fingerprint(database: Database) -> dict[str, str]:
    """A fingerprint of everything that a request could change, to show that it changed nothing."""
    found = {}
    async with database.transaction() as tx:
        for table, key in _TABLES.items():
            query = f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY {key}), '')) FROM {table} t"
            if table == "idempotency_keys":  # what a request without a key did is noted under one of its own
                query += " WHERE NOT starts_with(key, 'own ')"
            row = await (await tx.execute(query.encode())).fetchone()
            assert row is not None
            found[table] = row[0]
    return found
