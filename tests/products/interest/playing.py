"""Plays a drawn history twice, on the database and on the model of interest, and compares the two at every close."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import count
from uuid import UUID

import pytest
from hypothesis import currently_in_test_context, note

from sycee import ledger, products
from sycee.database import Database, Transaction
from sycee.ledger import NewAccount, NewTransfer, NormalSide, TransferKind
from sycee.products.interest import closing
from tests.products.interest.comparing import Reader
from tests.products.interest.histories import (
    AGREEMENT,
    DEMAND,
    FLOORS,
    KEYS,
    OVERDRAWN,
    TERMS,
    USD_ACCOUNT,
    Act,
    Beginning,
    Change,
    Close,
    Event,
    Move,
    Pay,
    Release,
    Settle,
    Start,
    Status,
    Step,
    Stop,
)
from tests.products.interest.model import Bank
from tests.products.interest.model_days import Terms
from tests.products.interest.model_records import ModelAccount, Posting, Refusal

CELL = 101
ONE_DAY = timedelta(days=1)
LONG_AGO = date(2020, 1, 1)
TABLES = [
    "interest_postings",
    "interest_stale",
    "interest_forward",
    "interest_assignments",
    "interest_balances",
    "interest_positions",
    "interest_accruals",
    "interest_accounts",
    "interest_feeds",
    "interest_pieces",
    "interest_terms",
    "rates",
    "rate_proposal_lines",
    "rate_proposals",
    "transfers",
    "holds",
    "reversals",
    "entry_marks",
    "batches",
    "gl_totals",
    "account_changes",
    "account_profiles",
    "accounts",
    "account_serials",
    "cells",
]
STEPS = (products.feed_balances, products.reaccrue, products.accrue, products.settle_due)


class Interrupted(Exception):
    """The close was killed here."""


class Player:
    """One cell, in a database that is empty when it begins, beside its model."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.database = database
        self.monkeypatch = monkeypatch
        self.bank = Bank(LONG_AGO)
        self.numbers: list[int] = []
        self.cash: dict[str, int] = {}
        self.terms: list[tuple[int, Terms]] = []
        self.holds: list[NewTransfer] = []
        self.moved: list[NewTransfer] = []
        self.late_changes = False
        self.reader = Reader(database, self.bank, CELL)
        self._serials = count(1)

    async def begin(self, beginning: Beginning) -> None:
        """Clear the database, open the accounts, release the rates that are known, let interest begin."""
        self.bank.business_date = beginning.day
        async with self.database.transaction() as tx:
            # Emptying a few rows is much faster than TRUNCATE.
            await tx.execute("; ".join(f"DELETE FROM {table}" for table in TABLES).encode())
            await ledger.create_cell(tx, CELL, "Head office", beginning.day)
            currencies = ["CNY"] * len(FLOORS) + ["USD"]
            opened = await ledger.open_accounts(
                tx,
                [
                    NewAccount(currency=currency, subject="2011", cell=CELL, floor=floor)
                    for currency, floor in zip(currencies, (*FLOORS, 0), strict=True)
                ]
                + [
                    NewAccount(
                        currency=currency, subject="1001", cell=CELL, floor=None, normal_side=NormalSide.DEBIT
                    )
                    for currency in ("CNY", "USD")
                ],
            )
            for terms, accounting in TERMS:
                (id,) = await products.define_terms(tx, [terms], accounting)
                self.terms.append((id, Terms.of(terms, accounting)))
        self.numbers = [one.number for one in opened[:-2]]
        self.cash = {one.currency: one.number for one in opened[-2:]}
        for one in opened[:-2]:
            self.bank.accounts[one.number] = ModelAccount(one.number, one.currency, one.floor)
        await self.release(
            [
                (key, LONG_AGO, rate)
                for key, rate in zip((DEMAND, AGREEMENT, OVERDRAWN), ("0.2", "0.9", "6"), strict=True)
            ]
        )
        for place, amount in enumerate(beginning.paid_in):
            if amount:
                await self.happen(Move(len(self.numbers), place, amount, None, hold=False))
        for start in beginning.starts:
            await self.happen(start)

    async def play(self, steps: Sequence[Step]) -> None:
        """Take every step, comparing after each close; then close once more and check the books."""
        for step in steps:
            if isinstance(step, Close):
                await self.close(step)
            else:
                await self.happen(step)
        await self.close(Close(1, ((), (), (), ()), again=True, broken=(0, 0, 0, 0), block=1_000))
        await self.reader.compare(self.bank.business_date, whole=True)
        await self.reader.check_books()

    # The close.

    async def close(self, step: Close) -> None:
        """Advance the date, run the four steps with what happens between them, and compare."""
        day = self.bank.business_date
        following = day + timedelta(step.days)
        self.say(f"close {day}, next {following}")
        async with self.database.transaction() as tx:
            await ledger.advance_business_date(tx, CELL, following)
        self.bank.business_date = following
        for name in ("_TRANSFERS", "_ACCOUNTS", "_STALE", "_SETTLED"):
            self.monkeypatch.setattr(closing, name, step.block)
        for place, events in enumerate(step.between):
            for event in events:
                await self.happen(event)
            failures = await self._run(place, day, following, step)
            self._check_failures(place, failures, self._model_step(place, day, following))
            if place == 2:
                changed = any(isinstance(event, Release | Change | Stop | Start) for event in events)
                await self.reader.general_ledger(adopt=changed)
        if step.again:
            await self._once_more(day, following, step)
        await self.reader.compare(following)

    async def _run(self, place: int, day: date, following: date, step: Close) -> list[products.Failure]:
        function = STEPS[place]
        left = step.broken[place]

        def kill(_: int) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise Interrupted

        try:
            done = await function(self.database, CELL, day, following, kill)
        except Interrupted:
            self.say(f"  interrupted in {function.__name__}")
            done = await function(self.database, CELL, day, following)
        if step.again:
            before = await self.reader.digest()
            again = await function(self.database, CELL, day, following)
            assert await self.reader.digest() == before, f"{function.__name__} run twice is not as run once"
            if place in {1, 3}:
                assert set(again.failures) == set(done.failures)
        return list(done.failures)

    async def _once_more(self, day: date, following: date, step: Close) -> None:
        """All steps again from the beginning, as after a kill: nothing is posted."""
        if any(step.between[2:]):
            return  # what happened after the reckoning may be reckoned now
        before = await self.reader.digest(
            "interest_postings", "transfers", "interest_accruals", "interest_forward"
        )
        for function in STEPS:
            await function(self.database, CELL, day, following)
        after = await self.reader.digest(
            "interest_postings", "transfers", "interest_accruals", "interest_forward"
        )
        assert after == before, "a close run twice is not as run once"

    def _model_step(self, place: int, day: date, following: date) -> set[tuple[int, str]]:
        if place == 0:
            self.bank.feed(day)
        elif place == 1:
            return self.bank.reaccrue()
        elif place == 2:
            self.bank.accrue(following)
        else:
            return self.bank.settle(following - ONE_DAY)
        return set()

    def _check_failures(
        self, place: int, failures: list[products.Failure], expected: set[tuple[int, str]]
    ) -> None:
        found = {(failure.account, failure.code) for failure in failures}
        if place in {1, 2}:  # the steps that draw lines may say of an account that rates are missing
            for number, code in found - expected:
                account = self.bank.accounts[number]
                assert code == "rate_unknown"
                known = self.bank.reckoned(
                    account, account.settled + ONE_DAY, self.bank.business_date - ONE_DAY
                )
                assert not known.known, f"the rates of {number} are known"
            found &= expected
        assert found == expected

    # What happens by day.

    async def happen(self, event: Event) -> None:
        """One event, on both."""
        self.say(f"  {event}")
        match event:
            case Move():
                await self._move(event)
            case Act():
                await self._act(event)
            case Release(rates):
                await self.release([(KEYS[key], self._day(days), str(rate)) for key, days, rate in rates])
            case Start():
                await self._start(event)
            case Change(account, terms, days):
                await self._change(account, terms, self._day(days))
            case Stop(account, days):
                await self._stop(account, self._day(days))
            case Settle(account, days):
                await self._settle(account, self._day(days))
            case Pay():
                await self._pay(event)
            case Status():
                await self._status(event)

    def say(self, text: str) -> None:
        """Tell whoever reads of a failure what was played."""
        if currently_in_test_context():
            note(text)

    def _day(self, days: int) -> date:
        return self.bank.business_date + timedelta(days)

    def _id(self) -> UUID:
        return UUID(int=next(self._serials) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128)

    async def release(self, rates: Sequence[tuple[str, date, str]]) -> None:
        """Put rates in force."""
        new = [products.NewRate(key, start, Decimal(rate)) for key, start, rate in rates]
        async with self.database.transaction() as tx:
            proposal = await products.propose_rates(tx, new, by="a")
            await products.release_rates(tx, proposal.id, by="b")
        for rate in new:
            self.bank.release(rate.key, rate.start, rate.rate)

    async def _start(self, event: Start) -> None:
        number = self.numbers[event.account]
        id, terms = self._terms(event.account, event.terms)
        first = self._day(event.days)
        start = products.InterestStart(
            account=number, terms=id, start=first, cycle=event.cycle, cycle_day=event.cycle_day
        )
        if self.bank.accounts[number].first is not None:
            with pytest.raises(products.InterestBearing):
                async with self.database.transaction() as tx:
                    await products.start_interest(tx, [start])
            return
        async with self.database.transaction() as tx:
            await products.start_interest(tx, [start])
        self.bank.start(number, terms, first, event.cycle, event.cycle_day)

    def _terms(self, account: int, terms: int) -> tuple[int, Terms]:
        return self.terms[-1 if account == USD_ACCOUNT else terms]

    async def _change(self, place: int, terms: int, start: date) -> None:
        number = self.numbers[place]
        id, known = self._terms(place, terms)
        first = self.bank.accounts[number].first
        expected = products.NotInterestBearing if first is None else products.InvalidInterest
        change = [products.TermsChange(number, id, start)]
        if first is None or start < first:
            with pytest.raises(expected):
                async with self.database.transaction() as tx:
                    await products.change_terms(tx, change)
            return
        async with self.database.transaction() as tx:
            await products.change_terms(tx, change)
        self.bank.change_terms(number, known, start)

    async def _stop(self, place: int, last: date) -> None:
        number = self.numbers[place]
        if self.bank.accounts[number].first is None:
            with pytest.raises(products.NotInterestBearing):
                async with self.database.transaction() as tx:
                    await products.stop_interest(tx, number, last)
            return
        async with self.database.transaction() as tx:
            await products.stop_interest(tx, number, last)
        self.bank.stop(number, last)

    async def _settle(self, place: int, through: date) -> None:
        number = self.numbers[place]
        if self.bank.accounts[number].first is None:
            return
        expected: Posting | str | None
        try:
            expected = self.bank.settle_now(number, through)
        except Refusal as refusal:
            expected = refusal.code
        try:
            async with self.database.transaction() as tx:
                found = await products.settle_interest(tx, number, through)
        except products.InterestNotSettled as error:
            assert error.facts["reason"] == expected
            return
        assert not isinstance(expected, str), f"settled, though {expected}"
        assert (found is None) == (expected is None)
        if found is not None and expected is not None:
            assert (found.through, found.exact, found.amount) == (
                expected.through,
                expected.exact,
                expected.amount,
            )

    async def _pay(self, event: Pay) -> None:
        number = self.numbers[event.account]
        account = self.bank.accounts[number]
        to = self._ends(event.to, event.account)[0]
        today, part = self.bank.business_date, None
        if account.first is None or to == number or self._currency(to) != account.currency:
            return
        start, through = account.settled + ONE_DAY, today - ONE_DAY
        if event.part is not None:
            since = max(start, self._day(event.days))
            part = (event.part, since)
            start, through = since, today
        if start > through:
            return
        days = (through - start).days + 1
        exact = Fraction(100_000 * days) * Fraction(event.rate) / 36_000
        line = products.InterestLine(start, through, days, 100_000, event.rate, exact)
        id = self._id()
        try:
            async with self.database.transaction() as tx:
                if part and not await self._withdraw(tx, account, part[0]):
                    return
                paid = None if part is None else products.PaidPart(*part)
                await products.pay_interest(
                    tx, number, id=id, to=to, through=through, lines=[line], part=paid
                )
            refused = None
        except products.InterestNotSettled as error:
            refused = error.facts["reason"]
        try:
            self.bank.pay(number, to, start, through, exact, part)
            assert refused is None
        except Refusal as refusal:
            assert refused == refusal.code

    async def _withdraw(self, tx: Transaction, account: ModelAccount, amount: int) -> bool:
        transfer = NewTransfer(
            id=self._id(), debit=account.number, credit=self.cash[account.currency], amount=amount,
            currency=account.currency,
        )  # fmt: skip
        (outcome,) = await ledger.post_transfers(tx, [transfer])
        return outcome.status == "posted"

    async def _status(self, event: Status) -> None:
        account = self.bank.accounts[self.numbers[event.account]]
        if event.empty and account.balance > 0:
            await self._post(
                NewTransfer(
                    id=self._id(), debit=account.number, credit=self.cash[account.currency],
                    amount=account.balance, currency=account.currency,
                )
            )  # fmt: skip
        try:
            async with self.database.transaction() as tx:
                await ledger.change_account(tx, account.number, status=event.status, reason="history")
        except (ledger.AccountIsClosed, ledger.AccountNotEmpty):
            return
        account.status = event.status

    # Movements.

    def _ends(self, *places: int) -> list[int]:
        """Account numbers; cash in the currency of the others."""
        currency = "USD" if USD_ACCOUNT in places else "CNY"
        return [self.numbers[place] if place < len(self.numbers) else self.cash[currency] for place in places]

    def _currency(self, number: int) -> str:
        return "USD" if number in {self.numbers[USD_ACCOUNT], self.cash["USD"]} else "CNY"

    async def _move(self, event: Move) -> None:
        debit, credit = self._ends(event.debit, event.credit)
        kind = TransferKind.PENDING if event.hold else TransferKind.TRANSFER
        await self._post(
            NewTransfer(
                id=self._id(),
                kind=kind,
                debit=debit,
                credit=credit,
                amount=event.amount,
                currency=self._currency(debit),
                value_date=None if event.value_days is None else self._day(event.value_days),
            )
        )

    async def _act(self, event: Act) -> None:
        targets = self.moved if event.what == "reversal" else self.holds
        if not targets:
            return
        target = targets[-1 - event.back % len(targets)]
        amount = max((target.amount or 0) // 3, 1) if event.part and event.what == "post" else None
        await self._post(
            NewTransfer(
                id=self._id(),
                kind=TransferKind(event.what),
                amount=amount,
                target=target.id,
                value_date=None if event.value_days is None else self._day(event.value_days),
            ),
            target,
        )

    async def _post(self, transfer: NewTransfer, target: NewTransfer | None = None) -> None:
        """Post one on the books, which have a model of their own: what they say is taken for true here."""
        async with self.database.transaction() as tx:
            (outcome,) = await ledger.post_transfers(tx, [transfer])
        if outcome.status not in {"posted", "pending", "voided"}:
            return
        about = target or transfer
        debit, credit, whole = about.debit, about.credit, about.amount or 0
        amount = transfer.amount or whole
        if transfer.kind is TransferKind.REVERSAL:
            debit, credit = credit, debit
        if transfer.kind is TransferKind.PENDING:
            self._hold(debit, whole)
            self.holds.append(transfer)
            return
        if transfer.kind in {TransferKind.POST, TransferKind.VOID}:
            self._hold(debit, -whole)
        if transfer.kind is not TransferKind.VOID:
            self.bank.record(debit, -amount, transfer.value_date)
            self.bank.record(credit, amount, transfer.value_date)
        if transfer.kind is TransferKind.TRANSFER:
            self.moved.append(transfer)

    def _hold(self, number: int, amount: int) -> None:
        if number in self.bank.accounts:
            self.bank.accounts[number].held += amount
