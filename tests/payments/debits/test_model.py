"""Money is never created, lost or taken twice, and no limit exceeded: random lives against a plain model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sycee import ledger, parties, payments
from sycee.database import Database
from sycee.kernel.calendars import WEEKDAYS
from sycee.kernel.ids import uuid7
from sycee.payments import Instructor, debits
from sycee.payments.debits import DebitMandate, NewDebitTerms, NewDirectDebit
from tests.long_runs import rounds
from tests.parties.people import new_customer
from tests.payments.conftest import CELL, OTHER_CELL, TODAY
from tests.payments.debits.conftest import debit_under
from tests.payments.debits.model import REFUND_DAYS, Debit, Mandate, Model
from tests.payments.orders.conftest import pay

FIRST = date(2026, 11, 23)
AMOUNTS = st.sampled_from([1, 9_99, 10_00, 30_00, 60_00, 100_00])
PLACES = st.integers(0, 5)
LIMITS = st.sampled_from([None, None, 10_00, 40_00, 100_00])
DAYS_AHEAD = 400


class Lives(RuleBasedStateMachine):
    """The bank beside the model; every rule is a command, in a transaction of its own."""

    run: Callable[[Any], Any]
    database: Database
    vault: int

    @initialize()
    def open(self) -> None:
        self.run(self._open())

    async def _open(self) -> None:
        async with self.database.transaction() as tx:
            made = await parties.register_customers(
                tx,
                [new_customer(name, cell=CELL) for name in ("Power Grid Ltd", "Paper Mill Ltd")],
                by="test",
            )
            self.power, self.mill = (one.id for one in made)
            accounts = await ledger.open_accounts(
                tx,
                [
                    ledger.NewAccount(currency="CNY", subject="2011", cell=cell, customer=owner)
                    for cell, owner in ((CELL, self.power), (OTHER_CELL, self.mill))
                ],
            )
            self.credit, self.debit = (account.number for account in accounts)
            await _fund(tx, self.vault, self.debit, 100_00)
            await _fund(tx, self.vault, self.credit, 20_00)
            self.today = (await ledger.get_cell(tx, CELL)).business_date
        days = list(WEEKDAYS.business_days(self.today, self.today + timedelta(DAYS_AHEAD)))
        self.days = days
        self.model = Model(
            100_00, 20_00, [day.year * 12 + day.month for day in days], [day.toordinal() for day in days]
        )
        self.mandates: list[DebitMandate] = []
        self.said: dict[UUID, NewDirectDebit] = {}

    def call(self, function: Any, *arguments: Any, **more: Any) -> Any:
        return self.run(self._call(function, *arguments, **more))

    async def _call(self, function: Any, *arguments: Any, **more: Any) -> Any:
        async def command(tx: Any) -> Any:
            return await function(tx, *arguments, **more)

        return await self.database.run(command)

    def as_payer(self, function: Any, *arguments: Any, **more: Any) -> Any:
        return self.call(function, *arguments, by=Instructor("payer", self.mill), **more)

    def known(self, place: int) -> tuple[UUID, Debit]:
        """One of the debits, the newest more often."""
        ids = list(self.model.debits)
        id = ids[-1 - place % len(ids)]
        return id, self.model.debits[id]

    @rule(per_day=LIMITS, per_month=LIMITS, most=st.sampled_from([None, None, 1, 3]))
    def agree(self, per_day: int | None, per_month: int | None, most: int | None) -> None:
        new = debits.NewDebitMandate(
            id=uuid7(),
            credit_account=self.credit,
            debit_account=self.debit,
            reference=f"M-{len(self.mandates)}",
            currency="CNY",
            per_day=per_day,
            per_month=per_month,
            debits_most=most,
        )
        (made,) = self.call(debits.propose_debit_mandates, [new], by=Instructor("payee", self.power))
        self.mandates.append(self.as_payer(debits.confirm_debit_mandate, made.id))
        self.model.mandates.append(Mandate(per_day, per_month, most))

    def drawn(self, mandate: int, amount: int, ahead: int, retry: int) -> tuple[NewDirectDebit, int]:
        place = mandate % len(self.mandates)
        due = self.days[self.model.today + ahead] if ahead else None
        new = debit_under(self.mandates[place], amount, due_on=due, retry_days=retry)
        self.said[new.id] = new
        return new, place

    async def _collect(self, new: NewDirectDebit) -> str:
        by = Instructor("payee", self.power)
        (found,) = await self._call(debits.collect, [new], by=by)
        return str(found.state if found.kept else found.code)

    @precondition(lambda self: self.mandates)
    @rule(mandate=PLACES, amount=AMOUNTS, ahead=st.integers(0, 2), retry=st.integers(0, 2))
    def collect(self, mandate: int, amount: int, ahead: int, retry: int) -> None:
        new, place = self.drawn(mandate, amount, ahead, retry)
        expected = self.model.collect(new.id, place, amount, self.model.today + ahead, retry)
        assert self.run(self._collect(new)) == expected

    @precondition(lambda self: self.mandates)
    @rule(mandate=PLACES, amounts=st.tuples(AMOUNTS, AMOUNTS), ahead=st.integers(0, 1), same=st.booleans())
    def collect_side_by_side(self, mandate: int, amounts: tuple[int, int], ahead: int, same: bool) -> None:
        pair = [self.drawn(mandate, amount, ahead, 0) for amount in amounts]
        if same:
            pair[1] = pair[0]

        async def both() -> list[str]:
            return await asyncio.gather(*(self._collect(new) for new, _ in pair))

        found = self.run(both())
        ends = []
        for order in ([0, 1], [1, 0]):
            model, told = deepcopy(self.model), ["", ""]
            for which in order:
                new, place = pair[which]
                told[which] = model.collect(new.id, place, new.amount, model.today + ahead, 0)
            ends.append((told, model))
        agreeing = [model for told, model in ends if told == found]
        assert agreeing, (found, ends)
        self.model = agreeing[0]

    @precondition(lambda self: self.model.debits)
    @rule(place=PLACES)
    def collect_again(self, place: int) -> None:
        id, one = self.known(place)
        assert self.run(self._collect(self.said[id])) == one.state

    @precondition(lambda self: self.mandates)
    @rule(mandate=PLACES, act=st.sampled_from(["suspended", "active", "active", "cancelled"]))
    def stop(self, mandate: int, act: str) -> None:
        place = mandate % len(self.mandates)
        id = self.mandates[place].id
        if self.model.mandates[place].state != "cancelled":
            acts = {
                "suspended": debits.suspend_debit_mandate,
                "active": debits.resume_debit_mandate,
                "cancelled": debits.cancel_debit_mandate,
            }
            self.as_payer(acts[act], id, reason="x")
        self.model.stop(place, act)

    @precondition(lambda self: self.model.debits)
    @rule(place=PLACES, payer=st.booleans())
    def end(self, place: int, payer: bool) -> None:
        id, _ = self.known(place)
        act, to = (debits.refuse_debits, "refused") if payer else (debits.cancel_debits, "cancelled")
        by = Instructor("x", self.mill if payer else self.power)
        (found,) = self.call(act, [id], by=by, reason="x")
        assert (str(found.state) == to) == self.model.end(id, to)

    @precondition(lambda self: self.model.debits)
    @rule(place=PLACES, payer=st.booleans())
    def give_back(self, place: int, payer: bool) -> None:
        id, _ = self.known(place)
        act, to = (debits.return_debits, "returned") if payer else (debits.reverse_debits, "reversed")
        by = Instructor("x", self.mill if payer else self.power)
        (found,) = self.call(act, [id], by=by, reason="x")
        assert (str(found.state) == to) == self.model.give_back(id, to)

    @rule(amount=AMOUNTS)
    def earn(self, amount: int) -> None:
        self.call(_fund, self.vault, self.debit, amount)
        self.model.payer += amount

    @rule()
    def spend(self) -> None:
        if self.model.payee >= 10_00:
            (told,) = self.call(
                payments.submit_payments, [pay(self.credit, self.vault, 10_00)], by="treasurer"
            )
            assert told.state == "settled", told
            self.model.payee -= 10_00

    @rule(days=st.sampled_from([1, 1, 1, 2, 6]))
    def next_day(self, days: int) -> None:
        self.model.today += days
        day = self.days[self.model.today]
        for cell in (CELL, OTHER_CELL):
            self.call(ledger.advance_business_date, cell, day)
        swept = self.call(debits.take_due_debits, CELL)
        due = sorted(
            (one.day, id.int, id)
            for id, one in self.model.debits.items()
            if one.state == "waiting" and one.day <= self.model.today
        )
        assert {outcome.id for outcome in swept.outcomes} >= {id for *_, id in due}
        self.model.sweep([id for *_, id in due])

    @invariant()
    def accounts_and_debits_stand_as_the_model_says(self) -> None:
        if not hasattr(self, "model"):
            return
        held = [self.call(ledger.get_account, number).balance for number in (self.debit, self.credit)]
        assert held == [self.model.payer, self.model.payee]
        for id, one in self.model.debits.items():
            found = self.call(debits.get_direct_debit, id)
            assert str(found.state) == one.state
            if one.state != "rejected":
                assert found.taken_on == self.days[one.day]

    @invariant()
    def no_limit_is_exceeded(self) -> None:
        for mandate in getattr(self, "mandates", ()):
            found = self.call(debits.list_direct_debits, mandate=mandate.id, limit=1000)
            taken = [one for one in found if one.refund_until is not None]
            assert len(taken) <= (mandate.debits_most or len(taken))
            for limit, of in ((mandate.per_day, "%Y-%m-%d"), (mandate.per_month, "%Y-%m")):
                sums: dict[str, int] = {}
                for one in taken:
                    key = one.taken_on.strftime(of)
                    sums[key] = sums.get(key, 0) + one.amount
                assert limit is None or all(total <= limit for total in sums.values())

    def teardown(self) -> None:
        assert all(result.passed for result in self.run(ledger.check_books(self.database)))


async def _fund(tx: Any, vault: int, account: int, amount: int) -> None:
    transfer = ledger.NewTransfer(id=uuid7(), debit=vault, credit=account, amount=amount, currency="CNY")
    (outcome,) = await ledger.post_transfers(tx, [transfer])
    assert outcome.status == "posted", outcome


async def _found(database: Database) -> int:
    """Two cells, a vault, an empty list of names, terms on weekdays; returns the vault."""
    async with database.transaction() as tx:
        await ledger.create_cell(tx, CELL, "Shanghai", TODAY)
        await ledger.create_cell(tx, OTHER_CELL, "Shenzhen", TODAY)
        new = ledger.NewAccount(currency="CNY", subject="1001", cell=CELL, floor=None)
        (vault,) = await ledger.open_accounts(tx, [new])
        await payments.load_screening_names(tx, [], name="own", by="test")
        terms = NewDebitTerms(
            valid_from=FIRST, calendar="weekdays", refund_days=REFUND_DAYS, retry_days_most=10
        )
        await debits.set_debit_terms(tx, terms, by="test")
        for cell in (CELL, OTHER_CELL):
            await ledger.advance_business_date(tx, cell, FIRST)
    return vault.number


def test_lives_of_direct_debits_agree_with_a_plain_model(database_url: str) -> None:
    with asyncio.Runner() as runner:
        database = runner.run(Database.open(database_url, min_size=1, max_size=3))
        vault = runner.run(_found(database))
        machine = type(
            "Machine", (Lives,), {"run": staticmethod(runner.run), "database": database, "vault": vault}
        )
        try:
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=rounds(12, 1000),
                    stateful_step_count=rounds(30, 80),
                    deadline=None,
                    # a failure is read as it was found: to make it smaller takes many minutes of database
                    phases=(Phase.explicit, Phase.reuse, Phase.generate),
                    derandomize=rounds(1, 0) == 1,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            runner.run(database.close())
