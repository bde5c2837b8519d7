"""Standing orders on the wire: what is paid and when, how an order stands, what became of its dates."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from sycee.api.schemas.common import AccountNumber, Cell, Cursor, Money, Wire
from sycee.api.schemas.payments import Reason, ReasonCode, Urgency

Rhythm = Literal["daily", "weekly", "monthly", "quarterly", "yearly"]
Roll = Literal["following", "preceding", "modified_following"]
StandingOrderState = Literal["active", "suspended", "ended"]
OccurrenceState = Literal["due", "submitted", "missed", "skipped"]


class Schedule(Wire):
    """When a payment comes again."""

    rhythm: Annotated[Rhythm, Meta(description="How often; `daily` is every business day.")]
    first_on: Annotated[date, Meta(description="The first date; the rhythm counts from it.")]
    day: Annotated[
        Annotated[int, Meta(ge=1, le=31)] | None,
        Meta(description="Day of the month (31: the last one). Absent: that of the first date."),
    ] = None
    last_on: Annotated[date | None, Meta(description="No date lies after it.")] = None
    times: Annotated[
        Annotated[int, Meta(ge=1, le=10_000)] | None,
        Meta(description="How many times, from the first date. Absent, like `last_on`: until it is ended."),
    ] = None
    calendar: Annotated[
        str, Meta(max_length=40, description="Which days are business days: `CN`, `weekdays`, `every_day`.")
    ] = "CN"
    roll: Annotated[Roll, Meta(description="Where a date moves that is no business day.")] = "following"
    retry_days: Annotated[
        int,
        Meta(
            ge=0,
            le=30,
            description="For how many business days after its own a payment is tried again for lack of "
            "funds; 0: until the end of its day.",
        ),
    ] = 0


class StandingTerms(Wire):
    """What is paid, to whom and when."""

    amount: Annotated[Money, Meta(description="Of each payment.")]
    creditor_account: Annotated[str, Meta(min_length=1, max_length=64, description="The payee's account.")]
    creditor_name: Annotated[str, Meta(min_length=1, max_length=140, description="The payee.")]
    schedule: Schedule
    creditor_agent: Annotated[
        Annotated[str, Meta(max_length=12)] | None, Meta(description="The payee's bank. Absent: this bank.")
    ] = None
    purpose: Annotated[str, Meta(max_length=35, description="Purpose code, such as `RENT`.")] = ""
    remittance: Annotated[str, Meta(max_length=500, description="What the payee is told.")] = ""
    end_to_end_id: Annotated[str, Meta(max_length=35, description="The payer's reference.")] = ""
    urgency: Annotated[Urgency, Meta(description="To another bank: cheapest or quickest.")] = "normal"


class NewStandingOrder(Wire):
    """A standing order to make, or to look at before it is made."""

    id: Annotated[
        UUID,
        Meta(description="Made by the client (UUIDv7 recommended): the same again is the same order."),
    ]
    debit_account: Annotated[AccountNumber, Meta(description="The account that pays.")]
    terms: StandingTerms
    dry_run: Annotated[bool, Meta(description="Only show the order and its dates; nothing is kept.")] = False
    dates: Annotated[int, Meta(ge=0, le=100, description="How many of its next dates are shown.")] = 12


class StandingOrderChange(Wire):
    """The terms that are to hold from the next occurrence on."""

    terms: StandingTerms
    dates: Annotated[int, Meta(ge=0, le=100, description="How many of its next dates are shown.")] = 12


class StandingOrderReason(Wire):
    """Why a standing order is suspended, resumed or ended."""

    reason: Annotated[str, Meta(max_length=500, description="Why, for people.")] = ""


class ScheduledDate(Wire):
    """A date to come."""

    on: Annotated[date, Meta(description="The date as agreed.")]
    due_on: Annotated[
        date | None,
        Meta(description="The business day it is paid on; null while that year's is not published."),
    ]


class StandingOrder(Wire):
    """A standing order as it stands. `terms` are those that hold from the next occurrence on."""

    id: UUID
    cell: Cell
    customer: UUID | None
    debit_account: AccountNumber
    state: StandingOrderState
    version: Annotated[int, Meta(description="How often other terms were agreed, from 1.")]
    terms: StandingTerms
    upcoming: Annotated[list[ScheduledDate], Meta(description="Its next dates; none when it has ended.")]
    made_by: str
    made_at: datetime
    changed_at: datetime


class StandingOrderPage(Wire):
    """A page of standing orders."""

    standing_orders: list[StandingOrder]
    next: Cursor | None


class Occurrence(Wire):
    """A date that has fallen due, and what became of it."""

    scheduled_on: Annotated[date, Meta(description="The date as agreed.")]
    due_on: Annotated[date, Meta(description="The business date it fell due on.")]
    last_try_on: Annotated[date, Meta(description="The last business date on which it is tried.")]
    version: Annotated[int, Meta(description="The terms it fell due under.")]
    state: Annotated[OccurrenceState, Meta(description="`submitted`: its payment says how it stands.")]
    payment: Annotated[UUID, Meta(description="The id of its payment.")]
    tries: int
    code: ReasonCode
    detail: Reason
    changed_at: datetime


class OccurrencePage(Wire):
    """A page of occurrences."""

    occurrences: list[Occurrence]
    next: Cursor | None


class StandingOrderEvent(Wire):
    """Something that happened to a standing order."""

    what: Annotated[
        str,
        Meta(
            description="made, changed, suspended, resumed, ended, completed, submitted, missed, skipped.",
            examples=["missed"],
        ),
    ]
    at: datetime
    actor: str
    version: int | None
    scheduled_on: date | None
    code: ReasonCode
    reason: Reason


class StandingOrderEvents(Wire):
    """Everything that happened to a standing order, the first thing first."""

    events: list[StandingOrderEvent]
