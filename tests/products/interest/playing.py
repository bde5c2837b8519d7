"""Plays a drawn history on the database and on the model of interest; compares them at every close."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sycee import ledger, products
from sycee.ledger import NewAccount, NormalSide
from sycee.products.interest import closing
from tests.products.interest.acting import CELL, LONG_AGO, ONE_DAY, Actor
from tests.products.interest.histories import (
    AGREEMENT,
    DEMAND,
    FLOORS,
    OVERDRAWN,
    TERMS,
    Beginning,
    Change,
    Close,
    Move,
    Release,
    Start,
    Step,
    Stop,
)
from tests.products.interest.model_days import Terms
from tests.products.interest.model_records import ModelAccount

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


class Player(Actor):
    """The closes of a history, each compared with what the model makes of it."""

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
