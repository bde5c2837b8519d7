"""What the bank says about the ends of days, as typed values."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from sycee.client.records import Money

RunState = Literal["running", "interrupted", "stopped", "finished"]
StepState = Literal["waiting", "running", "failed", "done"]
DocumentKind = Literal["statement", "balance_confirmation"]


class EndOfDayStep(Struct, frozen=True, kw_only=True):
    """A step of an end of day; ``total`` is None as long as nobody knows it."""

    step: str
    title: str
    local_title: str
    state: StepState
    attempt: int
    done: int
    total: int | None
    failed: int
    code: str | None
    reason: str | None
    started_at: datetime | None
    finished_at: datetime | None


class EndOfDay(Struct, frozen=True, kw_only=True):
    """The end of a business date of a cell; ``failed`` counts what failed, over all steps."""

    cell: int
    business_date: date
    next_date: date
    state: RunState
    attempt: int
    started_by: str
    started_at: datetime
    finished_at: datetime | None
    failed: int
    steps: list[EndOfDayStep]

    @property
    def over(self) -> bool:
        """Whether nothing goes on: it is finished, or somebody has to see to it."""
        return self.state != "running"


class EndOfDayPage(Struct, frozen=True, kw_only=True):
    """A page of ends of days and the cursor of the next page (None on the last)."""

    ends_of_day: list[EndOfDay]
    next: str | None = None


class EndOfDayFailure(Struct, frozen=True, kw_only=True):
    """What failed, for which account (None: none alone), why, and what to do about it."""

    step: str
    round: int
    account: str | None
    code: str
    reason: str
    advice: str
    failed_at: datetime


class EndOfDayFailurePage(Struct, frozen=True, kw_only=True):
    """A page of what failed and the cursor of the next page (None on the last)."""

    failures: list[EndOfDayFailure]
    next: str | None = None


class DocumentSummary(Struct, frozen=True, kw_only=True):
    """A statement or a balance confirmation that the end of a day produced."""

    id: UUID
    kind: DocumentKind
    account: str
    customer: UUID | None
    start: date
    end: date
    business_date: date
    entries: int
    sha256: str
    created_at: datetime


class DocumentPage(Struct, frozen=True, kw_only=True):
    """A page of documents and the cursor of the next page (None on the last)."""

    documents: list[DocumentSummary]
    next: str | None = None


class DocumentAccount(Struct, frozen=True, kw_only=True):
    """The account of a document, as it was called when the document was produced."""

    number: str
    name: str
    local_name: str
    currency: str
    customer: UUID | None


class DocumentLine(Struct, frozen=True, kw_only=True):
    """An entry of a statement."""

    transfer: UUID
    side: Literal["debit", "credit"]
    amount: Money
    balance: Money
    counterparty: str
    kind: str
    booked_at: datetime
    business_date: date
    value_date: date
    reference: str | None
    description: str | None


class StatementDocument(Struct, frozen=True, kw_only=True):
    """What a statement says."""

    opening: Money
    closing: Money
    debit_total: Money
    credit_total: Money
    debit_count: int
    credit_count: int
    lines: list[DocumentLine]


class ConfirmationDocument(Struct, frozen=True, kw_only=True):
    """What a balance confirmation says."""

    balance: Money
    held: Money


class DayDocument(Struct, frozen=True, kw_only=True):
    """A document as it was produced: one of ``statement`` and ``confirmation`` is there."""

    document: DocumentSummary
    account: DocumentAccount
    statement: StatementDocument | None
    confirmation: ConfirmationDocument | None
