"""What the bank answers with, and what is sent to it, as typed values.

Account numbers are strings of 18 digits everywhere, as on the wire. Members that a newer bank adds to
its answers are passed over, so an old program goes on working.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType, field

from sycee.kernel.ids import uuid7
from sycee.kernel.money import Amount

Side = Literal["debit", "credit"]
AccountStatus = Literal[
    "open", "debit_blocked", "credit_blocked", "frozen", "dormant", "closed", "restricted"
]
TransferKind = Literal["transfer", "pending", "post", "void", "reversal"]
OutcomeStatus = Literal["posted", "pending", "voided", "duplicate", "rejected"]


class Money(Struct, frozen=True, kw_only=True):
    """An amount as it travels: ``value`` is decimal text, never a float."""

    currency: str
    value: str

    @classmethod
    def parse(cls, text: str) -> Money:
        """Read ``"1234.56 CNY"``. Raises InvalidAmount or UnknownCurrency before anything is sent."""
        value, _, currency = text.strip().partition(" ")
        return cls.of(Amount.parse(value, currency.strip()))

    @classmethod
    def of(cls, amount: Amount) -> Money:
        """The amount as it travels."""
        return cls(currency=amount.currency, value=amount.text())

    @property
    def amount(self) -> Amount:
        """The amount as an integer of its currency's minor unit."""
        return Amount.parse(self.value, self.currency)

    @property
    def decimal(self) -> Decimal:
        """The value as a ``Decimal``, to calculate with."""
        return Decimal(self.value)

    def __str__(self) -> str:
        return f"{self.value} {self.currency}"


class NewAccount(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An account to open. ``floor`` None means no floor at all; unset means 0."""

    currency: str
    subject: str
    number: str | None = None
    cell: int | None = None
    normal_side: Side = "credit"
    floor: Money | UnsetType | None = UNSET
    name: str = ""
    local_name: str = ""
    customer: UUID | None = None


class Account(Struct, frozen=True, kw_only=True):
    """An account as it stands; its sums are on its normal side."""

    number: str
    cell: int
    currency: str
    subject: str
    normal_side: Side
    status: AccountStatus
    floor: Money | None
    balance: Money
    held: Money
    incoming: Money
    available: Money
    name: str
    local_name: str
    customer: UUID | None
    opened_on: date
    closed_on: date | None
    entries: int


class AccountPage(Struct, frozen=True, kw_only=True):
    """A page of accounts and the cursor of the next page (None on the last)."""

    accounts: list[Account]
    next: str | None = None


class NewTransfer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A transfer to post; its id is made here, so sending it twice posts it once.

    ``transfer`` and ``pending`` name debit, credit and amount; ``post``, ``void`` and ``reversal`` name a
    target. ``linked`` chains it to the next transfer of the list: all of a chain happen, or none.
    """

    id: UUID = field(default_factory=uuid7)
    kind: TransferKind = "transfer"
    debit: str | None = None
    credit: str | None = None
    amount: Money | None = None
    target: UUID | None = None
    linked: bool = False
    value_date: date | None = None
    expires_at: datetime | None = None
    reference: str | None = None
    description: str | None = None


class Outcome(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one transfer; ``code`` and ``detail`` say why it was rejected."""

    id: UUID
    status: OutcomeStatus
    code: str | None = None
    detail: str | None = None
    first: Literal["posted", "pending", "voided"] | None = None

    @property
    def accepted(self) -> bool:
        """Whether the books carry the transfer, from now or from before."""
        return self.status != "rejected"


class Transfer(Struct, frozen=True, kw_only=True):
    """A transfer as the books have it."""

    id: UUID
    kind: str
    state: str
    debit: str
    credit: str
    amount: Money
    target: UUID | None
    resolved_by: UUID | None
    booked_at: datetime
    business_date: date
    value_date: date
    expires_at: datetime | None
    reference: str | None
    description: str | None
    cell: int
    position: int
    batch: int | None


class Entry(Struct, frozen=True, kw_only=True):
    """One line on an account: one side of a transfer, with the balance after it."""

    transfer: UUID
    position: int
    side: Side
    amount: Money
    balance: Money
    counterparty: str
    kind: str
    booked_at: datetime
    business_date: date
    value_date: date
    reference: str | None
    description: str | None


class EntryPage(Struct, frozen=True, kw_only=True):
    """A page of entries and the cursor of the next page (None on the last)."""

    entries: list[Entry]
    next: str | None = None


class Balance(Struct, frozen=True, kw_only=True):
    """A balance now, at a past instant, or at the end of a business date."""

    number: str
    balance: Money
    held: Money
    available: Money
    at: str | None
    as_of: Literal["now", "instant", "business_date"]


class Statement(Struct, frozen=True, kw_only=True):
    """What happened on an account between two business dates, both included."""

    account: Account
    start: date
    end: date
    opening: Money
    closing: Money
    debit_total: Money
    credit_total: Money
    debit_count: int
    credit_count: int
    entries: list[Entry]


class TrialBalanceLine(Struct, frozen=True, kw_only=True):
    """One subject in one currency; one of the two sides is zero."""

    subject: str
    currency: str
    debit: Money
    credit: Money


class TrialBalanceTotal(Struct, frozen=True, kw_only=True):
    """Both sides of one currency."""

    currency: str
    debit: Money
    credit: Money
    balanced: bool


class TrialBalance(Struct, frozen=True, kw_only=True):
    """Every subject's balance and the totals by currency."""

    on: date | None
    cell: int | None
    lines: list[TrialBalanceLine]
    totals: list[TrialBalanceTotal]


class Cell(Struct, frozen=True, kw_only=True):
    """A cell and the business date it stands at."""

    cell: int
    name: str
    business_date: date


class PaymentOutcome(Struct, frozen=True, kw_only=True):
    """What became of one payment of a file; ``status`` is ACSC or RJCT."""

    end_to_end_id: str
    transfer: UUID | None
    debtor: str | None
    creditor: str | None
    amount: Money
    status: str
    code: str | None
    detail: str | None


class PaymentFile(Struct, frozen=True, kw_only=True):
    """A payment file that the bank received; ``status`` is ACSC, PART or RJCT.

    ``duplicate`` when this very file was received before: nothing was paid again.
    """

    id: UUID
    message_id: str
    format: str
    status: str
    received_at: datetime
    payment_count: int
    accepted_count: int
    rejected_count: int
    payments: list[PaymentOutcome]
    duplicate: bool = False


class DatabaseState(Struct, frozen=True, kw_only=True):
    """Whether the bank's database answers."""

    state: str
    migration: str | None = None


class Health(Struct, frozen=True, kw_only=True):
    """Whether the bank can serve."""

    status: str
    version: str
    database: DatabaseState


class AccountList(Struct, frozen=True, kw_only=True):
    """The accounts that were opened, in order."""

    accounts: list[Account]


class OutcomeList(Struct, frozen=True, kw_only=True):
    """An outcome for each transfer, in order."""

    outcomes: list[Outcome]


class CellList(Struct, frozen=True, kw_only=True):
    """Every cell of the bank."""

    cells: list[Cell]
