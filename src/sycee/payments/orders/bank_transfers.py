"""Transfers of the bank's own money to another bank: a treasurer asks, somebody else agrees, HVPS carries it.

Such a transfer is a payment of another kind: it is screened, held, sent, settled, rejected, returned and
recalled as any other, and reconciled with the rail. It is never a customer's, costs no fee, and travels as a
financial institution credit transfer (pacs.009).
"""

from __future__ import annotations

from uuid import UUID

import msgspec

from sycee.approvals import ONE_OTHER, Approval, Facts, Line, register_command
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.kernel.ids import cell_of
from sycee.kernel.money import Amount
from sycee.payments.errors import InvalidPayment
from sycee.payments.orders.new_payments import (
    Instructor,
    NewPayment,
    PaymentKind,
    PaymentOutcome,
    Urgency,
    refusal_of,
)
from sycee.payments.orders.parties import look_up_accounts
from sycee.payments.orders.submitting import submit_payments
from sycee.payments.orders.transfer_ids import follow_up

BANK_TRANSFER = "payments.bank_transfer"
"""The name of the command."""


class BankTransfer(msgspec.Struct, frozen=True, kw_only=True):
    """Move liquidity: an amount in minor units from an account of this bank's own to another bank.

    ``bank`` is the other bank's code (12 digits of CNAPS, or a BIC), ``bank_name`` its name, by which it is
    screened. ``id`` is made by whoever asks, once.
    """

    id: UUID
    debit_account: int
    bank: str
    bank_name: str
    amount: int
    currency: str
    end_to_end_id: str = ""
    remittance: str = ""

    def payment(self) -> NewPayment:
        """The payment that it is; its payee is the other bank."""
        return NewPayment(
            id=self.id,
            debit_account=self.debit_account,
            creditor_account=self.bank,
            creditor_name=self.bank_name,
            creditor_agent=self.bank,
            amount=self.amount,
            currency=self.currency,
            end_to_end_id=self.end_to_end_id,
            remittance=self.remittance,
            urgency=Urgency.URGENT,
            kind=PaymentKind.BANK,
        )


_transfer = msgspec.json.Decoder(BankTransfer)


def bank_transfer(transfer: BankTransfer) -> bytes:
    """The payload of a transfer that is asked for."""
    return msgspec.json.encode(transfer)


def bank_transfer_approval_id(transfer: UUID, maker: UUID) -> UUID:
    """Under which id somebody asks for a transfer: once, however often it is said."""
    return follow_up(transfer, f"bank transfer:{maker}")


def bank_transfer_outcome(result: bytes) -> PaymentOutcome:
    """What became of a transfer that was agreed to, from the result of its approval."""
    return msgspec.json.decode(result, type=PaymentOutcome)


async def _describe(tx: Transaction, payload: bytes) -> Facts:
    """What it is about. Raises InvalidPayment for one that could never be done."""
    wanted = _transfer.decode(payload)
    refusal = refusal_of(wanted.payment())
    if refusal is not None:
        raise InvalidPayment(f"{refusal.code}: {refusal.detail}")
    payer = (await look_up_accounts(tx, [wanted.debit_account])).get(wanted.debit_account)
    if payer is None or payer.customer is not None:
        raise InvalidPayment(
            f"{wanted.debit_account} is no account of the bank's own: a bank transfer moves the bank's money"
        )
    amount = Amount(wanted.amount, wanted.currency).text()
    return Facts(
        customer=None,
        cell=cell_of(wanted.debit_account),
        accounts=(wanted.debit_account,),
        counterparties=(wanted.bank,),
        amount=wanted.amount,
        currency=wanted.currency,
        lines=(
            Line(
                f"Transfer {amount} {wanted.currency} from {wanted.debit_account} to {wanted.bank_name}"
                f" ({wanted.bank}) by HVPS",
                f"经大额支付系统由{wanted.debit_account}向{wanted.bank_name}（{wanted.bank}）"
                f"调拨 {amount} {wanted.currency}",
            ),
        ),
    )


async def _execute(tx: Transaction, payload: bytes, approval: Approval) -> bytes:
    wanted = _transfer.decode(payload)
    (outcome,) = await submit_payments(tx, [wanted.payment()], by=Instructor(str(approval.maker)))
    if outcome.code is not None and outcome.state == "rejected":
        raise InvalidPayment(f"{outcome.code}: {outcome.detail}")
    return msgspec.json.encode(outcome)


register_command(
    BANK_TRANSFER,
    execute=_execute,
    describe=_describe,
    title_en="Transfer to another bank",
    title_zh="同业资金调拨",
    maker=Scope.PAYMENTS_OPERATE,
    default=ONE_OTHER,
    least=1,
)
