"""What goes out to a rail: payments (pacs.008, 009), returns (pacs.004), recalls (camt.056), enquiries.

Every message is written in the transaction that moves what is in it, so that one is never without the
other. The ids in it follow from the payments, so that the rail can tell a payment that it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from sycee.database import Transaction
from sycee.kernel import clock, tracing
from sycee.kernel.ids import uuid7
from sycee.kernel.money import Amount
from sycee.payments.iso20022 import AccountReference, Party, UnwritableMessage, is_iban
from sycee.payments.iso20022.interbank import (
    BankPayment,
    BankPayments,
    Enquiries,
    Enquiry,
    Interbank,
    Original,
    Payment,
    Payments,
    Recall,
    Recalls,
    Return,
    Returns,
    message_of,
    write_interbank,
)
from sycee.payments.orders.new_payments import PaymentKind
from sycee.payments.orders.records import Payment as Instructed
from sycee.payments.orders.returning import mark_recalls_sent, recalls_to_send
from sycee.payments.orders.sending import (
    OutgoingPayment,
    RejectedByRail,
    Sent,
    mark_sent,
    payments_to_send,
    reject_payments,
)
from sycee.payments.rails.connections import OPERATOR, RailConnection, agent
from sycee.payments.rails.items import (
    BANKS_MESSAGE,
    CUSTOMERS_MESSAGE,
    RETURNS_MESSAGE,
    Item,
    item_of,
    uetr_of,
    write_items,
)
from sycee.payments.rails.outbox import Letter, Pace, told_of, write_letter
from sycee.payments.routing.terms import ZONE

BATCH = 500
"""Most payments, returns or questions in one message."""

ACTOR = "rail"
_NOT_PROVIDED = "NOTPROVIDED"  # as ISO 20022 says where an end-to-end id is due and there is none
_LINE, _CODE = 140, 4
_NARRATIVE = "NARR"


def new_message_id(kind: str) -> str:
    """A message id of ours: a letter for the kind, and a UUID."""
    return f"{kind}{uuid7().hex}"


def letter(message: Interbank) -> Letter:
    """A message as it travels. Raises UnwritableMessage."""
    return Letter(message.message_id, message_of(message), write_interbank(message))


async def write_payments(tx: Transaction, connection: RailConnection, limit: int = BATCH) -> int:
    """Send payments that the rail takes now: a message for each kind and currency. How many payments."""
    found = await payments_to_send(tx, connection.rail, limit)
    found.sort(key=_together)
    for _, group in groupby(found, key=_together):
        await _write_group(tx, connection, list(group))
    return len(found)


def _together(outgoing: OutgoingPayment) -> tuple[str, str]:
    """What goes in one message: payments of a kind in a currency."""
    return str(outgoing.payment.kind), outgoing.payment.currency


async def _write_group(tx: Transaction, connection: RailConnection, group: list[OutgoingPayment]) -> None:
    try:
        written = letter(_message(connection, group))
    except UnwritableMessage as problem:
        if len(group) == 1:  # it cannot be said in a message, so it cannot be sent
            told = RejectedByRail(
                payment=group[0].payment.id,
                message_id="",
                reason_code=_NARRATIVE,
                text=f"it cannot be written as a message: {problem.detail}",
            )
            await reject_payments(tx, [told], actor=ACTOR)
            return
        for outgoing in group:
            await _write_group(tx, connection, [outgoing])
        return
    with tracing.span("rail message written", kind="producer", attributes=told_of(connection.rail, written)):
        tracing.mark("sycee.payment_ids", (one.payment.id for one in group))
        await write_letter(tx, connection.rail, written)
        sent = [
            Sent(payment=one.payment.id, message_id=written.message_id, rail_id=str(uetr_of(one.payment.id)))
            for one in group
        ]
        outcomes = await mark_sent(tx, sent, actor=ACTOR)
        assert all(outcome.code is None for outcome in outcomes), "they were held for this transaction"
        await write_items(tx, [_item(connection, written.message_id, outgoing) for outgoing in group])


def _message(connection: RailConnection, group: Sequence[OutgoingPayment]) -> Payments | BankPayments:
    now = clock.now()
    head: dict[str, Any] = {
        "message_id": new_message_id("P"),
        "created_at": now,
        "sender": connection.us,
        "receiver": OPERATOR,
        "rail": connection.rail,
        "settlement_date": now.astimezone(ZONE).date(),
    }
    if group[0].payment.kind is PaymentKind.BANK:
        return BankPayments(
            **head, items=tuple(_bank_payment(connection, outgoing.payment) for outgoing in group)
        )
    return Payments(**head, items=tuple(_payment(connection, outgoing) for outgoing in group))


def _bank_payment(connection: RailConnection, payment: Instructed) -> BankPayment:
    assert payment.creditor_agent is not None, "only payments to other banks go by a rail"
    return BankPayment(
        end_to_end_id=payment.end_to_end_id or _NOT_PROVIDED,
        transaction_id=payment.id.hex,
        uetr=uetr_of(payment.id),
        amount=Amount(payment.amount, payment.currency),
        debtor=connection.us,
        creditor=agent(payment.creditor_agent),
        priority="HIGH" if payment.urgency == "urgent" else None,
        remittance=_lines(payment.remittance),
    )


def _payment(connection: RailConnection, outgoing: OutgoingPayment) -> Payment:
    payment = outgoing.payment
    assert payment.creditor_agent is not None, "only payments to other banks go by a rail"
    code = payment.purpose if len(payment.purpose) <= _CODE else ""
    return Payment(
        end_to_end_id=payment.end_to_end_id or _NOT_PROVIDED,
        transaction_id=payment.id.hex,
        uetr=uetr_of(payment.id),
        amount=Amount(payment.amount, payment.currency),
        debtor=Party(outgoing.debtor_local_name or outgoing.debtor_name or None),
        debtor_account=AccountReference(other=str(payment.debit_account)),
        debtor_agent=connection.us,
        creditor=Party(payment.creditor_name),
        creditor_account=_account(payment.creditor_account),
        creditor_agent=agent(payment.creditor_agent),
        priority="HIGH" if payment.urgency == "urgent" else None,
        purpose=code or None,
        purpose_text=payment.purpose if payment.purpose and not code else None,
        remittance=_lines(payment.remittance),
    )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(text[at : at + _LINE] for at in range(0, len(text), _LINE))


def _asked_by(payment: Instructed) -> str:
    """The name of the message that a payment goes in."""
    return BANKS_MESSAGE if payment.kind is PaymentKind.BANK else CUSTOMERS_MESSAGE


def _account(text: str) -> AccountReference:
    """An account with another bank, as messages name it: by its IBAN, or else by the bank's own number."""
    compact = text.replace(" ", "")
    return AccountReference(iban=compact) if is_iban(compact) else AccountReference(other=text)


