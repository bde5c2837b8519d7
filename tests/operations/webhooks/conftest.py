"""A bank of two customers who pay each other, with machines that hear of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest_asyncio

from sycee import ledger, operations, payments
from sycee.database import Database
from sycee.identity import KEY_FILE, KeyFile
from sycee.kernel.ids import uuid7
from sycee.operations import DeliveryState, Endpoint, NewEndpoint, WebhookPace, WebhookSender
from sycee.payments import NewPayment, PaymentOutcome
from tests.operations.webhooks.receiver import Receiver
from tests.parties.people import a_customer

TODAY = date(2026, 3, 31)
QUICK = WebhookPace(timeout_s=1.0, retry_s=0.001)


class House:
    """The bank; ``silk`` and ``jade`` are customers with an account each."""

    def __init__(self, database: Database, keys: KeyFile) -> None:
        self.database, self.keys = database, keys
        self.customers: dict[str, UUID] = {}
        self.accounts: dict[str, int] = {}

    async def open(self) -> None:
        """Two customers, of whom silk has a million."""
        async with self.database.transaction() as tx:
            await ledger.create_cell(tx, 101, "Shanghai", TODAY)
            await payments.load_screening_names(tx, ["Blocked Ltd"], name="own", by="test")
            vault = ledger.NewAccount(currency="CNY", subject="1001", cell=101, floor=None)
            (self.vault,) = [one.number for one in await ledger.open_accounts(tx, [vault])]
            for name in ("silk", "jade"):
                customer = await a_customer(tx, name.title())
                new = ledger.NewAccount(currency="CNY", subject="2011", cell=101, customer=customer.id)
                (account,) = await ledger.open_accounts(tx, [new])
                self.customers[name], self.accounts[name] = customer.id, account.number
            funds = ledger.NewTransfer(
                id=uuid7(), debit=self.vault, credit=self.accounts["silk"], amount=100_000_000, currency="CNY"
            )
            await ledger.post_transfers(tx, [funds])

    async def call(self, function: Any, *arguments: Any, **more: Any) -> Any:
        """Call a domain function in a transaction."""
        async with self.database.transaction() as tx:
            return await function(tx, *arguments, **more)

    async def register(self, url: str, *events: str, of: str | None = "silk") -> tuple[Endpoint, str]:
        """Register an endpoint of a customer (None: of the bank), and its secret."""
        new = NewEndpoint(
            id=uuid7(), url=url, events=events, customer=None if of is None else self.customers[of]
        )
        made, secret, _ = await self.call(
            operations.register_webhook, self.keys, new, by="test", anywhere=True
        )
        return made, secret.text

    def payment(self, amount: int = 1_00, *, by: str = "silk", to: str = "jade", **more: Any) -> NewPayment:
        """An instruction from one customer to another."""
        return NewPayment(
            id=uuid7(),
            debit_account=self.accounts[by],
            creditor_account=str(self.accounts[to]),
            creditor_name=more.pop("creditor_name", "Jade"),
            amount=amount,
            currency="CNY",
            **more,
        )

    async def pay(self, *wanted: NewPayment) -> list[PaymentOutcome]:
        """Submit payments in one transaction."""
        told: list[PaymentOutcome] = await self.call(payments.submit_payments, list(wanted), by="maker")
        return told

    async def send(self, endpoint: Endpoint, pace: WebhookPace = QUICK, **more: Any) -> int:
        """Send what is due at an endpoint, one list of it."""
        sender = WebhookSender(self.database, self.keys, pace, anywhere=True, **more)
        try:
            return await sender.send_due(endpoint.id)
        finally:
            await sender.close()

    async def hurry(self) -> None:
        """Let all pauses be over."""
        async with self.database.transaction() as tx:
            await tx.execute("UPDATE webhook_deliveries SET due_at = now() WHERE state = 'waiting'")
            await tx.execute("UPDATE webhook_endpoints SET quiet_until = NULL")

    async def deliveries(
        self, endpoint: Endpoint, state: DeliveryState | None = None
    ) -> list[operations.Delivery]:
        """The deliveries of an endpoint, the oldest first."""
        found: list[operations.Delivery] = await self.call(
            operations.list_deliveries, endpoint.id, state=state, limit=10_000
        )
        return found[::-1]

    async def attempts(self, delivery: operations.Delivery) -> list[operations.Attempt]:
        """Every attempt at a delivery."""
        found: list[operations.Attempt] = await self.call(operations.delivery_attempts, delivery)
        return found

    async def endpoint(self, endpoint: Endpoint) -> Endpoint:
        """An endpoint as it stands now."""
        found: Endpoint = await self.call(operations.get_webhook, endpoint.id)
        return found


@pytest_asyncio.fixture
async def house(database: Database, tmp_path: Path) -> House:
    """The bank."""
    house = House(database, KeyFile.at(tmp_path / KEY_FILE))
    await house.open()
    return house


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A machine that takes everything, until told otherwise."""
    async with Receiver() as running:
        yield running
