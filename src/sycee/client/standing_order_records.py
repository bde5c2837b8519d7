"""What the bank answers about standing orders, as typed values."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct, field

from sycee.client.payment_records import Urgency
from sycee.client.records import Money
from sycee.kernel.ids import uuid7

Rhythm = Literal["daily", "weekly", "monthly", "quarterly", "yearly"]
Roll = Literal["following", "preceding", "modified_following"]
StandingOrderState = Literal["active", "suspended", "ended"]


class Schedule(Struct, frozen=True, kw_only=True):
    """When a payment comes again: a rhythm from ``first_on``, through ``last_on`` or ``times`` times.

    ``day`` is the day of the month (31: the last one), None that of ``first_on``. ``roll`` says where a date
    moves that is no business day, ``retry_days`` how long it is tried again for lack of funds.
    """

    rhythm: Rhythm
    first_on: date
    day: int | None = None
    last_on: date | None = None
    times: int | None = None
    calendar: str = "CN"
    roll: Roll = "following"
    retry_days: int = 0


class StandingTerms(Struct, frozen=True, kw_only=True):
    """What is paid, to whom and when. Without ``creditor_agent`` to this bank."""

    amount: Money
    creditor_account: str
    creditor_name: str
    schedule: Schedule
    creditor_agent: str | None = None
    purpose: str = ""
    remittance: str = ""
    end_to_end_id: str = ""
    urgency: Urgency = "normal"


class NewStandingOrder(Struct, frozen=True, kw_only=True):
    """A standing order to make; its id is made here unless given."""

    debit_account: str
    terms: StandingTerms
    id: UUID = field(default_factory=uuid7)


class ScheduledDate(Struct, frozen=True):
    """A date to come: as agreed, and the business day it is paid on, None while that is not known."""

    on: date
    due_on: date | None


class StandingOrder(Struct, frozen=True, kw_only=True):
    """A standing order as it stands, with its next dates."""

    id: UUID
    cell: int
    customer: UUID | None
    debit_account: str
    state: StandingOrderState
    version: int
    terms: StandingTerms
    upcoming: list[ScheduledDate]
    made_by: str
    made_at: datetime
    changed_at: datetime


class StandingOrderPage(Struct, frozen=True):
    """A page of standing orders."""

    standing_orders: list[StandingOrder]
    next: str | None


class Occurrence(Struct, frozen=True, kw_only=True):
    """A date that fell due: its payment, or why there is none."""

    scheduled_on: date
    due_on: date
    last_try_on: date
    version: int
    state: Literal["due", "submitted", "missed", "skipped"]
    payment: UUID
    tries: int
    code: str | None
    detail: str | None
    changed_at: datetime


class OccurrencePage(Struct, frozen=True):
    """A page of occurrences."""

    occurrences: list[Occurrence]
    next: str | None


class StandingOrderEvent(Struct, frozen=True, kw_only=True):
    """Something that happened to a standing order."""

    what: str
    at: datetime
    actor: str
    version: int | None
    scheduled_on: date | None
    code: str | None
    reason: str | None


class StandingOrderEvents(Struct, frozen=True):
    """Everything that happened."""

    events: list[StandingOrderEvent]
