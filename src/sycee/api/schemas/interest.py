"""Interest on the wire: accrued, posted, explained."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from sycee.api.schemas.common import AccountNumber, CurrencyCode, Cursor, Money, Wire
from sycee.api.schemas.rates import Percent

Exact = Annotated[
    str,
    Meta(
        description="Interest to ten decimals of the currency, before it is rounded.",
        examples=["511.1111111111"],
        extra_json_schema={"pattern": r"^-?[0-9]+\.[0-9]{10}$"},
    ),
]


class InterestLine(Wire):
    """Days on which a part of the balance stood at one rate."""

    start: Annotated[date, Meta(description="The first day that bears interest.")]
    end: Annotated[date, Meta(description="The last day that bears interest.")]
    days: Annotated[int, Meta(description="Days of interest, as the day count has them.")]
    days_of_year: Annotated[
        int | None,
        Meta(
            description="interest = balance x days x rate / (100 x days_of_year); null where the interest is "
            "none, or is not made of days alone."
        ),
    ]
    balance: Annotated[Money, Meta(description="The part of the balance that is in the rate's tier.")]
    rate: Percent
    interest: Exact


class AccruedInterest(Wire):
    """What an account has earned since it was last settled."""

    account: AccountNumber
    currency: CurrencyCode
    start: Annotated[date, Meta(description="The first day that is not settled.")]
    through: Annotated[date, Meta(description="The last day counted; before `start` when there is none.")]
    exact: Exact
    amount: Annotated[Money, Meta(description="Rounded, before tax, as if it were settled so.")]
    lines: Annotated[list[InterestLine], Meta(description="They add up to the exact interest.")]


class InterestPosting(Wire):
    """Interest that was settled, corrected, or paid by the rule of its product."""

    id: UUID
    account: AccountNumber
    kind: Literal["settlement", "correction", "product"]
    start: Annotated[date, Meta(description="The first day that it is for.")]
    through: Annotated[date, Meta(description="The last day that it is for.")]
    exact: Annotated[Exact, Meta(description="What the days have earned; of a correction, should have.")]
    amount: Annotated[
        Money, Meta(description="Before tax; of a correction, the difference. Negative was charged.")
    ]
    tax: Annotated[Money, Meta(description="Withheld from it; negative was given back.")]
    net: Annotated[Money, Meta(description="What reached the account, or left it.")]
    corrects: Annotated[UUID | None, Meta(description="The settlement that a correction is of.")]
    paid_to: AccountNumber
    booked_on: Annotated[date, Meta(description="The business date of its booking.")]
    value_date: date
    reason: Annotated[str, Meta(description="Why it was corrected, or the product's own word for it.")]
    transfer: Annotated[UUID | None, Meta(description="Null when there was nothing to post.")]


class InterestPostingPage(Wire):
    """A page of an account's interest postings, newest first."""

    postings: list[InterestPosting]
    next: Annotated[Cursor | None, Meta(description="Cursor of the next page; null on the last.")]


class InterestExplanation(Wire):
    """A posting of interest with all that made it."""

    posting: InterestPosting
    lines: Annotated[list[InterestLine], Meta(description="They add up to the exact interest.")]
    exact: Exact
    earned: Annotated[Money, Meta(description="The exact interest, rounded once.")]
    posted_before: Annotated[
        Money | None, Meta(description="Of a correction, what had been posted for its days; else null.")
    ]
    before: Annotated[
        list[InterestPosting],
        Meta(description="Of a correction, the settlement and the corrections before it, in order."),
    ]
    difference: Annotated[Money, Meta(description="Earned less posted before: the posting's amount.")]
    tax: Money
    net: Money
