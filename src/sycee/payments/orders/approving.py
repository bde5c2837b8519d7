"""Paying as a command that may wait for approval: ``payments.submit``, a list of payments or a bulk order.

What was agreed to is carried out byte for byte: the payload is the instructions, and who agrees is shown
them; of a bulk order it is the digest of its file. Where no rule asks for others, it is carried out at once.
Both are one command, so that no rule about paying is evaded by sending a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from sycee.approvals import Approval, Facts, Line, register_command
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.kernel.money import MAX_MINOR, Amount
from sycee.ledger import AccountNotFound, customers_of_accounts
from sycee.payments.bulk.records import (
    BulkItem,
    BulkOrder,
    BulkState,
    bulk_creditors,
    bulk_items,
    bulk_order,
    bulk_totals,
    reject_bulk_order,
    start_bulk_order,
)
from sycee.payments.errors import InvalidPayment
from sycee.payments.iso20022 import Fault, reason_of
from sycee.payments.orders.new_payments import Instructor, NewPayment, PaymentOutcome
from sycee.payments.orders.parties import Payer, look_up_payers
from sycee.payments.orders.reading import SALARY
from sycee.payments.orders.submitting import submit_payments
from sycee.payments.orders.transfer_ids import follow_up

SUBMIT_PAYMENTS = "payments.submit"
"""The name of the command."""

SHOWN_PAYMENTS = 50
"""How many payments of a list are shown one by one to who is to agree."""


class BulkFile(msgspec.Struct, frozen=True):
    """A bulk order that was taken in, and the SHA-256 of its file, in hexadecimal."""

    order: UUID
    digest: str


class PaymentOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """Instructions that are to be carried out together; or a bulk order that is to be."""

    payments: tuple[NewPayment, ...]
    all_or_nothing: bool = False
    bulk: BulkFile | None = None


_order = msgspec.json.Decoder(PaymentOrder)
_outcomes = msgspec.json.Decoder(list[PaymentOutcome])


def payment_order(payments: Sequence[NewPayment], *, all_or_nothing: bool = False) -> bytes:
    """The payload of a list of instructions."""
    return msgspec.json.encode(PaymentOrder(tuple(payments), all_or_nothing))


def bulk_payload(order: BulkOrder) -> bytes:
    """The payload of a bulk order."""
    bulk = BulkFile(order.id, order.digest.hex())
    return msgspec.json.encode(PaymentOrder((), order.all_or_nothing, bulk))


def bulk_approval_id(order: BulkOrder, maker: UUID) -> UUID:
    """Under which id somebody asks for a bulk order: once, however often it is said."""
    return follow_up(order.id, f"approval:{maker}")


def pays_single_salaries(payload: bytes) -> bool:
    """Whether a payload names single salaries, which are not everybody's to see."""
    return any(payment.purpose == SALARY for payment in _order.decode(payload).payments)


def read_payment_order(payload: bytes) -> PaymentOrder:
    """The instructions of a payload."""
    return _order.decode(payload)


def order_outcomes(result: bytes) -> list[PaymentOutcome]:
    """What became of each payment when the list was carried out."""
    return _outcomes.decode(result)


async def _describe(tx: Transaction, payload: bytes) -> Facts:
    order = _order.decode(payload)
    if order.bulk is not None:
        return await _describe_bulk(tx, await _bulk_order(tx, order.bulk))
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
    # Single salaries are not for everybody who may agree to them.
    shown = [payment for payment in order.payments if payment.purpose != SALARY]
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
            *(_line(payment) for payment in shown[:SHOWN_PAYMENTS]),
        ),
    )


async def _bulk_order(tx: Transaction, bulk: BulkFile, *, lock: bool = False) -> BulkOrder:
    order = await bulk_order(tx, bulk.order, lock=lock)
    if order.digest.hex() != bulk.digest:
        raise InvalidPayment(f"bulk order {order.id} was made of another file")
    return order


async def _describe_bulk(tx: Transaction, order: BulkOrder) -> Facts:
    totals = await bulk_totals(tx, order)
    if len({currency for _, currency, _ in totals}) > 1:
        raise InvalidPayment(
            "bulk orders that may wait for approval are in one currency: send a file for each"
        )
    if not totals:
        raise InvalidPayment(f"bulk order {order.id} holds nothing that could be paid")
    accounts = [account for account, _, _ in totals]
    owners = await customers_of_accounts(tx, accounts)
    if len({owners.get(account) for account in accounts}) > 1:
        raise InvalidPayment("bulk orders that may wait for approval pay from accounts of one customer")
    currency, total = totals[0][1], min(sum(total for _, _, total in totals), MAX_MINOR)
    shown = _text(total, currency)
    lines = [
        Line(
            f"File {order.message_id}: {order.counted} payments, {shown}",
            f"文件{order.message_id}：付款{order.counted}笔，合计{shown}",
        )
    ]
    if not order.confidential:  # single salaries are not for everybody who may agree to them
        found = await bulk_items(tx, order, limit=SHOWN_PAYMENTS)
        lines += [_bulk_line(item) for item in found]
    return Facts(
        customer=owners.get(accounts[0]),
        cell=order.cell,
        accounts=tuple(accounts),
        counterparties=tuple(await bulk_creditors(tx, order)),
        amount=total,
        currency=currency,
        lines=tuple(lines),
    )


def _bulk_line(item: BulkItem) -> Line:
    amount, bank = f"{item.amount} {item.currency}", item.creditor_agent
    to = f"{item.creditor_name} {item.creditor}"
    return Line(
        f"{amount} from {item.debtor} to {to}{f' at {bank}' if bank else ''}",
        f"{amount}：{item.debtor} → {to}{f'（{bank}）' if bank else ''}",
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
    if order.bulk is not None:
        # Started in this transaction; the items are paid in many that follow (bulk/paying.py).
        found = await _bulk_order(tx, order.bulk, lock=True)
        if found.state is BulkState.REJECTED:  # somebody else had asked for it too, and was turned down
            raise InvalidPayment(f"bulk order {found.id} was turned down: send another file")
        await start_bulk_order(tx, order.bulk.order)
        return b"[]"
    maker = Instructor(str(approval.maker), approval.customer)
    outcomes = await submit_payments(tx, order.payments, by=maker, all_or_nothing=order.all_or_nothing)
    return msgspec.json.encode(outcomes)


async def _ended(tx: Transaction, approval: Approval, _by: UUID | None) -> None:
    """Nobody else can agree to a bulk order that was turned down: it is over, and its sender is told why.

    Payments that are not in a bulk order are not kept before they are agreed to.
    """
    order = _order.decode(approval.payload)
    if order.bulk is not None:
        code = f"approval_{approval.state}"
        detail = approval.reason or f"the request to pay it was {approval.state}"
        await reject_bulk_order(tx, order.bulk.order, Fault(reason_of(code), code, detail))


register_command(
    SUBMIT_PAYMENTS,
    ended=_ended,
    execute=_execute,
    describe=_describe,
    title_en="Pay",
    title_zh="付款",
    maker=Scope.PAYMENTS_WRITE,
    default=(),
)
