"""What the bank answers about direct debits, as typed values."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct, field

from sycee.client.records import Money
from sycee.kernel.ids import uuid7

DebitMandateState = Literal["proposed", "active", "suspended", "cancelled"]
DebitState = Literal[
    "waiting", "stopped", "settled", "rejected", "refused", "cancelled", "returned", "reversed"
]
DebitSide = Literal["creditor", "debtor"]


class NewDebitMandate(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A mandate that a payee proposes; its id is made here unless given."""

    credit_account: str
    debit_account: str
    reference: str
    currency: str
    id: UUID = field(default_factory=uuid7)
    recurring: bool = True
    purpose: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    per_debit: Money | None = None
    per_day: Money | None = None
    per_month: Money | None = None
    debits_most: int | None = None


class DebitMandate(Struct, frozen=True, kw_only=True):
    """A direct debit mandate as it stands."""

    id: UUID
    cell: int
    state: DebitMandateState
    creditor: UUID
    creditor_name: str
    credit_account: str
    debtor: UUID
    debit_account: str
    reference: str
    currency: str
    recurring: bool
    purpose: str
    valid_from: date
    valid_to: date | None
    per_debit: Money | None
    per_day: Money | None
    per_month: Money | None
    debits_most: int | None
    signed_on: date | None
    paper: str | None
    proposed_at: datetime
    changed_at: datetime


class DebitMandateList(Struct, frozen=True):
    """Mandates in the order in which they were asked for."""

    mandates: list[DebitMandate]


class DebitMandatePage(Struct, frozen=True):
    """A page of mandates."""

    mandates: list[DebitMandate]
    next: str | None


class DebitMandateStep(Struct, frozen=True):
    """A step of a mandate: for which side, and (of one's own side) who took it."""

    step: int
    state: DebitMandateState
    at: datetime
    side: str
    actor: str | None
    reason: str


class DebitMandateStepList(Struct, frozen=True):
    """Every step of a mandate."""

    events: list[DebitMandateStep]


class NewDirectDebit(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A debit to collect under a mandate; its id is made here unless given."""

    mandate_reference: str
    credit_account: str
    debit_account: str
    amount: Money
    id: UUID = field(default_factory=uuid7)
    due_on: date | None = None
    retry_days: int = 0
    end_to_end_id: str = ""
    remittance: str = ""


class DirectDebitOutcome(Struct, frozen=True):
    """What became of a debit; ``reason`` is ISO 20022's for the ``code``."""

    id: UUID
    state: DebitState | None = None
    code: str | None = None
    reason: str | None = None
    detail: str | None = None
    duplicate: bool = False
    due_on: date | None = None


class DirectDebitOutcomeList(Struct, frozen=True):
    """One outcome for each debit, in order."""

    outcomes: list[DirectDebitOutcome]


class DirectDebit(Struct, frozen=True, kw_only=True):
    """A direct debit as it stands."""

    id: UUID
    cell: int
    state: DebitState
    mandate: UUID
    creditor: UUID
    credit_account: str
    debtor: UUID
    debit_account: str
    amount: Money
    due_on: date
    taken_on: date
    retry_days: int
    tries: int
    code: str | None
    reason: str | None
    detail: str | None
    refund_until: date | None
    collection: UUID | None
    end_to_end_id: str
    remittance: str
    submitted_at: datetime
    changed_at: datetime


class DirectDebitPage(Struct, frozen=True):
    """A page of direct debits."""

    debits: list[DirectDebit]
    next: str | None


class DirectDebitStep(Struct, frozen=True):
    """A step of a direct debit: for which side, and (of one's own side) who took it."""

    step: int
    state: DebitState
    at: datetime
    side: str
    actor: str | None
    code: str | None
    detail: str | None


class StreamedDebitStep(DirectDebitStep, frozen=True, kw_only=True):
    """A step in the stream of direct debits, and whose it is."""

    debit: UUID
    mandate: UUID


class DirectDebitStepList(Struct, frozen=True):
    """Every step of a direct debit."""

    events: list[DirectDebitStep]


class DebitBlock(Struct, frozen=True):
    """A block of a payer on all debits of a payee."""

    id: UUID
    debtor: UUID
    creditor: UUID
    reason: str
    blocked_at: datetime
    lifted_at: datetime | None


class DebitBlockList(Struct, frozen=True):
    """The blocks that hold."""

    blocks: list[DebitBlock]


class DebitTerms(Struct, frozen=True):
    """The terms of direct debits from a day on."""

    valid_from: date
    calendar: str
    refund_days: int
    retry_days_most: int
    set_by: str
    set_at: datetime


class DebitTermsList(Struct, frozen=True):
    """All terms, those of the latest day first."""

    terms: list[DebitTerms]
