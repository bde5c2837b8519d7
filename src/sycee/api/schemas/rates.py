"""Rates and proposals of rates on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from sycee.api.schemas.common import Cursor, Wire

RATE_KEY = r"^[A-Z]{3}(\.[a-z0-9_-]+){1,6}$"
RateKey = Annotated[
    str,
    Meta(
        max_length=100,
        description="A currency and names, joined by dots.",
        examples=["CNY.demand"],
        extra_json_schema={"pattern": RATE_KEY},
    ),
]
Percent = Annotated[
    str,
    Meta(
        description="Percent a year, a string: `0.20` is 0.20 % a year. At most six decimals.",
        examples=["0.20"],
        extra_json_schema={"pattern": r"^-?[0-9]{1,3}(\.[0-9]{1,6})?$"},
    ),
]


class Rate(Wire):
    """A rate from a day on, until the next start of the same key."""

    key: RateKey
    start: Annotated[date, Meta(description="The first day of its force.")]
    rate: Percent


class RatePage(Wire):
    """A page of rates, by key and start."""

    rates: list[Rate]
    next: Annotated[Cursor | None, Meta(description="Cursor of the next page; null on the last.")]


Note = Annotated[
    str, Meta(max_length=500, description="Where the rates come from.", examples=["Circular 2026-14"])
]


class NewRateProposal(Wire):
    """Rates to propose. A rate for a start that has one corrects it."""

    rates: Annotated[list[Rate], Meta(min_length=1, max_length=10_000)]
    id: Annotated[
        UUID | None, Meta(description="Of your making: the same id with the same rates is one proposal.")
    ] = None
    note: Note = ""


class RateProposal(Wire):
    """Proposed rates, what became of them, and who released them. Their approval has the same id."""

    id: UUID
    state: Literal["proposed", "released", "rejected", "withdrawn", "expired", "failed"]
    rates: Annotated[list[Rate], Meta(description="By key and start.")]
    note: Note
    proposed_by: str
    proposed_at: datetime
    released_by: str | None
    released_at: datetime | None


class RateProposalPage(Wire):
    """A page of proposals of rates, newest first."""

    proposals: list[RateProposal]
    next: Annotated[Cursor | None, Meta(description="Cursor of the next page; null on the last.")]


class RateRelease(Wire):
    """Nothing has to be said about a release."""


class ReleasedRates(Wire):
    """Rates that were put in force, or wait for others who have to agree."""

    proposal: RateProposal
    accounts: Annotated[
        int,
        Meta(
            description="Accounts with days that were reckoned at other rates: the next end of the day "
            "reckons them again, and corrects what was settled."
        ),
    ]
