"""The counter of a bank that takes deposits in units: two customers, their accounts, passing days."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from sycee import ledger, products
from sycee.database import Database, Transaction
from sycee.kernel.ids import uuid7
from sycee.ledger import NewAccount, NewTransfer
from sycee.parties import give_mandates, sole_mandate
from sycee.products import Deposit, DepositChange, Done
from tests.parties.people import BY, a_fit_customer, a_person

TODAY = date(2026, 1, 5)
RATES = {
    "demand": "0.20",
    "notice.1d": "0.70",
    "notice.7d": "1.10",
    "time.3m": "0.95",
    "time.6m": "1.15",
    "time.1y": "1.35",
    "time.2y": "1.45",
    "time.3y": "1.75",
    "time.5y": "1.80",
    "cd.1m": "1.00",
    "cd.1y": "1.45",
    "cd.3y": "1.90",
    "shibor.3m": "1.60",
}
FUNDS = 50_000_000_000_00


def yuan(amount: float | str) -> int:
    """Yuan in fen."""
    return int(Decimal(str(amount)) * 100)


class Holder(msgspec.Struct, frozen=True):
    """A customer with its basic and its general account, and who signs for it."""

    id: UUID
    basic: int
    general: int
    signer: UUID


async def release_rates(tx: Transaction, start: date = date(2025, 1, 1), **rates: str) -> None:
    """Rates in force from a day on; ``time_1y="2.00"`` stands for time.1y."""
    wanted = {key.replace("_", "."): rate for key, rate in rates.items()} or RATES
    made = [products.NewRate(f"CNY.{key}", start, Decimal(rate)) for key, rate in wanted.items()]
    proposal = await products.propose_rates(tx, made, by="anna")
    await products.release_rates(tx, proposal.id, by="bo")


async def open_bank(tx: Transaction, on: date = TODAY) -> int:
    """Two cells with rates; returns the vault, which has no floor."""
    for cell in (101, 102):
        await ledger.create_cell(tx, cell, f"Cell {cell}", on)
    await release_rates(tx)
    side = ledger.NormalSide.DEBIT
    [vault] = await ledger.open_accounts(
        tx, [NewAccount(cell=101, currency="CNY", subject="1001", normal_side=side, floor=None)]
    )
    return vault.number


async def a_holder(tx: Transaction, vault: int, name: str, cell: int = 101, **fields: Any) -> Holder:
    """A customer that may do everything, with money on both its accounts."""
    customer = await a_fit_customer(tx, name, cell=cell, **fields)
    signer = await a_person(tx, "Li Wei")
    await give_mandates(tx, [sole_mandate(customer.id, signer.id)], by=BY)
    starter = products.SignRequest(
        id=uuid7(), customer=customer.id, package="settlement-starter", signers=(signer.id,)
    )
    [signed] = await products.sign(tx, [starter], by=BY)
    assert signed.status == "signed", signed
    basic = await products.basic_account(tx, customer.id)
    assert basic is not None, "the starter opens one"
    [general] = await ledger.open_accounts(
        tx, [NewAccount(cell=cell, currency="CNY", subject="2011.01", name="General", customer=customer.id)]
    )
    outcomes = await ledger.post_transfers(
        tx,
        [
            NewTransfer(id=uuid7(), debit=vault, credit=number, amount=FUNDS, currency="CNY")
            for number in (basic, general.number)
        ],
    )
    assert {one.status for one in outcomes} == {"posted"}
    return Holder(customer.id, basic, general.number, signer.id)


class Counter:
    """Each act is a transaction of its own, by the customer ``silk`` unless told otherwise."""

    def __init__(self, database: Database, vault: int, silk: Holder, jade: Holder) -> None:
        self.database = database
        self.vault = vault
        self.silk = silk
        self.jade = jade

    @classmethod
    async def open(cls, database: Database) -> Counter:
        """The bank on its first day."""
        async with database.transaction() as tx:
            vault = await open_bank(tx)
            silk = await a_holder(tx, vault, "Silk Road Trading Ltd")
            jade = await a_holder(tx, vault, "Jade Gate Shipping Ltd", cell=102)
        return cls(database, vault, silk, jade)

    async def place(self, product: str, amount: int, **fields: Any) -> Deposit:
        """A deposit of the customer's, from its general account."""
        return (await self.placed(product, amount, **fields)).deposit

    async def placed(
        self, product: str | None, amount: int, *, dry_run: bool = False, **fields: Any
    ) -> DepositChange:
        """As ``place``, with the event."""
        given = {"id": uuid7(), "source": self.silk.general, "signers": (self.silk.signer,), **fields}
        request = products.Placement(product=product, amount=amount, **given)
        async with self.database.transaction() as tx:
            return await products.place(tx, request, by=BY, dry_run=dry_run)

    async def give_notice(
        self, deposit: Deposit, amount: int | None = None, pay_on: date | None = None, **fields: Any
    ) -> DepositChange:
        """Notice of a withdrawal."""
        given = {"id": uuid7(), "signers": (self.silk.signer,), **fields}
        request = products.NoticeRequest(deposit=deposit.id, amount=amount, pay_on=pay_on, **given)
        async with self.database.transaction() as tx:
            return await products.give_notice(tx, request, by=BY)

    async def cancel_notice(self, deposit: Deposit, notice: UUID) -> DepositChange:
        """Take a notice back."""
        request = products.NoticeCancellation(
            id=uuid7(), deposit=deposit.id, notice=notice, signers=(self.silk.signer,)
        )
        async with self.database.transaction() as tx:
            return await products.cancel_notice(tx, request, by=BY)

    async def withdraw(
        self, deposit: Deposit, amount: int | None = None, *, dry_run: bool = False, **fields: Any
    ) -> DepositChange:
        """Withdraw to the basic account."""
        given = {"id": uuid7(), "to": self.silk.basic, "signers": (self.silk.signer,), **fields}
        request = products.Withdrawal(deposit=deposit.id, amount=amount, **given)
        async with self.database.transaction() as tx:
            return await products.withdraw(tx, request, by=BY, dry_run=dry_run)

    async def instruct(self, deposit: Deposit, renewal: Any) -> DepositChange:
        """Say what is to happen at maturity."""
        request = products.RenewalInstruction(
            id=uuid7(), deposit=deposit.id, renewal=renewal, signers=(self.silk.signer,)
        )
        async with self.database.transaction() as tx:
            return await products.instruct_renewal(tx, request, by=BY)

    async def pass_days(self, days: int, *, due: bool = True) -> Done | None:
        """Let days pass; at the last one what is due is done, unless told otherwise."""
        return await self.advance((await self.today()) + timedelta(days), due=due)

    async def advance(self, to: date, *, due: bool = True) -> Done | None:
        """Move the business dates, and do what is due."""
        async with self.database.transaction() as tx:
            before = (await ledger.get_cell(tx, 101)).business_date
            for cell in (101, 102):
                await ledger.advance_business_date(tx, cell, to)
        return await products.run_due_deposits(self.database, 101, before, to) if due else None

    async def today(self) -> date:
        """The business date."""
        async with self.database.transaction() as tx:
            return (await ledger.get_cell(tx, 101)).business_date

    async def balance(self, account: int) -> int:
        """What is on an account."""
        async with self.database.transaction() as tx:
            return (await ledger.get_account(tx, account)).balance

    async def deposit(self, id: UUID) -> Deposit:
        """A deposit as it stands."""
        async with self.database.transaction() as tx:
            return await products.get_deposit(tx, id)

    async def events(self, id: UUID) -> list[str]:
        """What happened to a deposit."""
        async with self.database.transaction() as tx:
            return [str(event.kind) for event in await products.deposit_events(tx, id)]

    async def rates(self, start: date, **rates: str) -> None:
        """Release rates from a day on."""
        async with self.database.transaction() as tx:
            await release_rates(tx, start, **rates)

    async def everything(self) -> dict[str, Any]:
        """A fingerprint of all that an operation could change."""
        tables = ("accounts", "transfers", "deposits", "deposit_events", "deposit_notices", "deposit_freezes",
                  "interest_postings", "interest_positions", "account_profiles")  # fmt: skip
        found = {}
        async with self.database.transaction() as tx:
            for table in tables:
                rows = "md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), ''))"
                query = f"SELECT count(*), {rows} FROM {table} t"
                found[table] = await (await tx.execute(query.encode())).fetchone()
        return found

    async def check(self) -> None:
        """The books hold, and every deposit's account has its principal."""
        assert all(check.passed for check in await ledger.check_books(self.database))
        async with self.database.transaction() as tx:
            cursor = await tx.execute(
                "SELECT d.id FROM deposits d JOIN accounts a ON a.cell = d.cell AND a.number = d.account"
                " WHERE d.form <> 'margin' AND a.posted <> d.principal"
            )
            assert await cursor.fetchall() == []
