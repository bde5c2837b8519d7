"""Money that comes back: returns of settled payments, and payments asked back (recalls)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from sycee import ledger
from sycee.database import Transaction, as_bank
from sycee.kernel import clock
from sycee.kernel.ids import uuid7
from sycee.ledger import NewTransfer, TransferKind
from sycee.payments.orders.moving import Move, Moved, impossible, lock_payments, missing, write_moves
from sycee.payments.orders.records import Payment, read_payments
from sycee.payments.orders.sending import Judged, report
from sycee.payments.orders.states import PaymentState
from sycee.payments.orders.transfer_ids import follow_up

Answer = Literal["accepted", "refused"]
_BACK = frozenset({PaymentState.SETTLED, PaymentState.RETURNED})


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """What the rail brings back of a settled payment.

    ``amount`` in minor units, under an id of the rail's own.
    """

    payment: UUID
    return_id: str
    amount: int
    reason_code: str
    text: str = ""


class Recall(msgspec.Struct, frozen=True, kw_only=True):
    """A payment that is asked back, and the answer when there is one.

    ``sent_as`` is the message that asked.
    """

    payment: UUID
    cell: int
    id: UUID
    asked_at: datetime
    asked_by: str
    reason_code: str
    reason: str
    sent_as: str | None
    answer: Answer | None
    answered_at: datetime | None
    answer_code: str | None
    answer_text: str | None


class RecallAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the other side says to a recall.

    ``accepted`` of a payment that was only sent cancels it at the rail; of a settled one it promises a
    return.
    """

    payment: UUID
    accepted: bool
    reason_code: str = ""
    text: str = ""


async def return_payments(
    tx: Transaction, returned: Sequence[Returned], *, actor: str = "rail"
) -> list[Moved]:
    """Book what comes back from the rail's clearing account to the payer; each return id of a payment once.

    Codes beside those of the books: ``invalid_amount`` for more than is still out.
    """
    held = await lock_payments(tx, [item.payment for item in returned])
    known = await _known_returns(tx, list(held.values()))
    outcomes = []
    for item in returned:
        payment = held.get(item.payment)
        if payment is None:
            outcomes.append(missing(item.payment))
            continue
        before = known.get((item.payment, item.return_id))
        if before is not None:
            outcomes.append(_said_before(payment, item, before))
        elif payment.state not in _BACK or payment.credit is None or payment.rail is None:
            outcomes.append(impossible(payment, "only what a rail has settled comes back"))
        elif not 0 < item.amount <= payment.amount - payment.returned:
            left = payment.amount - payment.returned
            outcomes.append(
                Moved(payment.id, payment.state, "invalid_amount", f"{left} minor units are still out")
            )
        else:
            outcome = await _return(tx, payment, item, actor)
            if outcome.code is None:
                known[item.payment, item.return_id] = item.amount
                held = {**held, payment.id: _after(payment, item)}
            outcomes.append(outcome)
    return outcomes


def _said_before(payment: Payment, item: Returned, amount: int) -> Moved:
    if amount == item.amount:
        return Moved(payment.id, payment.state, again=True)
    return Moved(payment.id, payment.state, "id_reused", f"return {item.return_id} brought {amount} before")


def _after(payment: Payment, item: Returned) -> Payment:
    return msgspec.structs.replace(
        payment, state=PaymentState.RETURNED, returned=payment.returned + item.amount
    )


async def _known_returns(tx: Transaction, payments: Sequence[Payment]) -> dict[tuple[UUID, str], int]:
    cursor = await tx.execute(
        "SELECT payment, return_id, amount FROM payment_returns"
        " JOIN unnest(%s::smallint[], %s::uuid[]) AS p(cell, payment) USING (cell, payment)",
        ([payment.cell for payment in payments], [payment.id for payment in payments]),
    )
    return {(payment, return_id): amount for payment, return_id, amount in await cursor.fetchall()}


async def _return(tx: Transaction, payment: Payment, item: Returned, actor: str) -> Moved:
    assert payment.credit is not None
    transfer = NewTransfer(
        id=follow_up(payment.id, f"return:{item.return_id}"),
        debit=payment.credit,
        credit=payment.debit_account,
        amount=item.amount,
        currency=payment.currency,
        reference=payment.end_to_end_id or None,
        description=f"Return {item.reason_code} {item.text}".strip(),
    )
    (told,) = await ledger.post_transfers(tx, [transfer])
    if told.status == "rejected":
        return Moved(payment.id, payment.state, told.code, told.detail)
    await tx.execute(
        "INSERT INTO payment_returns"
        " (cell, payment, return_id, amount, transfer, reason_code, reason, returned_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            payment.cell,
            payment.id,
            item.return_id,
            item.amount,
            transfer.id,
            item.reason_code,
            item.text,
            clock.now(),
        ),
    )
    await tx.execute(
        "UPDATE payments SET returned = returned + %s WHERE cell = %s AND id = %s",
        (item.amount, payment.cell, payment.id),
    )
    move = Move(
        payment=payment.id,
        to=PaymentState.RETURNED,
        actor=actor,
        reason_code=item.reason_code,
        text=item.text or item.return_id,
    )
    await write_moves(tx, [move], {payment.id: payment})
    return Moved(payment.id, PaymentState.RETURNED)


_RECALL_COLUMNS = (
    "payment, cell, id, asked_at, asked_by, reason_code, reason, sent_as, answer, answered_at, answer_code,"
    " answer_text"
)


