"""What the bank answers about payments and rails, as typed values."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct, field

from sycee.client.records import Money
from sycee.kernel.ids import uuid7

PaymentState = Literal[
    "received",
    "validated",
    "approved",
    "stopped",
    "screened",
    "held",
    "queued",
    "sent",
    "settled",
    "rejected",
    "returned",
    "recalled",
    "cancelled",
]
Urgency = Literal["normal", "urgent"]
TermsState = Literal["proposed", "released", "rejected", "withdrawn", "expired", "failed"]


class NewPayment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An instruction to pay; its id is made here unless given. Without ``creditor_agent`` to this bank."""

    debit_account: str
    creditor_account: str
    creditor_name: str
    amount: Money
    id: UUID = field(default_factory=uuid7)
    creditor_agent: str | None = None
    purpose: str = ""
    remittance: str = ""
    end_to_end_id: str = ""
    execute_on: date | None = None
    urgency: Urgency = "normal"
    order: UUID | None = None


class SubmittedPayment(Struct, frozen=True):
    """What became of a submitted payment; ``rejected`` with a code when it was refused."""

    id: UUID
    state: PaymentState
    code: str | None = None
    detail: str | None = None
    duplicate: bool = False
    rail: str | None = None
    fee: Money | None = None
    send_at: datetime | None = None
    due_on: date | None = None

    @property
    def accepted(self) -> bool:
        """Whether it was taken."""
        return self.state != "rejected"


class SubmittedPaymentList(Struct, frozen=True):
    """One outcome for each payment, in order."""

    outcomes: list[SubmittedPayment]


class Payment(Struct, frozen=True, kw_only=True):
    """A payment as it stands; its kind is ``customer``, or ``bank`` for the bank's own money."""

    id: UUID
    kind: str
    cell: int
    state: PaymentState
    debit_account: str
    customer: UUID | None
    creditor_account: str
    creditor_name: str
    creditor_agent: str | None
    amount: Money
    purpose: str
    remittance: str
    end_to_end_id: str
    execute_on: date | None
    urgency: Urgency
    order: UUID | None
    due_on: date
    submitted_by: str
    submitted_at: datetime
    changed_at: datetime
    rail: str | None
    rail_id: str | None
    send_at: datetime | None
    fee: Money
    returned: Money
    reason_code: str | None
    reason: str | None


class PaymentPage(Struct, frozen=True):
    """A page of payments."""

    payments: list[Payment]
    next: str | None


class PaymentStep(Struct, frozen=True):
    """A step of a payment: the states it went through at an instant, by whom and why."""

    id: str
    payment: UUID
    states: list[PaymentState]
    at: datetime
    actor: str
    reason_code: str | None
    reason: str | None


class PaymentStepList(Struct, frozen=True):
    """Every step of a payment."""

    events: list[PaymentStep]


class PaymentChange(Struct, frozen=True):
    """What became of a payment that something was to be done with. Without a code, it is done."""

    payment: UUID
    state: PaymentState | None = None
    code: str | None = None
    detail: str | None = None
    again: bool = False


class PaymentChangeList(Struct, frozen=True):
    """One outcome for each payment, in order."""

    outcomes: list[PaymentChange]


class Rail(Struct, frozen=True):
    """A rail to other banks with the terms in force in a currency, as they travel."""

    rail: str
    name: str
    local_name: str
    currency: str
    valid_from: date
    terms: dict[str, Any]


class RailList(Struct, frozen=True):
    """Rails in the order in which they are taken when as good."""

    rails: list[Rail]


class RailTerms(Struct, frozen=True, kw_only=True):
    """Terms of a rail, and what became of the proposal."""

    id: UUID
    rail: str
    currency: str
    valid_from: date
    terms: dict[str, Any]
    reason: str
    state: TermsState
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    remark: str


class RailTermsPage(Struct, frozen=True):
    """A page of proposals."""

    terms: list[RailTerms]
    next: str | None


class ScreeningList(Struct, frozen=True):
    """A list of names that payments are screened against."""

    name: str
    entries: int
    loaded_by: str
    loaded_at: datetime


class ScreeningListList(Struct, frozen=True):
    """The lists that are loaded."""

    lists: list[ScreeningList]
