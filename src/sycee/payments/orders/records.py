"""A payment as it is kept, and the statements that read it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from sycee.database import Transaction, UuidArray
from sycee.payments.orders.new_payments import NewPayment, PaymentKind, PaymentOutcome, Urgency
from sycee.payments.orders.states import STATES, PaymentState

COLUMNS = (
    "id, cell, state, debit, amount, currency, customer, creditor_account, creditor_name, creditor_agent,"
    " purpose, remittance, end_to_end_id, execute_on, urgent, order_id, due_on, submitted_by, submitted_at,"
    " changed_at, credit, rail, send_at, fee, message_id, rail_id, returned, reason_code, reason, kind"
)
"""The columns of ``payments`` in the order in which ``payment_of`` takes them apart."""


class Payment(msgspec.Struct, frozen=True):
    """A payment as it stands. The transfer that pays it, or holds its funds, has its id.

    Amounts are minor units. ``credit`` is the account credited: the payee's with this bank, or the clearing
    account of the ``rail``. ``rail_id`` is what the rail knows it by, ``message_id`` the message it went
    in. ``returned`` is how much came back. ``reason_code`` and ``reason`` say why it is in this state, when
    that needs a reason.
    """

    id: UUID
    cell: int
    state: PaymentState
    debit_account: int
    amount: int
    currency: str
    customer: UUID | None
    creditor_account: str
    creditor_name: str
    creditor_agent: str | None
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
    credit: int | None
    rail: str | None
    send_at: datetime | None
    fee: int
    message_id: str | None
    rail_id: str | None
    returned: int
    reason_code: str | None
    reason: str | None
    kind: PaymentKind = PaymentKind.CUSTOMER

    def says(self, new: NewPayment) -> bool:
        """Whether an instruction is this payment's."""
        return (
            self.debit_account,
            self.creditor_account,
            self.creditor_name,
            self.amount,
            self.currency,
            self.creditor_agent,
            self.purpose,
            self.remittance,
            self.end_to_end_id,
            self.execute_on,
            self.urgency,
            self.order,
            self.kind,
        ) == (
            new.debit_account,
            new.creditor_account,
            new.creditor_name,
            new.amount,
            new.currency,
            new.creditor_agent,
            new.purpose,
            new.remittance,
            new.end_to_end_id,
            new.execute_on,
            new.urgency,
            new.order,
            new.kind,
        )

    def outcome(self, *, duplicate: bool = False) -> PaymentOutcome:
        """How it stands, as an outcome."""
        return PaymentOutcome(
            self.id,
            self.state,
            self.reason_code,
            self.reason,
            duplicate,
            self.rail,
            self.fee,
            self.send_at,
            self.due_on,
        )


def payment_of(row: Sequence[Any]) -> Payment:
    """A payment from its row."""
    id, cell, state, *rest = row
    rest[11] = Urgency.URGENT if rest[11] else Urgency.NORMAL
    rest[-1] = PaymentKind(rest[-1])
    return Payment(id, cell, STATES[state], *rest)


async def read_payments(tx: Transaction, ids: Sequence[UUID], *, lock: bool = False) -> dict[UUID, Payment]:
    """The payments of these ids that there are; with ``lock`` nobody else moves them until the commit."""
    query = f"SELECT {COLUMNS} FROM payments WHERE id = ANY(%b) ORDER BY cell, id"  # noqa: S608 - our names
    if lock:
        query += " FOR NO KEY UPDATE"
    cursor = await tx.execute(query.encode(), (UuidArray(list(ids)),))
    found = [payment_of(row) for row in await cursor.fetchall()]
    return {payment.id: payment for payment in found}
