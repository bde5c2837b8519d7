"""A small bank with customers' accounts, connected to a simulated payment system; no part is pretended."""

from __future__ import annotations

import asyncio
import time
from datetime import date
from pathlib import Path
from typing import Any, Self, cast
from uuid import UUID

import httpx

from sycee import ledger, payments
from sycee.database import Database
from sycee.kernel.ids import uuid7
from sycee.payments.orders.states import STATES
from sycee.payments.rails.connections import RailConnection, connect_rail
from sycee.payments.rails.items import uetr_of
from sycee.payments.rails.link import RailLink
from sycee.payments.rails.outbox import Pace
from sycee.payments.rails.reconciliation_runs import ask_for_reconciliation
from sycee.payments.rails.reconciliation_work import carry_out_reconciliation
from sycee.payments.rails.reconciling import Reconciliation, reconciliations
from sycee.payments.rails.working import RailWorker
from sycee.payments.simulator.application import create_application
from sycee.payments.simulator.central_bank import CentralBank
from sycee.payments.simulator.configuration import OTHER_BANKS, OUR_BANK, PLENTY, Configuration

CELL, RAIL = 100, "BEPS"
DAY = date(2026, 1, 5)
AT_ONCE = Pace(lease_s=0, retry_s=0, enquire_s=0)
"""So that every round does what is due then, whatever the clock says."""

FUNDS = 1_000_000_00


async def open_bank(
    database: Database, customers: int = 3, funds: int = FUNDS, owner: UUID | None = None
) -> list[int]:
    """A cell, a list to screen against, and customers' accounts with funds each; their numbers.

    The first account is the owner's, if there is one.
    """
    async with database.transaction() as tx:
        await ledger.create_cell(tx, CELL, "one", DAY)  # answers with the one that is there, the second time
        await payments.load_screening_names(tx, [], name="own", by="test")
        source, *accounts = await ledger.open_accounts(
            tx,
            [
                ledger.NewAccount(currency="CNY", subject="1001", cell=CELL, floor=None, name="vault"),
                *[
                    ledger.NewAccount(
                        currency="CNY",
                        subject="2011",
                        cell=CELL,
                        name=f"customer {number}",
                        customer=None if number else owner,
                    )
                    for number in range(customers)
                ],
            ],
        )
        outcomes = await ledger.post_transfers(
            tx,
            [
                ledger.NewTransfer(
                    id=uuid7(), debit=source.number, credit=account.number, amount=funds, currency="CNY"
                )
                for account in accounts
            ],
        )
    assert all(outcome.status == "posted" for outcome in outcomes)
    return [account.number for account in accounts]


def new_payment(debit: int, amount: int, **more: Any) -> payments.NewPayment:
    """An instruction to pay somebody at another bank."""
    return payments.NewPayment(
        **{
            "id": uuid7(),
            "debit_account": debit,
            "creditor_account": "6222020200112233",
            "creditor_name": "乙公司",
            "creditor_agent": OTHER_BANKS[0],
            "amount": amount,
            "currency": "CNY",
            **more,
        }
    )


async def connect(database: Database) -> RailConnection:
    """The rail, reached in this process."""
    async with database.transaction() as tx:
        return await connect_rail(tx, RAIL, url="http://rail", participant=OUR_BANK, by="test")


async def reconcile_day(
    database: Database, connection: RailConnection, link: RailLink, day: date
) -> Reconciliation:
    """Ask for a date to be reconciled and carry it out as a worker does; what was found."""
    async with database.transaction() as tx:
        run = await ask_for_reconciliation(tx, connection.rail, day, by="test")
    run = await carry_out_reconciliation(database, link, run.id)
    assert run.state == "done"
    async with database.transaction() as tx:
        (found,) = await reconciliations(tx, connection.rail, day=day)
    return found


class Line:
    """The simulated system within this process, reached by HTTP without a socket; it survives its deaths."""

    class Death(Exception):
        """The simulated process has died."""

    def __init__(self, path: Path, configuration: Configuration | None = None) -> None:
        self._path = path
        self._configuration = configuration or Configuration(day=DAY)
        self._open()

    def _open(self) -> None:
        self._died = ""
        self.central = CentralBank(self._path, self._configuration, self._die)
        self._transport = httpx.ASGITransport(
            cast("Any", create_application(self.central)), raise_app_exceptions=False
        )

    def _die(self, at: str) -> None:
        self._died = at
        raise Line.Death(at)

    def client(self) -> httpx.AsyncClient:
        """A client whose calls fail as calls to a process that dies do."""
        return httpx.AsyncClient(transport=_Mortal(self), base_url="http://rail", timeout=30)

    async def carry(self, request: httpx.Request) -> httpx.Response:
        """One call; after a death the process is started anew."""
        answer = await self._transport.handle_async_request(request)
        if self._died:
            self.central.close()
            self._open()
            raise httpx.RemoteProtocolError("died", request=request)
        return answer

    def close(self) -> None:
        self.central.close()