def _recall(row: Sequence[object]) -> Recall:
    return Recall(**dict(zip(Recall.__struct_fields__, row, strict=True)))  # type: ignore[arg-type]


async def recall_payment(tx: Transaction, id: UUID, *, by: str, reason_code: str, reason: str = "") -> Moved:
    """Ask for a payment back that has gone to a rail; the rail is asked by the next message that goes out.

    A payment that is asked back already is answered with ``again``. One that still waits here is cancelled
    instead (``cancel_payments``): the code is then ``not_possible``.
    """
    if id not in await read_payments(tx, [id]):
        return missing(id)
    async with as_bank(tx):
        return await _ask_back(tx, id, by, reason_code, reason)


async def _ask_back(tx: Transaction, id: UUID, by: str, reason_code: str, reason: str) -> Moved:
    payment = (await lock_payments(tx, [id]))[id]
    if payment.rail is None or payment.state not in {PaymentState.SENT, PaymentState.SETTLED}:
        return impossible(payment, "only what has gone to a rail can be asked back")
    cursor = await tx.execute(
        "INSERT INTO payment_recalls (cell, payment, id, asked_at, asked_by, reason_code, reason)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (cell, payment) WHERE answer IS NULL DO NOTHING",
        (payment.cell, payment.id, uuid7(), clock.now(), by, reason_code, reason),
    )
    return Moved(payment.id, payment.state, again=cursor.rowcount == 0)


async def recalls_to_send(tx: Transaction, rail: str, limit: int = 1000) -> list[tuple[Recall, Payment]]:
    """Recalls that the rail has not been asked yet, the oldest first; this transaction's until it ends."""
    columns = ", ".join(f"r.{name.strip()}" for name in _RECALL_COLUMNS.split(","))
    cursor = await tx.execute(
        f"SELECT {columns} FROM payment_recalls r JOIN payments p ON p.cell = r.cell AND p.id = r.payment"  # noqa: S608
        " WHERE r.answer IS NULL AND r.sent_as IS NULL AND p.rail = %s"
        " ORDER BY r.asked_at LIMIT %s FOR NO KEY UPDATE OF r SKIP LOCKED".encode(),
        (rail, limit),
    )
    found = [_recall(row) for row in await cursor.fetchall()]
    payments = await lock_payments(tx, [recall.payment for recall in found])
    return [(recall, payments[recall.payment]) for recall in found]


async def mark_recalls_sent(tx: Transaction, sent: Sequence[tuple[UUID, str]]) -> None:
    """Note in which messages the recalls of payments go out, in the transaction that writes them."""
    await tx.execute(
        "UPDATE payment_recalls r SET sent_as = s.message"
        " FROM unnest(%s::uuid[], %s::text[]) AS s(payment, message)"
        " WHERE r.payment = s.payment AND r.answer IS NULL AND r.sent_as IS NULL",
        ([payment for payment, _ in sent], [message for _, message in sent]),
    )


async def recall_answered(
    tx: Transaction, answers: Sequence[RecallAnswer], *, actor: str = "rail"
) -> list[Moved]:
    """Take the answers to recalls. What was only sent and is given back frees the held funds at once.

    A payment that is not asked back is answered ``not_possible``, or ``again`` when its recall was answered
    so.
    """
    open_ones = await _recalls(tx, [answer.payment for answer in answers])
    closed: list[RecallAnswer] = []

    def judge(payment: Payment, answer: RecallAnswer) -> Judged:
        recall = open_ones.get(payment.id)
        if recall is None:
            return impossible(payment, "it is not asked back")
        if recall.answer is not None:
            same = recall.answer == _word(answer)
            return (
                Moved(payment.id, payment.state, again=True)
                if same
                else impossible(payment, "it is answered")
            )
        if not answer.accepted or payment.state is not PaymentState.SENT:
            closed.append(answer)
            return Moved(payment.id, payment.state)
        return Move(
            payment=payment.id,
            to=PaymentState.RECALLED,
            actor=actor,
            reason_code=answer.reason_code or recall.reason_code,
            text=answer.text or recall.reason,
        )

    outcomes = await report(tx, answers, judge, TransferKind.VOID)
    recalled = {outcome.payment for outcome in outcomes if outcome.state is PaymentState.RECALLED}
    await _close(tx, [*closed, *(answer for answer in answers if answer.payment in recalled)])
    return outcomes


def _word(answer: RecallAnswer) -> Answer:
    return "accepted" if answer.accepted else "refused"


async def _recalls(tx: Transaction, payments: Sequence[UUID]) -> dict[UUID, Recall]:
    """The latest recall of each payment, held until the commit."""
    await lock_payments(tx, payments)
    cursor = await tx.execute(
        f"SELECT DISTINCT ON (payment) {_RECALL_COLUMNS} FROM payment_recalls"  # noqa: S608 - names of ours only
        " WHERE payment = ANY(%s) ORDER BY payment, asked_at DESC".encode(),
        (list(payments),),
    )
    return {recall.payment: recall for recall in map(_recall, await cursor.fetchall())}


async def _close(tx: Transaction, answers: Sequence[RecallAnswer]) -> None:
    for answer in answers:
        await tx.execute(
            "UPDATE payment_recalls SET answer = %s, answered_at = %s, answer_code = %s, answer_text = %s"
            " WHERE payment = %s AND answer IS NULL",
            (_word(answer), clock.now(), answer.reason_code, answer.text, answer.payment),
        )
