"""Standing orders on the wire: what is paid and when, how an order stands, what became of its dates."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from sycee.api.schemas.common import AccountNumber, Cell, Cursor, Money, Wire
from sycee.api.schemas.payments import Reason, ReasonCode, Urgency
from sycee.payments.standing import OccurrenceState, Rhythm, Roll, StandingOrderStatus

Rhythms = Literal["daily", "weekly", "monthly", "quarterly", "yearly"]
Rolls = Literal["following", "preceding", "modified_following"]
State = Literal["active", "suspended", "ended"]
OccurrenceStates = Literal["due", "submitted", "missed", "skipped"]
