"""Every misbehaviour of a rail in every combination: money is never made, lost or paid twice.

Payments both ways, returns both ways, recalls both ways, statuses, enquiries and end-of-day reports; each may
be late, refused, repeated, out of order, lost, cut off by a death, while the rail opens and closes, accounts
are frozen and two workers work at once. The real worker's code, the real database, the real simulator, in
any order; the worker may die between any two steps. What should be is reckoned from the simulator's own
books, which share nothing with the bank's.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from sycee import ledger, payments
from sycee.database import Database
from sycee.payments.rails.cases import RailCase, apply_suspense, rail_cases
from sycee.payments.rails.incoming import accept_recall, refuse_recall
from sycee.payments.rails.items import uetr_of
from sycee.payments.rails.outbox import claim_letters, keep_letters
from sycee.payments.rails.working import RailWorker
from sycee.payments.simulator import reporting
from sycee.payments.simulator.configuration import OTHER_BANKS, OUR_BANK, Configuration
from tests.long_runs import rounds
from tests.payments.rails.bank import AT_ONCE, FUNDS, RAIL, ConnectedBank, Line, new_payment, open_bank
from tests.payments.rails.bank import connect as connect_to

T = TypeVar("T")

FAULTS: list[dict[str, Any]] = [
    *({"what": "reject", "at": at} for at in ("payment", "return")),
    {"what": "return"},
    {"what": "duplicate"},
    {"what": "reorder"},
    *({"what": "delay", "at": at} for at in ("processing", "answer", "report")),
    *({"what": "lose", "at": at} for at in ("request", "response", "answer", "report")),
    *({"what": "die", "at": at} for at in ("received", "stored", "settled", "collected", "report")),
]
faults = st.builds(
    lambda fault, times, chance, polls: {**fault, "times": times, "chance": chance, "polls": polls},
    st.sampled_from(FAULTS),
    st.integers(1, 6),
    st.sampled_from([1.0, 0.5, 0.2]),
    st.integers(1, 4),
)
amounts = st.integers(1, 50_000)
STRANGER = "999999999999"
FIRST_DAY, DAYS_APART = date(1985, 1, 1), 10
SMALL_PAGE = 3  # entries on a page of a report, so that most have several
ANSWERS: tuple[Literal["accept", "refuse", "ignore"], ...] = ("accept", "refuse", "ignore")
_examples = iter(range(1_400))


class Rails(RuleBasedStateMachine):
    """A bank, a rail, and whatever may go wrong between them."""

    runner: asyncio.Runner
    database: Database

    def __init__(self) -> None:
        super().__init__()
        number = next(_examples)  # what earlier examples left behind has other dates and other UETRs
        day = FIRST_DAY + timedelta(days=DAYS_APART * number)
        configuration = Configuration(day=day, recalls=ANSWERS[number % 3], seed=number)
        self.path = tempfile.TemporaryDirectory(prefix="sycee-rail-")
        line = Line(Path(self.path.name) / "central-bank.sqlite", configuration)
        self.bank: ConnectedBank = self.wait(self.open(line))
        self.before = self.wait(self.bank.clearing())
        self.before_suspense = self.wait(self.suspense())
        self.paid: dict[UUID, tuple[int, int, int]] = {}  # payment: account, amount, fee
        self.received: dict[str, tuple[int | None, int]] = {}  # UETR: account or nobody's, amount
        self.closed: list[date] = []
        self.is_open = True
        self.cap: int | None = None
        self.colleague = RailWorker(self.database, self.bank.connection, self.bank.link, AT_ONCE)

    def wait(self, work: Awaitable[T]) -> T:
        async def done() -> T:
            return await work

        return self.runner.run(done())

    async def open(self, line: Line) -> ConnectedBank:
        accounts = await open_bank(self.database)
        return ConnectedBank(self.database, accounts, line, await connect_to(self.database))

    # ---- what people do

    @rule(account=st.integers(0, 2), values=st.lists(amounts, min_size=1, max_size=4), stranger=st.booleans())
    def pay(self, account: int, values: list[int], stranger: bool) -> None:
        number = self.bank.accounts[account]
        agent = STRANGER if stranger else OTHER_BANKS[0]
        new = [new_payment(number, value, creditor_agent=agent) for value in values]
        for payment, outcome in zip(new, self.wait(self.bank.pay(*new)), strict=True):
            if outcome.code != "account_frozen":
                self.paid[payment.id] = (number, payment.amount, outcome.fee)

    @rule(account=st.integers(0, 2), frozen=st.booleans())
    def freeze(self, account: int, frozen: bool) -> None:
        self.wait(self.set_frozen(self.bank.accounts[account], frozen=frozen))

    @precondition(lambda self: self.paid)
    @rule(data=st.data())
    def recall(self, data: st.DataObject) -> None:
        payment = data.draw(st.sampled_from(sorted(self.paid)))
        self.wait(self.run(partial(payments.recall_payment, id=payment, by="clerk", reason_code="DUPL")))

    @rule(agree=st.booleans())
    def answer_a_recall(self, agree: bool) -> None:
        async def work(tx: Any) -> None:
            for case in await rail_cases(tx, state="open", limit=10_000):
                if case.kind == "recall" and str(case.uetr) in self.received:
                    act = accept_recall if agree else refuse_recall
                    with suppress(payments.RailCaseSettled):  # the customer's account may be frozen, or empty
                        await act(tx, case.id, by="clerk", reason="asked the customer")

        self.wait(self.run(work))

    # ---- what other banks do

    @precondition(lambda self: self.is_open)
    @rule(account=st.none() | st.integers(0, 2), amount=amounts)
    def another_bank_pays(self, account: int | None, amount: int) -> None:
        number = None if account is None else self.bank.accounts[account]
        amount = min(amount, self.cap or amount)
        asked = {
            "rail": RAIL, "payer": OTHER_BANKS[0], "payee": OUR_BANK, "amount": amount,
            "account": str(number or "4711"), "end_to_end_id": "THEIRS",
        }  # fmt: skip
        uetr = self.wait(self.bank.control("payments", **asked))["uetr"]
        self.received[uetr] = (number, amount)

    @precondition(lambda self: self.paid)
    @rule(data=st.data(), part=st.integers(1, 50_000))
    def another_bank_returns(self, data: st.DataObject, part: int) -> None:
        uetr = str(uetr_of(data.draw(st.sampled_from(sorted(self.paid)))))
        left = self.rail_says("SELECT amount - returned FROM items WHERE uetr = ? AND status = 'ACSC'", uetr)
        if left:
            self.wait(self.bank.control("returns", uetr=uetr, reason="AC04", amount=min(part, left)))

    @precondition(lambda self: self.received)
    @rule(data=st.data())
    def another_bank_asks_back(self, data: st.DataObject) -> None:
        uetr = data.draw(st.sampled_from(sorted(self.received)))
        self.wait(self.bank.control("recalls", uetr=uetr, reason="DUPL"))

    # ---- what the rail does

    @rule(wrong=st.lists(faults, max_size=4))
    def misbehave(self, wrong: list[dict[str, Any]]) -> None:
        self.wait(self.bank.faults(*wrong))

    @rule(is_open=st.booleans(), cap=st.none() | amounts)
    def change_the_rail(self, is_open: bool, cap: int | None) -> None:
        self.is_open, self.cap = is_open, cap
        self.wait(self.bank.change_rail(is_open=is_open, cap=cap))

    @precondition(lambda self: len(self.closed) < DAYS_APART - 2)
    @rule()
    def close_the_day(self) -> None:
        self.closed.append(self.wait(self.bank.close_day()))

    # ---- what the worker does, and where it dies

    @rule()
    def round(self) -> None:
        self.wait(self.bank.worker.round())

    @rule()
    def two_rounds_at_once(self) -> None:
        async def work() -> None:
            await asyncio.gather(self.bank.worker.round(), self.colleague.round())

        self.wait(work())

    @precondition(lambda self: self.closed)
    @rule(data=st.data())
    def reconcile(self, data: st.DataObject) -> None:
        """While things are under way and the rail misbehaves; what does not agree yet agrees in the end."""
        day = data.draw(st.sampled_from(self.closed))

        async def work() -> None:
            with suppress(payments.RailReportNotFound):
                await self.bank.reconcile(day)

        self.wait(self.quietly(work))

    @rule(step=st.sampled_from(["write", "deliver", "collect", "process"]))
    def step(self, step: str) -> None:
        self.wait(self.quietly(getattr(self.bank.worker, step)))

    @rule()
    def die_after_delivering(self) -> None:
        """The rail has the messages, and nobody noted it."""

        async def work() -> None:
            for letter in await self.run(partial(claim_letters, rail=RAIL, pace=AT_ONCE, limit=5)):
                await self.bank.link.deliver(letter)

        self.wait(self.quietly(work))

    @rule()
    def die_before_acknowledging(self) -> None:
        """What came is kept, and the rail was not told."""

        async def work() -> None:
            found = await self.bank.link.collect()
            await self.run(partial(keep_letters, rail=RAIL, letters=[one.letter for one in found]))

        self.wait(self.quietly(work))

    # ---- what must hold

    async def run(self, command: Callable[..., Awaitable[T]]) -> T:
        return await self.database.run(command)

    async def quietly(self, work: Callable[[], Awaitable[Any]]) -> None:
        with suppress(payments.RailUnavailable):
            await work()

    def rail_says(self, query: str, *values: Any) -> int:
        found = self.bank.line.central.store.row(query, *values)
        return int(found[0]) if found is not None and found[0] is not None else 0

    def teardown(self) -> None:
        try:
            self.wait(self.conclude())
        finally:
            self.wait(self.bank.close())
            self.path.cleanup()
            super().teardown()

    async def conclude(self) -> None:
        """Let everything come to its end, reconcile every date, and compare with the rail's own books."""
        bank = self.bank
        await bank.change_rail(is_open=True, cap=None)
        for account in bank.accounts:
            await self.set_frozen(account, frozen=False)
        await bank.settle_everything()
        self.closed.append(await bank.close_day())
        for day in self.closed:
            found = await bank.reconcile(day)
            assert found.clean, found
        await bank.settle_everything()
        self.closed.append(await bank.close_day())
        assert (await bank.reconcile(self.closed[-1])).clean
        state = (await bank.client.get("/control")).json()
        assert state["contradictions"] == []
        assert bank.position() == await bank.clearing() - self.before
        await self.work_cases()
        await self.compare_payments()
        await self.compare_accounts()
        async with self.database.transaction() as tx:
            assert [case for case in await rail_cases(tx, state="open") if case.kind != "recall"] == []
        assert await self.suspense() == self.before_suspense + self.owed_to_nobody()
        assert all(result.passed for result in await ledger.check_books(self.database))

    async def set_frozen(self, account: int, *, frozen: bool) -> None:
        status = ledger.AccountStatus.FROZEN if frozen else ledger.AccountStatus.OPEN
        await self.run(partial(ledger.change_account, number=account, status=status, reason="court"))

    async def suspense(self) -> int:
        return int(
            await self.bank.value(
                "SELECT coalesce(sum(a.posted), 0)::bigint FROM rail_suspense_accounts s"
                " JOIN accounts a ON a.cell = s.cell AND a.number = s.number WHERE s.rail = %s",
                RAIL,
            )
        )

    def owed_to_nobody(self) -> int:
        """What came in for no account of ours, and which the rail did not take back."""
        return sum(
            amount - self.rail_says("SELECT returned FROM items WHERE uetr = ?", uetr)
            for uetr, (payee, amount) in self.received.items()
            if payee is None
        )

    async def work_cases(self) -> None:
        """Give what stands in suspense to whom it belongs, now that every account is open again."""

        async def work(tx: Any) -> None:
            for case in await rail_cases(tx, state="in_suspense", limit=10_000):
                if (owner := self.owner(case)) is not None:
                    await apply_suspense(tx, case.id, account=owner, by="clerk", reason="the account is open")

        await self.run(work)

    def owner(self, case: RailCase) -> int | None:
        """Whose the money of a case is: who had paid, or who was paid; None for nobody of ours."""
        if case.what == "return_in" and case.payment in self.paid:
            return self.paid[case.payment][0]
        return self.received.get(str(case.uetr), (None, 0))[0]

    async def compare_payments(self) -> None:
        refused = await self.refused_returns()
        for payment in self.paid:
            told = self.bank.line.central.store.row(
                "SELECT status, returned FROM items WHERE uetr = ?", str(uetr_of(payment))
            )
            wanted = "rejected"
            if told and told[0] == "ACSC":
                wanted = "returned" if told[1] > refused.get(payment, 0) else "settled"
                assert self.bank.paid(payment) == 1
            assert await self.bank.state(payment) == wanted

    async def refused_returns(self) -> dict[UUID, int]:
        """What came back to accounts that were frozen then, by payment: into suspense, not by the payment."""
        async with self.database.transaction() as tx:
            cases = await rail_cases(tx, limit=10_000)
        found: dict[UUID, int] = {}
        for case in cases:
            if case.what == "return_in" and case.kind == "unapplied" and case.payment is not None:
                found[case.payment] = found.get(case.payment, 0) + case.theirs
        return found

    async def compare_accounts(self) -> None:
        """Each customer's balance, from the rail's books alone; and nothing is held any more."""
        for account in self.bank.accounts:
            wanted = FUNDS
            for payment, (payer, amount, fee) in self.paid.items():
                uetr = str(uetr_of(payment))
                settled = self.rail_says(
                    "SELECT count(*) FROM items WHERE uetr = ? AND status = 'ACSC'", uetr
                )
                if payer == account and settled:
                    wanted += self.rail_says("SELECT returned FROM items WHERE uetr = ?", uetr) - amount - fee
            for uetr, (payee, amount) in self.received.items():
                if payee == account:
                    wanted += amount - self.rail_says("SELECT returned FROM items WHERE uetr = ?", uetr)
            assert await self.bank.balance(account) == (wanted, 0), account


def test_money_is_never_made_lost_or_paid_twice_whatever_the_rail_does(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "PAGE", SMALL_PAGE)

    async def open_database() -> Database:
        return await Database.open(database_url, min_size=1, max_size=4)

    with asyncio.Runner() as runner:
        Rails.runner = runner
        Rails.database = runner.run(open_database())
        try:
            run_state_machine_as_test(
                Rails,
                settings=settings(
                    max_examples=rounds(40, 1_000),
                    stateful_step_count=rounds(25, 60),
                    deadline=None,
                    print_blob=True,
                    suppress_health_check=list(HealthCheck),
                    phases=[Phase.explicit, Phase.reuse, Phase.generate],
                ),
            )
        finally:
            runner.run(Rails.database.close())
