"""Paying as a command that may wait for approval: ``payments.submit``, a list of instructions.

What was agreed to is carried out byte for byte: the payload is the instructions, and who agrees is shown
them. Where no rule asks for others, the list is carried out at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from sycee.approvals import Approval, Facts, Line, register_command
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.kernel.money import Amount
from sycee.ledger import AccountNotFound
from sycee.payments.errors import InvalidPayment
from sycee.payments.orders.new_payments import Instructor, NewPayment, PaymentOutcome
from sycee.payments.orders.parties import Payer, look_up_payers
from sycee.payments.orders.submitting import submit_payments

SUBMIT_PAYMENTS = "payments.submit"
"""The name of the command."""

SHOWN_PAYMENTS = 50
"""How many payments of a list are shown one by one to who is to agree."""


class PaymentOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """Instructions that are to be carried out together."""

    payments: tuple[NewPayment, ...]
    all_or_nothing: bool = False


_order = msgspec.json.Decoder(PaymentOrder)
_outcomes = msgspec.json.Decoder(list[PaymentOutcome])


def payment_order(payments: Sequence[NewPayment], *, all_or_nothing: bool = False) -> bytes:
    """The payload of a list of instructions."""
    return msgspec.json.encode(PaymentOrder(tuple(payments), all_or_nothing))


def read_payment_order(payload: bytes) -> PaymentOrder:
    """The instructions of a payload."""
    return _order.decode(payload)


def order_outcomes(result: bytes) -> list[PaymentOutcome]:
    """What became of each payment when the list was carried out."""
    return _outcomes.decode(result)


async def _describe(tx: Transaction, payload: bytes) -> Facts:
    order = _order.decode(payload)
    payers = await look_up_payers(tx, order.payments)
    accounts = sorted({payment.debit_account for payment in order.payments})
    missing = [number for number in accounts if number not in payers]
    if missing:
        raise AccountNotFound(f"there is no account {missing[0]}")
    customer, cell = _whose([payers[number] for number in accounts])
    currencies = {payment.currency for payment in order.payments}
    if len(currencies) > 1:
        raise InvalidPayment("payments that may wait for approval are in one currency: send a list for each")
    (currency,) = currencies
    total = sum(payment.amount for payment in order.payments)
    return Facts(
        customer=customer,
        cell=cell,
        accounts=tuple(accounts),
        counterparties=tuple(sorted({payment.creditor_account for payment in order.payments})),
        amount=total,
        currency=currency,
        lines=(
            Line(
                f"{len(order.payments)} payments, {_text(total, currency)}",
                f"付款{len(order.payments)}笔，合计{_text(total, currency)}",
            ),
            *(_line(payment) for payment in order.payments[:SHOWN_PAYMENTS]),
        ),
    )


def _whose(payers: Sequence[Payer]) -> tuple[UUID | None, int]:
    """Whose accounts pay, and the cell of the first."""
    customers = {payer.customer for payer in payers}
    if len(customers) > 1:
        raise InvalidPayment("payments that may wait for approval come from accounts of one customer")
    return customers.pop(), payers[0].cell


def _line(payment: NewPayment) -> Line:
    amount, bank = _text(payment.amount, payment.currency), payment.creditor_agent
    to = f"{payment.creditor_name} {payment.creditor_account}"
    return Line(
        f"{amount} from {payment.debit_account} to {to}{f' at {bank}' if bank else ''}",
        f"{amount}：{payment.debit_account} → {to}{f'（{bank}）' if bank else ''}",
    )


def _text(amount: int, currency: str) -> str:
    return f"{Amount(amount, currency).text()} {currency}"


async def _execute(tx: Transaction, payload: bytes, approval: Approval) -> bytes:
    order = _order.decode(payload)
    maker = Instructor(str(approval.maker), approval.customer)
    outcomes = await submit_payments(tx, order.payments, by=maker, all_or_nothing=order.all_or_nothing)
    return msgspec.json.encode(outcomes)


register_command(
    SUBMIT_PAYMENTS,
    execute=_execute,
    describe=_describe,
    title_en="Pay",
    title_zh="付款",
    maker=Scope.PAYMENTS_WRITE,
    default=(),
)
