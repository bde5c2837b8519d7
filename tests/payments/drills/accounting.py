"""Afterwards: every item of every file, what the bank says of it, the books entry by entry, and the rail.

Four accounts of the same money are compared, which share nothing but it: the files as they were written, the
item reports (JSON and pain.002) as the customer gets them, the entries of every account in the books, and the
payment system's own end-of-day report.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sycee import ledger
from sycee.client import BulkItem, BulkOrder, Sycee
from sycee.database import Database
from sycee.payments import PAIN002_MESSAGES
from sycee.payments.iso20022 import read_message
from sycee.payments.orders.transfer_ids import follow_up
from sycee.payments.rails.items import uetr_of
from sycee.payments.simulator.configuration import OUR_BANK, PLENTY
from tests.payments.drills.payment_files import Fate, PaymentFile
from tests.payments.drills.whole_bank import WholeBank
from tests.payments.rails.bank import RAIL

_UETR = re.compile(rb"<UETR>([^<]+)</UETR>")
_PAGE = 10_000

FUNDING = "funding"
THEIRS = "THEIRS-"
"""How the references of payments by other banks begin."""

Booking = tuple[str, int, object]
"""An entry as an account sees it: side, minor units, and what it is for."""


@dataclass
class Expected:
    """What was asked for and answered while the bank was being killed.

    ``single`` are payments that were answered as settled: debit, credit, minor units. ``received`` is what
    other banks paid: UETR, reference, account, minor units.
    """

    accounts: Sequence[int]
    funds: int
    sent: list[tuple[PaymentFile, BulkOrder]] = field(default_factory=list)
    single: dict[UUID, tuple[int, int, int]] = field(default_factory=dict)  # debit, credit, amount: answered
    received: list[tuple[str, str, int, int]] = field(
        default_factory=list
    )  # UETR, reference, account, amount


@dataclass
class _Payment:
    """A payment as its table has it."""

    state: int
    fee: int
    returned: int
    debit: int


_SETTLED, _REJECTED, _RETURNED = 8, 9, 10


class Accounting:
    """Adds up what should be, and compares it with what is."""

    def __init__(self, bank: WholeBank, database: Database, client: Sycee, expected: Expected) -> None:
        self._bank = bank
        self._database = database
        self._client = client
        self._expected = expected
        self._bookings: dict[int, Counter[Booking]] = {number: Counter() for number in expected.accounts}
        self._by_rail: Counter[UUID] = Counter()  # how often a UETR must stand in the rail's report
        self.outcomes: Counter[str] = Counter()

    async def check(self) -> None:
        """Compare everything; raises AssertionError naming the first thing that does not agree."""
        report = await self._reconcile()
        self._payments = await self._read_payments()
        for file, answered in self._expected.sent:
            await self._check_file(file, answered)
        self._expect_others()
        assert not self._payments, "payments that nobody asked for"
        await self._check_entries()
        assert Counter(UUID(uetr.decode()) for uetr in _UETR.findall(report)) == self._by_rail
        await self._check_books()

    async def _reconcile(self) -> bytes:
        """Close and reconcile the rail's date, to the last item and fen; its report.

        What the rail sent and lost, or lost from its answers, comes now.
        """
        closed = await self._bank.tell_rail("POST", "/control/day")
        assert isinstance(closed, dict)
        day = date.fromisoformat(closed["closed"])
        run = await self._client.reconcile_rail(RAIL, day)
        while run.finished_at is None:
            await asyncio.sleep(0.1)
            run = await self._client.rail_reconciliation(RAIL, day)
        found = run.found
        assert found is not None, run
        assert found.clean, found
        assert found.under_way == 0, found
        assert [case async for case in self._client.rail_cases()] == []
        async with self._database.transaction() as tx:
            cursor = await tx.execute(
                "SELECT -sum(posted)::bigint FROM accounts JOIN rail_accounts ON number = clearing"
            )
            clearing = await cursor.fetchone()
            cursor = await tx.execute("SELECT body FROM rail_reports WHERE day = %s ORDER BY page", (day,))
            pages = [bytes(body) for (body,) in await cursor.fetchall()]
        state = await self._bank.tell_rail("GET", "/control")
        assert isinstance(state, dict)
        assert state["contradictions"] == []
        assert clearing == (state["positions"][RAIL][OUR_BANK] - PLENTY,)
        return b"".join(pages)

    async def _read_payments(self) -> dict[UUID, _Payment]:
        async with self._database.transaction() as tx:
            cursor = await tx.execute("SELECT id, state, fee, returned, debit FROM payments")
            return {id: _Payment(*rest) for id, *rest in await cursor.fetchall()}

    async def _check_file(self, file: PaymentFile, answered: BulkOrder) -> None:
        """Every item reported once, as answered; the pain.002 says the same as the items."""
        order = await self._client.bulk_order(answered.id)
        count = len(file.items)
        assert (order.state, order.count, order.done) == ("done", count, count), (file.name, order)
        assert sum(order.statuses.values()) == count
        assert order.refused == answered.refused, "what was answered was not kept"
        items = [item async for item in self._client.bulk_items(answered.id)]
        assert [item.end_to_end_id for item in items] == [item.reference for item in file.items]
        assert Counter(item.status for item in items) == order.statuses
        assert _reported(await self._client.bulk_status_report(answered.id)) == [
            (item.end_to_end_id, item.status) for item in items
        ]
        for wanted, told in zip(file.items, items, strict=True):
            assert told.amount.value == f"{wanted.amount / 100:.2f}"
            fate = Fate.NO_ACCOUNT if file.must_be_refused else wanted.fate
            self._check_item(file.debtor, fate, wanted.creditor, wanted.amount, told)

    def _check_item(self, debit: int, fate: Fate, creditor: str, amount: int, told: BulkItem) -> None:
        payment = self._payments.pop(told.payment, None) if told.payment else None
        self.outcomes[f"{fate.value}: {told.status}"] += 1
        if fate is Fate.OWN:
            assert payment is not None, told
            assert (told.status, payment.state, payment.debit) == ("ACSC", _SETTLED, debit), told
            self._book(debit, int(creditor), amount, told.payment)
        elif fate is Fate.NO_ACCOUNT:
            assert (told.status, payment) == ("RJCT", None), told
            assert told.code, told
        else:
            assert payment is not None, told
            assert told.payment is not None
            paid = payment.state in {_SETTLED, _RETURNED}
            assert (told.status, payment.debit) == ("ACSC" if paid else "RJCT", debit), (told, payment)
            assert paid or payment.state == _REJECTED, (told, payment)
            assert not (paid and fate is Fate.NO_BANK), told
            assert paid or told.code, told
            self._book_by_rail(debit, amount, told, payment)

    def _book(self, debit: int, credit: int, amount: int, what: object) -> None:
        self._bookings[debit]["debit", amount, what] += 1
        self._bookings[credit]["credit", amount, what] += 1

    def _book_by_rail(self, debit: int, amount: int, told: BulkItem, payment: _Payment) -> None:
        """What a rail settled left the account with its fee, and came back at most in full."""
        if payment.state == _REJECTED:
            assert payment.returned == 0
            return
        assert told.payment is not None
        assert payment.returned in {0, amount}
        assert (payment.state == _RETURNED) == (payment.returned > 0)
        self._bookings[debit]["debit", amount, told.payment] += 1
        if payment.fee:
            self._bookings[debit]["debit", payment.fee, follow_up(told.payment, "fee")] += 1
        if payment.returned:
            self._bookings[debit]["credit", amount, told.end_to_end_id] += 1
        self._by_rail[uetr_of(told.payment)] += 2 if payment.returned else 1

    def _expect_others(self) -> None:
        """Single payments, money from other banks, and what the accounts began with."""
        for id, (debit, credit, amount) in self._expected.single.items():
            payment = self._payments.pop(id, None)
            assert payment is not None, f"payment {id} was answered as settled and is not there"
            assert payment.state == _SETTLED
            self._book(debit, credit, amount, id)
        for uetr, reference, account, amount in self._expected.received:
            self._by_rail[UUID(uetr)] += 1
            self._bookings[account]["credit", amount, reference] += 1
        for number in self._expected.accounts:
            self._bookings[number]["credit", self._expected.funds, FUNDING] += 1

    async def _check_entries(self) -> None:
        """Every account has the entries that it must have and no other, and nothing is held."""
        for number, wanted in self._bookings.items():
            found = Counter([_booking(entry) async for entry in self._entries(number)])
            assert found == wanted, (
                number,
                list((found - wanted).items())[:5],
                list((wanted - found).items())[:5],
            )
            async with self._database.transaction() as tx:
                account = await ledger.get_account(tx, number)
            worth = sum(
                (amount if side == "credit" else -amount) * times
                for (side, amount, _), times in wanted.items()
            )
            assert (account.balance, account.held) == (worth, 0), number

    async def _entries(self, number: int) -> AsyncIterator[ledger.Entry]:
        after: str | None = None
        while True:
            async with self._database.transaction() as tx:
                page = await ledger.entries(tx, number, after=after, limit=_PAGE, newest_first=False)
            for entry in page.entries:
                yield entry
            if (after := page.next_cursor) is None:
                return

    async def _check_books(self) -> None:
        """What ``sycee ledger check`` and ``sycee ledger verify`` prove."""
        for result in await ledger.check_books(self._database):
            assert result.passed, result
        assert (await ledger.verify_seals(self._database)).breaks == []


def _booking(entry: ledger.Entry) -> Booking:
    """What an entry is for: a payment, the hold that it posts, or by its reference what came by the rail."""
    what: object = entry.target or entry.transfer_id
    if entry.target is None:
        if entry.reference is None:
            what = FUNDING
        elif entry.reference.startswith(THEIRS) or (entry.description or "").startswith("Return"):
            what = entry.reference
    return str(entry.side), entry.amount, what


def _reported(report: bytes) -> list[tuple[str, str]]:
    """Reference and status of every item of a pain.002, which is valid against its schema."""
    root = read_message(report, PAIN002_MESSAGES).root
    return [
        (info.findtext("{*}OrgnlEndToEndId") or "", info.findtext("{*}TxSts") or "")
        for info in root.iter("{*}TxInfAndSts")
    ]