class _Mortal(httpx.AsyncBaseTransport):
    def __init__(self, line: Line) -> None:
        self._line = line

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._line.carry(request)


class ConnectedBank:
    """The bank at work: its database, its accounts, the line to the rail, a worker."""

    def __init__(
        self, database: Database, accounts: list[int], line: Line, connection: RailConnection
    ) -> None:
        self.database = database
        self.accounts = accounts
        self.line = line
        self.connection = connection
        self.client = line.client()
        self.link = RailLink(connection, self.client)
        self.worker = RailWorker(database, connection, self.link, AT_ONCE)

    @classmethod
    async def open(cls, database: Database, path: Path, configuration: Configuration | None = None) -> Self:
        accounts = await open_bank(database)
        line = Line(path, configuration)
        return cls(database, accounts, line, await connect(database))

    async def close(self) -> None:
        await self.client.aclose()
        self.line.close()

    async def faults(self, *faults: dict[str, Any]) -> None:
        answer = await self.client.put("/control/faults", json=list(faults))
        assert answer.status_code == 204, answer.text

    async def change_rail(self, *, is_open: bool, cap: int | None) -> None:
        answer = await self.client.put(f"/control/rails/{RAIL}", json={"open": is_open, "cap": cap})
        assert answer.status_code == 204, answer.text

    async def control(self, what: str, **said: Any) -> Any:
        answer = await self.client.post(f"/control/{what}", json=said)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def pay(self, *new: payments.NewPayment) -> list[payments.PaymentOutcome]:
        async with self.database.transaction() as tx:
            return await payments.submit_payments(tx, list(new), by="test")

    async def rounds(self, count: int = 8) -> None:
        for _ in range(count):
            await self.worker.round()

    async def settle_everything(self, within_s: float = 60.0) -> None:
        """Work without faults until nothing is under way; what is to be tried again later is waited for."""
        await self.faults()
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            await self.worker.round()
            if not await self.value("SELECT count(*) FROM rail_items WHERE state = 'sent'") and not (
                await self.value("SELECT count(*) FROM rail_messages WHERE state = 'waiting'")
            ):
                return
            await asyncio.sleep(0.02)
        raise AssertionError("something is still under way")

    async def reconcile(self, day: date) -> Reconciliation:
        return await reconcile_day(self.database, self.connection, self.link, day)

    async def close_day(self) -> date:
        closed = await self.control("day")
        return date.fromisoformat(closed["closed"])

    async def value(self, query: str, *values: Any) -> Any:
        async with self.database.transaction() as tx:
            row = await (await tx.execute(query.encode(), values)).fetchone()
            assert row is not None
            return row[0]

    async def state(self, payment: UUID) -> str:
        return str(STATES[await self.value("SELECT state FROM payments WHERE id = %s", payment)])

    async def balance(self, account: int) -> tuple[int, int]:
        """What is on an account, and what of it is held, in minor units."""
        async with self.database.transaction() as tx:
            found = await ledger.get_account(tx, account)
            return found.balance, found.held

    async def clearing(self) -> int:
        """What the rail owes us by our books: beyond what we began with."""
        return int(
            await self.value(
                "SELECT coalesce(-sum(a.posted), 0)::bigint FROM rail_accounts r"
                " JOIN accounts a ON a.number = r.clearing WHERE r.rail = %s",
                RAIL,
            )
        )

    def position(self) -> int:
        """What the rail owes us by its books: beyond what we began with."""
        found = self.line.central.store.row(
            "SELECT balance FROM positions WHERE rail = ? AND bank = ?", RAIL, OUR_BANK
        )
        assert found is not None
        return int(found[0]) - PLENTY

    def paid(self, payment: UUID) -> int:
        """How often the rail settled a payment."""
        found = self.line.central.store.row(
            "SELECT count(*) FROM entries WHERE uetr = ? AND bank = ? AND what = 'DMCT'",
            str(uetr_of(payment)), OUR_BANK,
        )  # fmt: skip
        assert found is not None
        return int(found[0])