def _item(connection: RailConnection, message_id: str, outgoing: OutgoingPayment) -> Item:
    payment = outgoing.payment
    return Item(
        cell=payment.cell,
        rail=connection.rail,
        uetr=uetr_of(payment.id),
        what="payment",
        item_id=payment.id.hex,
        payment=payment.id,
        message_id=message_id,
        end_to_end_id=payment.end_to_end_id or _NOT_PROVIDED,
        amount=payment.amount,
        currency=payment.currency,
        state="sent",
        message=_asked_by(payment),
    )


async def write_recalls(tx: Transaction, connection: RailConnection, limit: int = BATCH) -> int:
    """Ask for the payments back that the bank's people want back. How many."""
    found = await recalls_to_send(tx, connection.rail, limit)
    if not found:
        return 0
    message = Recalls(
        message_id=new_message_id("C"),
        created_at=clock.now(),
        sender=connection.us,
        receiver=OPERATOR,
        items=tuple(
            Recall(
                id=recall.id.hex,
                original=Original(
                    payment.message_id,
                    _asked_by(payment),
                    payment.end_to_end_id or _NOT_PROVIDED,
                    payment.id.hex,
                    uetr_of(payment.id),
                ),
                amount=Amount(payment.amount, payment.currency),
                reason=recall.reason_code[:_CODE] or None,
            )
            for recall, payment in found
        ),
    )
    await write_letter(tx, connection.rail, letter(message))
    await mark_recalls_sent(tx, [(payment.id, message.message_id) for _, payment in found])
    return len(found)


