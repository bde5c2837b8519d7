"""The leader is killed under traffic: whoever has a request under way is answered well, late, and once.

The clients here send everything once and repeat nothing: what rides the failover out is the API itself.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from sycee import ledger, payments
from sycee.database import Database
from sycee.identity import Scope, issue_token
from sycee.kernel.ids import uuid7
from tests.api.served import Served
from tests.api.small_bank import found_bank
from tests.api.test_agreements_http import agreement
from tests.api.wire import BANK, FAR, PAYEE, PAYER, money, transfer
from tests.database.leading_pair import LeadingPair
from tests.ledger.reading_back import check_proofs
from tests.products.agreements.offering import Buyer, a_buyer, release_rates

CLIENTS = 6
BUYERS = 40
BACK_WITHIN_S = 15.0


@pytest.fixture
def pair(data_dir: Path) -> Iterator[LeadingPair]:
    with LeadingPair(data_dir) as running:
        yield running


@pytest_asyncio.fixture
async def buyers(pair: LeadingPair) -> list[Buyer]:
    """A small bank, and customers of it that may sign, each once."""
    async with await Database.open(pair.url) as database:
        await found_bank(database)
        async with database.transaction() as tx:
            await payments.load_screening_names(tx, [], name="own", by="tests")
            await release_rates(tx)
            return [await a_buyer(tx) for _ in range(BUYERS)]


@pytest_asyncio.fixture
async def token(pair: LeadingPair, buyers: list[Buyer]) -> str:
    async with await Database.open(pair.url) as database, database.transaction() as tx:
        return (await issue_token(tx, "client", [Scope.ADMIN])).text


@pytest.fixture
def served(pair: LeadingPair, token: str, tmp_path: Path) -> Iterator[Served]:
    with Served(pair.url, tmp_path / "server.log") as running:
        yield running


class Customers:
    """Clients that ask for one thing after another, and remember what they were answered."""

    def __init__(self, http: httpx.AsyncClient, buyers: list[Buyer]) -> None:
        self.http = http
        self.buyers = list(buyers)
        self.statuses: Counter[tuple[str, int]] = Counter()
        self.wrong: list[str] = []
        self.transferred: Counter[str] = Counter()
        self.signed: list[str] = []
        self.far: set[str] = set()
        self.names: list[str] = []
        self.answered = 0
        self._stop = asyncio.Event()

    async def _single(self) -> None:
        item = transfer("0.01", debit=BANK, credit=PAYER)
        await self._post("/v1/transfers", {"transfers": [item]}, [item])

    async def _list(self) -> None:
        items = [transfer("0.01", debit=BANK, credit=FAR) for _ in range(150)]
        self.far.update(item["id"] for item in items)
        await self._post("/v1/transfers", {"transfers": items}, items)

    async def _post(self, path: str, body: dict[str, Any], items: list[dict[str, Any]]) -> None:
        answer = await self._ask("POST", path, json=body)
        if answer is not None:
            # A commit that took place and was not answered makes it a duplicate of what is in the books.
            found = {one["status"] for one in answer.json()["outcomes"]}
            if not found <= {"posted", "duplicate"}:
                self.wrong.append(answer.text)
            self.transferred.update(one["id"] for one in items)

    async def _payment(self) -> None:
        body = {
            "payments": [
                {
                    "id": str(uuid7()),
                    "debit_account": PAYER,
                    "creditor_account": PAYEE,
                    "creditor_name": "Silk",
                    "amount": money("0.01"),
                }
            ]
        }
        answer = await self._ask("POST", "/v1/payments", json=body)
        if answer is not None and answer.json()["outcomes"][0]["state"] != "settled":
            self.wrong.append(answer.text)

    async def _signing(self) -> None:
        if not self.buyers:
            return await self._read()
        wanted = agreement(self.buyers.pop())
        answer = await self._ask("POST", "/v1/agreements", json={"agreements": [wanted]})
        if answer is not None:
            if answer.json()["outcomes"][0]["status"] not in {"signed", "duplicate"}:
                self.wrong.append(answer.text)
            self.signed.append(wanted["id"])
        return None

    async def _account_without_a_key(self) -> None:
        """Keyed by nothing: only the API itself can tell whether it was opened already."""
        name = f"Account {uuid7().hex}"
        body = {"accounts": [{"currency": "CNY", "subject": "2011", "cell": 101, "name": name}]}
        if await self._ask("POST", "/v1/accounts", json=body) is not None:
            self.names.append(name)

    async def _read(self) -> None:
        await self._ask("GET", f"/v1/accounts/{PAYER}")

    async def _ask(self, method: str, path: str, **sent: Any) -> httpx.Response | None:
        answer = await self.http.request(method, path, **sent)
        self.statuses[path.rsplit("/", 1)[0] if method == "GET" else path, answer.status_code] += 1
        self.answered += 1
        if not answer.is_success:
            self.wrong.append(f"{method} {path}: {answer.status_code} {answer.text}")
            return None
        return answer

    async def _client(self, place: int) -> None:
        kinds = [
            self._single,
            self._list,
            self._payment,
            self._signing,
            self._account_without_a_key,
            self._read,
        ]
        while not self._stop.is_set():
            await kinds[place % len(kinds)]()
            place += 1

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Within, all clients ask; afterwards everything they asked is answered."""
        clients = [asyncio.create_task(self._client(place)) for place in range(CLIENTS)]
        try:
            yield
        finally:
            self._stop.set()
            await asyncio.gather(*clients)

    async def some_more(self) -> float:
        """Wait until more was answered than was under way; how long that took."""
        started, wanted = time.monotonic(), self.answered + 3 * CLIENTS
        async with asyncio.timeout(90):
            while self.answered < wanted:  # noqa: ASYNC110 - what is waited for is on the other end of a socket
                await asyncio.sleep(0.02)
        return time.monotonic() - started


async def check_books(url: str, customers: Customers) -> None:
    """Everything acknowledged is there once, and the books balance."""
    async with await Database.open(url) as database:
        async with database.transaction() as tx:
            rows = await (await tx.execute("SELECT id::text FROM transfers WHERE leg = 0")).fetchall()
            names = await (
                await tx.execute("SELECT name FROM account_profiles WHERE name LIKE 'Account %'")
            ).fetchall()
            signed = await (await tx.execute("SELECT id::text FROM agreements")).fetchall()
            far = await ledger.get_account(tx, int(FAR))
        there = Counter(row[0] for row in rows)
        assert set(customers.transferred) <= set(there)
        assert set(there.values()) == {1}
        assert sorted(row[0] for row in signed) == sorted(customers.signed)
        assert sorted(row[0] for row in names) == sorted(customers.names)
        assert far.balance == sum(1 for id in there if id in customers.far)
        await check_proofs(database)


async def test_every_request_of_a_failover_is_answered_well_and_once(
    pair: LeadingPair, served: Served, token: str, buyers: list[Buyer]
) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=served.url, headers=headers, timeout=60) as http:
        customers = Customers(http, buyers)
        async with customers.at_work():
            await customers.some_more()
            await asyncio.to_thread(pair.kill)
            health = await http.get("/v1/health")
            assert (health.status_code, health.json()["database"]["state"]) == (503, "down")
            assert (await http.get("/v1/health/live")).status_code == 200
            await asyncio.to_thread(pair.promote)
            assert await customers.some_more() < BACK_WITHIN_S
            assert (await http.get("/v1/health")).status_code == 200
        assert customers.wrong == []
    await check_books(pair.url, customers)
