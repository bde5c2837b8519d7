"""What became of a payment file: the file, its batches, and an outcome per instruction.

Statuses are ISO 20022's: ACSC settled, RJCT rejected, PART for a file or batch with both.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from sycee.payments.iso20022 import Fault, ReportStatus


class InstructionOutcome(msgspec.Struct, frozen=True):
    """What became of one instruction.

    debtor and creditor are the accounts as the file names them, debit and credit the account
    numbers they were found to be, None when not found. amount is the file's text.
    transfer is what was posted, and fault why nothing was: exactly one of them is there.
    """

    position: int
    batch: int
    end_to_end_id: str
    debtor: str
    creditor: str
    currency: str
    amount: str
    status: ReportStatus
    instruction_id: str | None = None
    uetr: UUID | None = None
    transfer: UUID | None = None
    creditor_name: str | None = None
    debit: int | None = None
    credit: int | None = None
    remittance: str = ""
    fault: Fault | None = None


class BatchOutcome(msgspec.Struct, frozen=True):
    """What became of one payment information block; counted and summed are what was found in it."""

    id: str
    status: ReportStatus
    counted: int
    summed: Decimal
    debtor: str
    debtor_name: str | None = None
    execution_date: date | None = None
    fault: Fault | None = None


class PaymentFileResult(msgspec.Struct, frozen=True):
    """What became of a payment file.

    message is its kind (``pain.001.001.09``), message_id the sender's id of it; created_at is
    the sender's text, received_at this bank's instant. announced and control_sum are what its
    header says. duplicate is True when this very file had been received before: nothing was
    paid again, and the rest is the first result.
    """

    id: UUID
    cell: int
    message: str
    message_id: str
    initiating_party: str
    created_at: str
    received_at: datetime
    digest: bytes
    announced: int
    status: ReportStatus
    batches: tuple[BatchOutcome, ...]
    outcomes: tuple[InstructionOutcome, ...]
    control_sum: Decimal | None = None
    fault: Fault | None = None
    duplicate: bool = False

    def settled(self) -> int:
        """How many instructions were paid."""
        return sum(outcome.status == ReportStatus.SETTLED for outcome in self.outcomes)

    def rejected(self) -> int:
        """How many instructions were refused."""
        return len(self.outcomes) - self.settled()
