"""The ends of days on the wire: runs, steps, what failed, and the documents that were produced."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from sycee.api.schemas.common import AccountNumber, Cell, CurrencyCode, Money, Wire

Kind = Literal["statement", "balance_confirmation"]


class NewEndOfDay(Wire):
    """A day to close."""

    business_date: Annotated[
        date,
        Meta(description="The day to close; with the same day again the run is answered as it is."),
    ]
    next_date: Annotated[
        date | None,
        Meta(description="The business date that follows; the next of `calendar` when absent."),
    ] = None
    calendar: Annotated[
        Annotated[str, Meta(max_length=40)] | None,
        Meta(description="Whose next business day follows. When absent: the next calendar day."),
    ] = None
    check: Annotated[bool, Meta(description="Whether to prove the books at the end.")] = False
    retry: Annotated[
        bool, Meta(description="Whether to run those steps again in which something failed.")
    ] = False


class EndOfDayStep(Wire):
    """A step of a run."""

    step: Annotated[str, Meta(description="Its name.", examples=["accrue"])]
    title: Annotated[str, Meta(description="What it does, in English.")]
    local_title: Annotated[str, Meta(description="What it does, in Chinese.")]
    state: Literal["waiting", "running", "failed", "done"]
    attempt: Annotated[int, Meta(description="How many times it was started.")]
    done: Annotated[int, Meta(description="Accounts (or what else it goes through) that are done.")]
    total: Annotated[int | None, Meta(description="How many there are; null as long as nobody knows.")]
    failed: Annotated[int, Meta(description="How many of them failed.")]
    code: Annotated[str | None, Meta(description="Why it failed as a whole, for programs.")]
    reason: Annotated[str | None, Meta(description="Why it failed as a whole, for people.")]
    started_at: datetime | None
    finished_at: datetime | None


class EndOfDay(Wire):
    """The end of a business date of a cell."""

    cell: Cell
    business_date: date
    next_date: Annotated[
        date, Meta(description="Interest days are those from one to the day before the other.")
    ]
    state: Annotated[
        Literal["running", "interrupted", "stopped", "finished"],
        Meta(
            description="`interrupted`: no process works on it; `stopped`: a step failed as a whole. "
            "Both go on when the day is closed again."
        ),
    ]
    attempt: Annotated[int, Meta(description="How many times a process took it up.")]
    started_by: Annotated[str, Meta(description="Id of the token that began it, or `schedule`.")]
    started_at: datetime
    finished_at: datetime | None
    failed: Annotated[int, Meta(description="How much failed, over all steps.")]
    steps: list[EndOfDayStep]


class EndOfDayPage(Wire):
    """A page of runs, newest first."""

    ends_of_day: list[EndOfDay]
    next: Annotated[str | None, Meta(description="Cursor of the next page; null on the last.")]


class EndOfDayFailure(Wire):
    """What failed, why, and what to do."""

    step: str
    round: Annotated[int, Meta(description="1 in the run itself, more when it was tried again.")]
    account: Annotated[AccountNumber | None, Meta(description="Null when it is about no single account.")]
    code: str
    reason: str
    advice: Annotated[str, Meta(description="What to do about it.")]
    failed_at: datetime


class EndOfDayFailurePage(Wire):
    """A page of what failed, in the order of the steps."""

    failures: list[EndOfDayFailure]
    next: Annotated[str | None, Meta(description="Cursor of the next page; null on the last.")]


class DocumentSummary(Wire):
    """A document that the end of a day produced."""

    id: UUID
    kind: Kind
    account: AccountNumber
    customer: UUID | None
    start: date
    end: date
    business_date: Annotated[date, Meta(description="The day whose end produced it.")]
    entries: Annotated[int, Meta(description="How many entries a statement has.")]
    sha256: Annotated[str, Meta(description="Of the document as it was produced, in hexadecimal digits.")]
    created_at: datetime


class DocumentPage(Wire):
    """A page of documents."""

    documents: list[DocumentSummary]
    next: Annotated[str | None, Meta(description="Cursor of the next page; null on the last.")]


class DocumentAccount(Wire):
    """The account of a document, as it was called when the document was produced."""

    number: AccountNumber
    name: str
    local_name: str
    currency: CurrencyCode
    customer: UUID | None


class DocumentLine(Wire):
    """An entry of a statement."""

    transfer: UUID
    side: Literal["debit", "credit"]
    amount: Money
    balance: Money
    counterparty: AccountNumber
    kind: str
    booked_at: datetime
    business_date: date
    value_date: date
    reference: str | None
    description: str | None


class StatementDocument(Wire):
    """What a statement says."""

    opening: Money
    closing: Money
    debit_total: Money
    credit_total: Money
    debit_count: int
    credit_count: int
    lines: list[DocumentLine]


class ConfirmationDocument(Wire):
    """What a balance confirmation says: the balance at the end of its day, and what was held of it."""

    balance: Money
    held: Money


class Document(Wire):
    """A document as it was produced: a statement or a balance confirmation."""

    document: DocumentSummary
    account: DocumentAccount
    statement: StatementDocument | None
    confirmation: ConfirmationDocument | None
