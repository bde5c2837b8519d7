"""A plain model of payments: what each is, and what that leaves on the accounts. No database, no rails.

It knows the rules as people would say them: funds are held when a payment is taken, leave when it is settled,
come back when it is not. Everything here is small enough to be read in one go.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from sycee.payments import NewPayment, Urgency

FEES = {Urgency.NORMAL: 2_50, Urgency.URGENT: 5_00}
"""Of amounts up to 10,000 yuan: by BEPS, or by IBPS when urgent."""

LISTED = "Evil Corp"
WITH_HOLDS = {"held", "sent"}


class One(msgspec.Struct):
    """A payment of the model."""

    said: NewPayment
    state: str
    due: int
    returned: int = 0
    returns: dict[str, int] = msgspec.field(default_factory=dict)
    recall: str | None = None  # open, accepted, refused

    @property
    def home(self) -> bool:
        return self.said.creditor_agent is None

    @property
    def fee(self) -> int:
        return 0 if self.home else FEES[self.said.urgency]


class Model:
    """Accounts with what is posted on them, and payments by id."""

    def __init__(self, funds: dict[int, int]) -> None:
        self.posted = dict(funds)
        self.payments: dict[UUID, One] = {}
        self.day = 0

    def available(self, account: int) -> int:
        """What can be taken from an account now."""
        held = sum(
            one.said.amount + one.fee
            for one in self.payments.values()
            if one.said.debit_account == account and not one.home and one.state in WITH_HOLDS
        )
        return self.posted[account] - held

    def submit(self, said: NewPayment, due: int) -> str:
        """Take a payment in: its state, or the code of its refusal."""
        known = self.payments.get(said.id)
        if known is not None:
            return known.state if known.said == said else "id_reused"
        one = One(said, "approved", due)
        if due > self.day:
            self.payments[said.id] = one
            return "approved"
        told = self._carry_out(one)
        if told not in {"insufficient_funds", "same_account"}:
            self.payments[said.id] = one
        return told

    def sweep(self, order: Sequence[UUID]) -> None:
        """Carry out what has fallen due, in that order."""
        for id in order:
            one = self.payments[id]
            assert one.state == "approved" and one.due <= self.day
            if self._carry_out(one) in {"insufficient_funds", "same_account"}:
                one.state = "rejected"

    def release(self, id: UUID) -> str:
        one = self.payments[id]
        if one.state != "stopped":
            return "not_possible"
        told = self._carry_out(one, screened=True)
        if told in {"insufficient_funds", "same_account"}:
            one.state = "rejected"
        return told

    def refuse(self, id: UUID) -> str:
        return self._to(id, {"stopped"}, "rejected")

    def send(self, id: UUID) -> str:
        return self._to(id, {"held"}, "sent", again={"sent", "settled", "returned", "rejected", "recalled"})

    def settle(self, id: UUID) -> str:
        one = self.payments[id]
        if one.state in {"settled", "returned"}:
            return one.state
        if one.state != "sent":
            return "not_possible"
        self.posted[one.said.debit_account] -= one.said.amount + one.fee
        one.state = "settled"
        return "settled"

    def reject(self, id: UUID) -> str:
        return self._to(id, {"held", "sent"}, "rejected", again={"rejected"})

    def cancel(self, id: UUID) -> str:
        return self._to(id, {"approved", "held"}, "cancelled", again={"cancelled"})

    def give_back(self, id: UUID, return_id: str, amount: int) -> str:
        one = self.payments[id]
        if return_id in one.returns:
            return one.state if one.returns[return_id] == amount else "id_reused"
        if one.home or one.state not in {"settled", "returned"}:
            return "not_possible"
        if amount > one.said.amount - one.returned:
            return "invalid_amount"
        one.returns[return_id] = amount
        one.returned += amount
        one.state = "returned"
        self.posted[one.said.debit_account] += amount
        return "returned"

    def ask_back(self, id: UUID) -> str:
        one = self.payments[id]
        if one.home or one.state not in {"sent", "settled"}:
            return "not_possible"
        one.recall = "open"
        return one.state

    def answer(self, id: UUID, accepted: bool) -> str:
        one = self.payments[id]
        word = "accepted" if accepted else "refused"
        if one.recall is None:
            return "not_possible"
        if one.recall != "open":
            return one.state if one.recall == word else "not_possible"
        one.recall = word
        if accepted and one.state == "sent":
            one.state = "recalled"
        return one.state

    def _to(
        self, id: UUID, allowed: set[str], to: str, again: frozenset[str] | set[str] = frozenset()
    ) -> str:
        one = self.payments[id]
        if one.state in allowed:
            one.state = to
            return to
        return one.state if one.state in again else "not_possible"

    def _carry_out(self, one: One, *, screened: bool = False) -> str:
        said = one.said
        if said.creditor_name == LISTED and not screened:
            one.state = "stopped"
            return "stopped"
        if one.home and said.creditor_account == str(said.debit_account):
            return "same_account"
        if self.available(said.debit_account) < said.amount + one.fee:
            return "insufficient_funds"
        if one.home:
            self.posted[said.debit_account] -= said.amount
            self.posted[int(said.creditor_account)] += said.amount
            one.state = "settled"
        else:
            one.state = "held"
        return one.state
