"""A bank with customers who pay each other and others, screened against an empty list of names."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest_asyncio

from sycee import payments
from sycee.kernel.ids import uuid7
from sycee.payments import NewPayment, PaymentOutcome
from tests.payments.conftest import Bank

OTHER_BANK = "102290000013"
"""Another bank, by its CNAPS number."""


class Desk:
    """Where payments are instructed; every method is its own transaction."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.database = bank.database

    async def submit(self, *wanted: NewPayment, by: str = "maker", **more: Any) -> list[PaymentOutcome]:
        """Submit payments."""
        async with self.database.transaction() as tx:
            return await payments.submit_payments(tx, list(wanted), by=by, **more)

    async def call(self, function: Any, *arguments: Any, **more: Any) -> Any:
        """Call a domain function in a transaction."""
        async with self.database.transaction() as tx:
            return await function(tx, *arguments, **more)

    async def payment(self, id: UUID) -> payments.Payment:
        """The payment as it stands."""
        found: payments.Payment = await self.call(payments.get_payment, id)
        return found

    async def steps(self, id: UUID) -> list[str]:
        """Every state that the payment went through."""
        events = await self.call(payments.payment_events, id)
        return [str(state) for event in events for state in event.states]

    async def available(self, number: int) -> int:
        """What can be taken from an account now."""
        from sycee import ledger

        account = await self.call(ledger.get_account, number)
        return int(account.available)


def pay(debit: int, credit: int | str, amount: int = 10_00, **more: Any) -> NewPayment:
    """An instruction to pay an account of this bank."""
    given: dict[str, Any] = {"id": uuid7(), "creditor_name": "Silk Road Steel Ltd", "currency": "CNY", **more}
    return NewPayment(debit_account=debit, creditor_account=str(credit), amount=amount, **given)


def pay_away(debit: int, amount: int = 10_00, **more: Any) -> NewPayment:
    """An instruction to pay an account with another bank."""
    return pay(debit, "6222020200112233445", amount, **{"creditor_agent": OTHER_BANK, **more})


@pytest_asyncio.fixture
async def desk(bank: Bank) -> Desk:
    """The desk of a bank that has loaded an empty list of names."""
    desk = Desk(bank)
    await desk.call(payments.load_screening_names, [], name="own", by="test")
    return desk
