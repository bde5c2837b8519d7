"""Money is never created, lost or paid twice: random lives of payments against a plain model of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sycee import ledger, payments
from sycee.database import Database
from sycee.kernel.ids import uuid7
from sycee.payments import NewPayment, RecallAnswer, RejectedByRail, Returned, Sent, Settled, Urgency
from tests.long_runs import rounds
from tests.payments.conftest import CELL, OTHER_CELL, TODAY, Bank
from tests.payments.orders.conftest import OTHER_BANK
from tests.payments.orders.model import LISTED, Model

AMOUNTS = st.sampled_from([1, 100, 9_99, 10_00, 45_00, 50_00, 97_50, 100_00])
PLACES = st.integers(0, 3)
Runner = Callable[[Any], Any]


class Lives(RuleBasedStateMachine):
    """The bank beside the model; every rule is a command, in a transaction of its own."""

    run: Runner
    serials: Iterator[int]
    database: Database

    def __init__(self) -> None:
        super().__init__()
        bank = Bank(self.database)
        bank._serial = next(self.serials)
        self.bank = bank
        self.run(self._open())

    async def _open(self) -> None:
        funds = [100_00, 50_00, 0, 100_00]
        cells = [CELL, CELL, CELL, OTHER_CELL]
        self.accounts = [
            await self.bank.open("CNY", fund, cell=cell) for fund, cell in zip(funds, cells, strict=True)
        ]
        self.model = Model(dict(zip(self.accounts, funds, strict=True)))
        self.today = await self._date()

    async def _date(self) -> Any:
        async with self.database.transaction() as tx:
            return (await ledger.get_cell(tx, CELL)).business_date

    def call(self, function: Any, *arguments: Any, **more: Any) -> Any:
        async def command(tx: Any) -> Any:
            return await function(tx, *arguments, **more)

        return self.run(self.database.run(command))

    def known(self, place: int) -> UUID:
        """One of the payments, the newest more often."""
        ids = list(self.model.payments)
        return ids[-1 - place % len(ids)]

    def agrees(self, found: Any, expected: str) -> None:
        refused = found.code in CODES and not getattr(found, "duplicate", False)
        assert (found.code if refused else str(found.state)) == expected, found

    @rule(
        payer=PLACES, payee=PLACES, amount=AMOUNTS, away=st.booleans(), urgent=st.booleans(),
        later=st.sampled_from([0, 0, 0, 1]), listed=st.sampled_from([False, False, False, True]),
    )  # fmt: skip
    def submit(
        self, payer: int, payee: int, amount: int, away: bool, urgent: bool, later: int, listed: bool
    ) -> None:
        said = NewPayment(
            id=uuid7(),
            debit_account=self.accounts[payer],
            creditor_account="6222020200112233445" if away else str(self.accounts[payee]),
            creditor_name=LISTED if listed else "Silk Road Steel Ltd",
            creditor_agent=OTHER_BANK if away else None,
            amount=amount,
            currency="CNY",
            urgency=Urgency.URGENT if urgent else Urgency.NORMAL,
            execute_on=self.today + timedelta(later) if later else None,
        )
        (found,) = self.call(payments.submit_payments, [said], by="maker")
        self.agrees(found, self.model.submit(said, self.model.day + later))

    @precondition(lambda self: self.model.payments)
    @rule(place=st.integers(0, 5), changed=st.booleans())
    def submit_again(self, place: int, changed: bool) -> None:
        said = self.model.payments[self.known(place)].said
        if changed:
            said = NewPayment(**{**{f: getattr(said, f) for f in said.__struct_fields__}, "remittance": "x"})
        first, second = self.call(payments.submit_payments, [said, said], by="maker")
        expected = self.model.submit(said, 0)
        self.agrees(first, expected)
        self.agrees(second, expected)

    @precondition(lambda self: self.model.payments)
    @rule(place=st.integers(0, 5))
    def send(self, place: int) -> None:
        id = self.known(place)
        one = self.model.payments[id]
        was_sent = self.call(payments.get_payment, id).message_id is not None
        (found,) = self.call(payments.mark_sent, [Sent(payment=id, message_id="M", rail_id=f"R-{id}")])
        expected = self.model.send(id) if was_sent or one.state == "held" else "not_possible"
        self.agrees(found, expected)

    @precondition(lambda self: self.model.payments)
    @rule(place=st.integers(0, 5))
    def settle(self, place: int) -> None:
        id = self.known(place)
        (found,) = self.call(payments.settle_payments, [Settled(payment=id, message_id="S")])
        self.agrees(found, self.model.settle(id))

    @precondition(lambda self: self.model.payments)
    @rule(place=st.integers(0, 5))
    def reject(self, place: int) -> None:
        id = self.known(place)
        said = RejectedByRail(payment=id, message_id="R", reason_code="AC01")
        (found,) = self.call(payments.reject_payments, [said])
        self.agrees(found, self.model.reject(id))

    @precondition(lambda self: self.model.payments)
    @rule(place=st.integers(0, 5))
    def cancel(self, place: int) -> None:
        id = self.known(place)
        (found,) = self.call(payments.cancel_payments, [id], by="maker")
        self.agrees(found, self.model.cancel(id))

    @precondition(lambda self: self.model.payments)
    @rule(place=st.integers(0, 5), return_id=st.sampled_from(["A", "B"]), amount=AMOUNTS)
    def give_back(self, place: int, return_id: str, amount: int) -> None:
        id = self.known(place)
        said = Returned(payment=id, return_id=return_id, amount=amount, reason_code="AC04")
        (found,) = self.call(payments.return_payments, [said])
        self.agrees(found, self.model.give_back(id, return_id, amount))

    @precondition(lambda self: self.model.payments)
    @rule(place=st.integers(0, 5))
    def ask_back(self, place: int) -> None:
        id = self.known(place)
        found = self.call(payments.recall_payment, id, by="maker", reason_code="DUPL")
        self.agrees(found, self.model.ask_back(id))

    @precondition(lambda self: self.model.payments)
    @rule(place=st.integers(0, 5), accepted=st.booleans())
    def answer(self, place: int, accepted: bool) -> None:
        id = self.known(place)
        (found,) = self.call(payments.recall_answered, [RecallAnswer(payment=id, accepted=accepted)])
        self.agrees(found, self.model.answer(id, accepted))

    @precondition(lambda self: self.model.payments)
    @rule(place=st.integers(0, 5), let_go=st.booleans())
    def decide(self, place: int, let_go: bool) -> None:
        id = self.known(place)
        decide = payments.release_stopped if let_go else payments.refuse_stopped
        (found,) = self.call(decide, [id], by="officer", reason="looked at")
        self.agrees(found, self.model.release(id) if let_go else self.model.refuse(id))

    @rule()
    def next_day(self) -> None:
        self.today += timedelta(1)
        self.model.day += 1
        for cell in (CELL, OTHER_CELL):
            self.call(ledger.advance_business_date, cell, self.today)
            swept = self.call(payments.execute_due_payments, cell)
            assert swept.next is None
            mine = [outcome.id for outcome in swept.outcomes if outcome.id in self.model.payments]
            self.model.sweep(mine)
        waiting = [one for one in self.model.payments.values() if one.state == "approved"]
        assert all(one.due > self.model.day for one in waiting)

    @invariant()
    def accounts_stand_as_the_model_says(self) -> None:
        for number in self.accounts:
            account = self.call(ledger.get_account, number)
            assert (account.balance, account.available) == (
                self.model.posted[number],
                self.model.available(number),
            )

    @invariant()
    def payments_stand_as_the_model_says(self) -> None:
        for id, one in self.model.payments.items():
            payment = self.call(payments.get_payment, id)
            assert (str(payment.state), payment.returned) == (one.state, one.returned)

    def teardown(self) -> None:
        if not hasattr(self, "model"):
            return
        for id, one in self.model.payments.items():
            steps = [state for step in self.call(payments.payment_events, id) for state in step.states]
            assert str(steps[-1]) == one.state
            assert len(set(steps) - {"returned"}) == len([state for state in steps if state != "returned"])
        assert all(result.passed for result in self.run(ledger.check_books(self.database)))


CODES = {"id_reused", "insufficient_funds", "same_account", "not_possible", "invalid_amount"}


def test_lives_of_payments_agree_with_a_plain_model(database_url: str) -> None:
    with asyncio.Runner() as runner:
        database = runner.run(Database.open(database_url, min_size=1, max_size=2))

        async def found() -> None:
            async with database.transaction() as tx:
                await ledger.create_cell(tx, CELL, "Shanghai", TODAY)
                await ledger.create_cell(tx, OTHER_CELL, "Shenzhen", TODAY)
                await payments.load_screening_names(tx, [LISTED], name="own", by="test")

        runner.run(found())
        machine = type(
            "Machine",
            (Lives,),
            {"run": staticmethod(runner.run), "database": database, "serials": iter(range(0, 10**9, 100))},
        )
        try:
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=rounds(12, 2000),
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
