"""A plain model of direct debits: mandates with limits, debits with days, money on two accounts.

It knows the rules as people would say them, on weekdays without holidays: what waits or was taken counts to
its day's limits, what is given back counts all the same, and money only moves when a debit is taken or
given back.
"""

from __future__ import annotations

from uuid import UUID

import msgspec

COUNTED = frozenset({"waiting", "settled", "returned", "reversed"})
REFUND_DAYS = 5


class Mandate(msgspec.Struct):
    """A mandate of the model; limits are of a day, of a month and in number."""

    per_day: int | None
    per_month: int | None
    most: int | None
    state: str = "active"


class Debit(msgspec.Struct):
    """A debit of the model. ``day`` is when it is taken, or tried next; days are business days from 0."""

    mandate: int
    amount: int
    due: int
    retry: int
    day: int
    state: str = "waiting"
    settled_on: int = -1


class Model:
    """What the payer and the payee have, and what was agreed and collected."""

    def __init__(self, payer: int, payee: int, months: list[int], dates: list[int]) -> None:
        """``months`` are the months of the business days, ``dates`` their calendar days as numbers."""
        self.payer, self.payee = payer, payee
        self.months, self.dates = months, dates
        self.mandates: list[Mandate] = []
        self.debits: dict[UUID, Debit] = {}
        self.today = 0

    def breach(self, mandate: int, amount: int, day: int) -> str | None:
        """Which limit one more debit would break on a day."""
        agreed = self.mandates[mandate]
        counted = [one for one in self.debits.values() if one.mandate == mandate and one.state in COUNTED]
        if agreed.most is not None and len(counted) >= agreed.most:
            return "mandate_used_up"
        on_day = sum(one.amount for one in counted if one.day == day)
        in_month = sum(one.amount for one in counted if self.months[one.day] == self.months[day])
        for limit, used in ((agreed.per_day, on_day), (agreed.per_month, in_month)):
            if limit is not None and used + amount > limit:
                return "mandate_limit"
        return None

    def collect(self, id: UUID, mandate: int, amount: int, due: int, retry: int) -> str:
        """Take a debit in: its state, or the code of its refusal."""
        known = self.debits.get(id)
        if known is not None:
            return known.state
        refusal = self._closed(mandate) or self.breach(mandate, amount, due)
        if refusal is not None:
            return refusal
        self.debits[id] = Debit(mandate, amount, due, retry, due)
        if due == self.today:
            self._try(self.debits[id])
        return self.debits[id].state

    def _closed(self, mandate: int) -> str | None:
        state = self.mandates[mandate].state
        return None if state == "active" else f"mandate_{state}"

    def sweep(self, order: list[UUID]) -> None:
        """Try what is due, in that order: all of it is judged before any of it is taken."""
        due = [self.debits[id] for id in order]
        for one in due:
            assert one.state == "waiting" and one.day <= self.today
            late = one.day < self.today
            if self._closed(one.mandate) is not None or (late and self._moved(one, self.today) is not None):
                one.state = "rejected"
        for one in due:
            if one.state == "waiting":
                self._try(one)

    def stop(self, mandate: int, state: str) -> None:
        """Suspend, resume or cancel a mandate; what waits under a cancelled one is rejected with it."""
        if self.mandates[mandate].state == "cancelled":
            return
        self.mandates[mandate].state = state
        for one in self.debits.values():
            if state == "cancelled" and one.mandate == mandate and one.state == "waiting":
                one.state = "rejected"

    def _moved(self, one: Debit, day: int) -> str | None:
        one.state = "moving"
        refusal = self.breach(one.mandate, one.amount, day)
        one.state = "waiting"
        if refusal is None:
            one.day = day
        return refusal

    def _try(self, one: Debit) -> None:
        if self.payer >= one.amount:
            self.payer -= one.amount
            self.payee += one.amount
            one.state, one.settled_on = "settled", self.today
        elif self.today + 1 > one.due + one.retry or self._moved(one, self.today + 1) is not None:
            one.state = "rejected"

    def end(self, id: UUID, to: str) -> bool:
        """Refuse or cancel a debit that waits; whether that could be done."""
        one = self.debits[id]
        if one.state != "waiting":
            return one.state == to
        one.state = to
        return True

    def give_back(self, id: UUID, to: str) -> bool:
        """Return or reverse a debit that was taken; whether that could be done."""
        one = self.debits[id]
        if one.state == to:
            return True
        late = self.dates[self.today] > self.dates[max(one.settled_on, 0)] + REFUND_DAYS
        if one.state != "settled" or self.payee < one.amount or (to == "returned" and late):
            return False
        self.payer += one.amount
        self.payee -= one.amount
        one.state = to
        return True
