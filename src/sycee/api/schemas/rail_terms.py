"""Rails, their terms, and lists of names on the wire."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, field

from sycee.api.schemas.common import CurrencyCode, Cursor, Money, Wire

RailName = Annotated[str, Meta(description="Name of the rail.", examples=["BEPS"])]
TermsState = Literal["proposed", "released", "rejected", "withdrawn", "expired", "failed"]


class RailWindow(Wire):
    """When a rail takes payments on one of its business days, in the time of China."""

    opens: time
    closes: time
    opens_day: Annotated[int, Meta(ge=-1, le=0, description="-1: it opens on the day before.")] = 0


class RailFee(Wire, omit_defaults=True):
    """The fee of amounts up to a bound: a price, a share of the amount, or both, within bounds."""

    up_to: Annotated[Money | None, Meta(description="Absent: of any amount.")] = None
    price: Money | None = None
    parts_per_million: Annotated[int, Meta(ge=0, le=1_000_000, description="Share of the amount.")] = 0
    least: Money | None = None
    most: Money | None = None


class RailTerms(Wire):
    """What a rail takes in a currency, when, and for how much."""

    cap: Annotated[Money | None, Meta(description="The largest amount; null for no cap.")] = None
    urgent: Annotated[bool, Meta(description="Whether it takes urgent payments.")] = False
    closed: Annotated[bool, Meta(description="It takes nothing.")] = False
    calendar: Annotated[
        str, Meta(max_length=40, description="Its days: `CN`, `weekdays` or `every_day`.")
    ] = "every_day"
    windows: Annotated[
        list[RailWindow], Meta(max_length=10, description="None: at any time of its days.")
    ] = field(default_factory=list)
    fees: Annotated[list[RailFee], Meta(max_length=50, description="In rising order.")] = field(
        default_factory=list
    )


class Rail(Wire):
    """A rail with the terms in force in a currency."""

    rail: RailName
    name: str
    local_name: str
    currency: CurrencyCode
    valid_from: date
    terms: RailTerms


class Rails(Wire):
    """Rails in the order in which they are taken when as good."""

    rails: list[Rail]


class NewRailTerms(Wire):
    """Terms to be proposed."""

    rail: RailName
    currency: CurrencyCode
    valid_from: Annotated[date, Meta(description="In force from this day on, until the next ones are.")]
    terms: RailTerms
    reason: Annotated[str, Meta(min_length=1, max_length=500, description="Why, for people.")]


class ProposedRailTerms(Wire):
    """Terms and what became of them."""

    id: UUID
    rail: RailName
    currency: CurrencyCode
    valid_from: date
    terms: RailTerms
    reason: str
    state: TermsState
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    remark: str


class RailTermsPage(Wire):
    """A page of proposals, the newest first."""

    terms: list[ProposedRailTerms]
    next: Cursor | None


class TermsDecision(Wire):
    """A remark on a decision."""

    remark: Annotated[str, Meta(max_length=500)] = ""


class NewScreeningList(Wire):
    """Names that payments are screened against; they replace the list of that name."""

    names: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=500)]],
        Meta(max_length=100_000, description="May be empty: then nothing is on it."),
    ]


class ScreeningList(Wire):
    """A list of names: how many it has, who loaded it, when."""

    name: str
    entries: int
    loaded_by: str
    loaded_at: datetime


class ScreeningLists(Wire):
    """The lists that are loaded. Without any, every payment waits."""

    lists: list[ScreeningList]
