"""Due diligence on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from sycee.api.schemas.common import Wire
from sycee.api.schemas.customers import RiskGrade


class NewDueDiligence(Wire):
    """A round of due diligence to record."""

    outcome: Literal["passed", "failed"]
    valid_until: Annotated[date, Meta(description="The last day on which it counts.")]
    risk_grade: RiskGrade
    done_on: Annotated[date | None, Meta(description="By default the cell's business date.")] = None
    note: Annotated[str, Meta(max_length=2000, description="What was found, for people.")] = ""


class DueDiligence(Wire):
    """A round of due diligence."""

    id: UUID
    customer: UUID
    outcome: Literal["passed", "failed"]
    done_on: date
    valid_until: date
    risk_grade: RiskGrade
    note: str
    recorded_at: datetime
    recorded_by: str


class DueDiligenceRecord(Wire):
    """Every round of due diligence on a customer, the last one first, and what they amount to on a date."""

    on: date
    status: Literal["valid", "expired", "failed", "missing"]
    rounds: list[DueDiligence]
