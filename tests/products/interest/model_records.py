"""What the model of interest (model.py) is made of: accounts, their entries, and what was posted on them."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from sycee.ledger import AccountStatus

if TYPE_CHECKING:
    from tests.products.interest.model_days import Day, Terms

Pair = tuple[str, str, str]
"""Currency, and the subjects of interest expense and interest payable."""


class Refusal(Exception):
    """Something cannot be done, and the code that says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Entry(NamedTuple):
    """A movement on an account; ``number`` is its place in the order of all."""

    number: int
    business_date: date
    value_date: date
    amount: int


class Released(NamedTuple):
    """A part that a product paid out with its interest: from ``since`` to ``until`` it does not count."""

    amount: int
    since: date
    until: date


class Posting(NamedTuple):
    """Interest that was posted. A correction names the last day of the settlement that it corrects."""

    kind: str
    start: date
    through: date
    exact: Fraction
    amount: int
    tax: int
    value_date: date
    booked_on: date
    corrects: date | None
    paid_to: int
    days: tuple[Day, ...] = ()


@dataclass
class ModelAccount:
    """An account; ``first`` is None until it bears interest. ``version`` counts what changes its past."""

    number: int
    currency: str
    floor: int | None = 0
    status: AccountStatus = AccountStatus.OPEN
    balance: int = 0
    held: int = 0
    entries: list[Entry] = field(default_factory=list)
    first: date | None = None
    cycle: str = "none"
    cycle_day: int = 20
    terms: dict[date, Terms] = field(default_factory=dict)
    settled: date = date.min
    due: date | None = None
    fed: int = 0
    released: list[Released] = field(default_factory=list)
    postings: list[Posting] = field(default_factory=list)
    version: int = 0
    reckoned: dict[Any, Any] = field(default_factory=dict)

    def known(self, fed: int) -> int:
        """How many entries count, when those up to ``fed`` count everywhere."""
        upto = max(fed, self.fed)
        return sum(entry.number <= upto for entry in self.entries)

    def terms_on(self, day: date) -> Terms:
        """The terms of a day."""
        return self.terms[max(start for start in self.terms if start <= day)]

    def saved(self) -> dict[str, Any]:
        """All of it, to be restored."""
        return {name: copy(value) for name, value in vars(self).items()}

    def restore(self, saved: dict[str, Any]) -> None:
        """Be again what was saved."""
        vars(self).update(saved)