async def write_enquiries(tx: Transaction, connection: RailConnection, pace: Pace, limit: int = BATCH) -> int:
    """Ask what became of items whose message the rail has, and which it has not answered. How many."""
    columns = ", ".join(f"i.{name}" for name in Item.__struct_fields__)
    cursor = await tx.execute(
        f"SELECT {columns} FROM rail_items i JOIN rail_messages m ON m.rail = i.rail AND m.outgoing"  # noqa: S608
        " AND m.message_id = i.message_id WHERE i.rail = %s AND i.state = 'sent' AND m.state = 'done'"
        " AND greatest(m.done_at, i.enquired_at) <= clock_timestamp() - make_interval(secs => %s)"
        " ORDER BY i.message_id LIMIT %s FOR UPDATE OF i SKIP LOCKED".encode(),
        (connection.rail, pace.enquire_s, limit),
    )
    found = [item_of(row) for row in await cursor.fetchall()]
    if not found:
        return 0
    message = Enquiries(
        message_id=new_message_id("E"),
        created_at=clock.now(),
        sender=connection.us,
        receiver=OPERATOR,
        items=tuple(Enquiry(uuid7().hex, original_of(item)) for item in found),
    )
    await write_letter(tx, connection.rail, letter(message))
    await tx.execute(
        "UPDATE rail_items SET enquired_at = clock_timestamp() WHERE rail = %s AND uetr = ANY(%s)"
        " AND state = 'sent'",
        (connection.rail, [item.uetr for item in found]),
    )
    return len(found)


def original_of(item: Item) -> Original:
    """How a message names what we sent."""
    return Original(item.message_id, item.message, item.end_to_end_id, item.item_id, item.uetr)


async def write_return(
    tx: Transaction, connection: RailConnection, incoming: Item, *, reason: str, text: str
) -> Item:
    """Send an incoming payment back in full; the return, which is on its way then."""
    item = Item(
        cell=incoming.cell,
        rail=connection.rail,
        uetr=incoming.uetr,
        what="return_out",
        item_id=f"R{incoming.uetr.hex}",
        payment=incoming.payment,
        message_id=new_message_id("R"),
        end_to_end_id=incoming.end_to_end_id,
        amount=incoming.amount,
        currency=incoming.currency,
        state="sent",
        message=RETURNS_MESSAGE,
    )
    now = clock.now()
    amount = Amount(incoming.amount, incoming.currency)
    message = Returns(
        message_id=item.message_id,
        created_at=now,
        sender=connection.us,
        receiver=OPERATOR,
        rail=connection.rail,
        settlement_date=now.astimezone(ZONE).date(),
        items=(
            Return(
                id=item.item_id,
                original=Original(
                    incoming.message_id,
                    incoming.message,
                    incoming.end_to_end_id,
                    incoming.item_id,
                    incoming.uetr,
                ),
                original_amount=amount,
                amount=amount,
                reason=reason,
                text=(text[:105],) if text else (),
            ),
        ),
    )
    await write_letter(tx, connection.rail, letter(message))
    await write_items(tx, [item])
    return item


def payment_ids(items: Sequence[Item]) -> list[UUID]:
    """The payments behind items that have one."""
    return [item.payment for item in items if item.payment is not None]
