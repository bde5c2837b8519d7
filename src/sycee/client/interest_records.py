"""Rates and interest as the bank answers with them. Rates are percent a year, as decimal text."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from sycee.client.records import Money


class Rate(Struct, frozen=True, kw_only=True):
    """A rate from a day on, until the next start of the same key."""

    key: str
    start: date
    rate: str


class RatePage(Struct, frozen=True, kw_only=True):
    """A page of rates and the cursor of the next page (None on the last)."""

    rates: list[Rate]
    next: str | None = None


class RateProposal(Struct, frozen=True, kw_only=True):
    """Proposed rates, what became of them, and who released them. Their approval has the same id."""

    id: UUID
    state: Literal["proposed", "released", "rejected", "withdrawn", "expired", "failed"]
    rates: list[Rate]
    note: str
    proposed_by: str
    proposed_at: datetime
    released_by: str | None
    released_at: datetime | None


class RateProposalPage(Struct, frozen=True, kw_only=True):
    """A page of proposals, newest first, and the cursor of the next page."""

    proposals: list[RateProposal]
    next: str | None = None


class ReleasedRates(Struct, frozen=True, kw_only=True):
    """Rates that were put in force, or still wait; ``accounts`` are reckoned again because of them."""

    proposal: RateProposal
    accounts: int


class InterestLine(Struct, frozen=True, kw_only=True):
    """Days on which a part of the balance stood at one rate; ``interest`` has ten decimals."""

    start: date
    end: date
    days: int
    days_of_year: int | None
    balance: Money
    rate: str
    interest: str


class AccruedInterest(Struct, frozen=True, kw_only=True):
    """What an account has earned since it was last settled; ``amount`` is ``exact`` rounded."""

    account: str
    currency: str
    start: date
    through: date
    exact: str
    amount: Money
    lines: list[InterestLine]


class InterestPosting(Struct, frozen=True, kw_only=True):
    """Interest that was settled, corrected, or paid by the rule of its product.

    ``amount`` is before tax and, of a correction, the difference; ``net`` is what reached the account.
    """

    id: UUID
    account: str
    kind: Literal["settlement", "correction", "product"]
    start: date
    through: date
    exact: str
    amount: Money
    tax: Money
    net: Money
    corrects: UUID | None
    paid_to: str
    booked_on: date
    value_date: date
    reason: str
    transfer: UUID | None


class InterestPostingPage(Struct, frozen=True, kw_only=True):
    """A page of interest postings, newest first, and the cursor of the next page."""

    postings: list[InterestPosting]
    next: str | None = None


class InterestExplanation(Struct, frozen=True, kw_only=True):
    """A posting with all that made it: ``lines`` add up to ``exact``, which rounded is ``earned``.

    Of a correction, ``before`` are the settlement and the corrections before it, which come to
    ``posted_before``; the rest of ``earned`` is the ``difference``.
    """

    posting: InterestPosting
    lines: list[InterestLine]
    exact: str
    earned: Money
    posted_before: Money | None
    before: list[InterestPosting]
    difference: Money
    tax: Money
    net: Money
