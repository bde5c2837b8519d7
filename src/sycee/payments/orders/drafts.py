"""A payment at work: what is known of it while a command decides how far it goes.

Both a new instruction and a payment that waited become drafts, so there is one way to carry them out.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

import msgspec

from sycee.kernel.ids import cell_of
from sycee.payments.orders.new_payments import NewPayment, PaymentOutcome, Refusal
from sycee.payments.orders.records import Payment
from sycee.payments.orders.states import NUMBERS, PaymentState

Instruction: TypeAlias = NewPayment | Payment


class Draft(msgspec.Struct):
    """``passed`` are the states gone through in this command, as bits; ``refusal`` is why it went no further.

    ``own`` says whether the payee is a customer of this bank; ``credit`` is then the payee's account.
    ``supervised``: the account that pays is; such a draft goes on only once its supervisor has released it.
    """

    payment: Instruction
    place: int
    actor: str
    due_on: date
    own: bool
    customer: UUID | None = None
    credit: int | None = None
    state: PaymentState = PaymentState.APPROVED
    passed: int = 0
    rail: str | None = None
    send_at: datetime | None = None
    fee: int = 0
    fee_account: int = 0
    refusal: Refusal | None = None
    supervised: bool = False

    @property
    def cell(self) -> int:
        """The cell of the account that pays."""
        return cell_of(self.payment.debit_account)

    def goes(self, *states: PaymentState) -> None:
        """Go on through these states."""
        for state in states:
            self.passed |= 1 << NUMBERS[state]
        self.state = states[-1]

    def outcome(self) -> PaymentOutcome:
        """What became of it in this command."""
        code, detail = (self.refusal.code, self.refusal.detail) if self.refusal else (None, None)
        return PaymentOutcome(
            self.payment.id,
            self.state,
            code,
            detail,
            False,
            self.rail,
            self.fee,
            self.send_at,
            self.due_on,
        )
