"""What the model of the books (model.py) is made of: immutable records, and the tables of its rules.

Signed sums are credits minus debits. An account is keyed by its number; the account through which a cell
stands with another, whose number the books choose, by ("between", cell, other cell, currency).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sycee.ledger import AccountStatus, NewTransfer, TransferKind

Key = int | tuple[str, int, int, str]
LARGEST_AMOUNT = 10**14
LARGEST_BALANCE = 10**18
BETWEEN_CELLS_SUBJECT = "3001"
STATUS_OF = {
    TransferKind.TRANSFER: "posted",
    TransferKind.PENDING: "pending",
    TransferKind.POST: "posted",
    TransferKind.VOID: "voided",
    TransferKind.REVERSAL: "posted",
    TransferKind.EXPIRY: "expired",
}
ALREADY = {"posted": "already_posted", "voided": "already_voided", "expired": "already_expired"}
# Nobody but the account's product.
RESTRICTED = {AccountStatus.RESTRICTED: "account_restricted"}
NO_DEBITS = {
    AccountStatus.DEBIT_BLOCKED: "debit_blocked",
    AccountStatus.FROZEN: "account_frozen",
    AccountStatus.DORMANT: "account_dormant",
    AccountStatus.CLOSED: "account_closed",
}
NO_CREDITS = {
    AccountStatus.CREDIT_BLOCKED: "credit_blocked",
    AccountStatus.FROZEN: "account_frozen",
    AccountStatus.CLOSED: "account_closed",
}


class ModelAccount(NamedTuple):
    """An account: sign 1 when credit is its normal side, -1 when debit is; floor None when there is none."""

    currency: str
    sign: int
    floor: int | None
    subject: str
    status: AccountStatus = AccountStatus.OPEN
    posted: int = 0
    pending_debits: int = 0
    pending_credits: int = 0
    entries: int = 0
    last_booked_at: datetime | None = None
    last_business_date: date | None = None
    of_product: bool = False

    @property
    def balance(self) -> int:
        """Positive on the normal side."""
        return self.sign * self.posted

    @property
    def held(self) -> int:
        """What pending transfers may take out."""
        return self.pending_debits if self.sign == 1 else self.pending_credits

    @property
    def incoming(self) -> int:
        """What pending transfers may bring."""
        return self.pending_credits if self.sign == 1 else self.pending_debits


class ModelTransfer(NamedTuple):
    """A transfer as the books took it, its accounts and amount worked out."""

    asked: NewTransfer
    debit: int
    credit: int
    amount: int
    currency: str
    business_date: date
    value_date: date
    reversed_by: UUID | None = None


class ModelHold(NamedTuple):
    """What became of a pending transfer: pending, posted, voided or expired."""

    state: str
    resolved_by: UUID | None = None


class ModelEntry(NamedTuple):
    """A transfer as one account sees it. Those of kinds pending, void and expiry move nothing."""

    id: UUID
    kind: TransferKind
    side: str
    amount: int
    balance: int
    held: int
    counterparty: Key
    business_date: date
    value_date: date
    list_number: int


class Judged(NamedTuple):
    """An outcome: status, code of a rejection, and of a duplicate the first status."""

    status: str
    code: str | None = None
    first: str | None = None


class Effect(NamedTuple):
    """What a transfer would do: take ``moved`` from debit to credit, and hold ``pending`` more (or less)."""

    debit: int
    credit: int
    amount: int
    currency: str
    moved: int
    pending: int
