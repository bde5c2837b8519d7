"""The front door for rails: what is to be sent, and what the rails report of it.

Everything here may be said twice: a report that was taken before changes nothing and is answered as done
(``again``), one that contradicts what was taken is refused with a code and becomes a case of reconciliation.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias, TypeVar
from uuid import UUID

import msgspec

from sycee import ledger
from sycee.database import Int8Array, TextArray, Transaction, UuidArray
from sycee.kernel import clock
from sycee.ledger import NewTransfer, TransferKind
from sycee.payments.iso20022 import reason_of
from sycee.payments.orders.moving import Move, Moved, impossible, lock_payments, missing, write_moves
from sycee.payments.orders.records import COLUMNS, Payment, payment_of
from sycee.payments.orders.states import PaymentState
from sycee.payments.orders.transfer_ids import follow_up

_WAITING = frozenset({PaymentState.HELD, PaymentState.QUEUED})
WITH_HOLDS = _WAITING | {PaymentState.SENT}
"""States in which funds of the payer are held."""

_BARRED = {1: "debit_blocked", 3: "account_frozen", 4: "account_dormant", 5: "account_closed"}
"""Statuses of accounts, by their numbers in the books, in which they pay nothing more."""

Judged: TypeAlias = Move | Moved
"""What is to be done about a payment, or what is answered at once."""


class OutgoingPayment(msgspec.Struct, frozen=True, kw_only=True):
    """A payment whose funds are held and that its rail takes now, with what a message needs of the payer."""

    payment: Payment
    debtor_name: str
    debtor_local_name: str


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A payment and the message it goes in.

    ``rail_id`` is what the rail knows it by (a transaction id, a UETR).
    """

    payment: UUID
    message_id: str
    rail_id: str


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """The rail says that a payment is settled; ``message_id`` is the message that said so."""

    payment: UUID
    message_id: str


class RejectedByRail(msgspec.Struct, frozen=True, kw_only=True):
    """The rail, or the other bank, refuses a payment: an ISO reason code and a sentence."""

    payment: UUID
    message_id: str
    reason_code: str
    text: str = ""


async def payments_to_send(tx: Transaction, rail: str, limit: int = 1000) -> list[OutgoingPayment]:
    """Payments that a rail takes now, the longest waiting first.

    They are this transaction's until it ends, and others pass over them: mark what goes out (``mark_sent``)
    in the same transaction. Those whose account has been blocked, frozen or left dormant since are rejected.
    """
    cursor = await tx.execute(
        f"SELECT {COLUMNS} FROM payments"  # noqa: S608 - names of ours only
        " WHERE rail = %s AND state IN (5, 6) AND send_at <= %s"
        " ORDER BY rail, send_at, cell, id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED".encode(),
        (rail, clock.now(), limit),
    )
    found = [payment_of(row) for row in await cursor.fetchall()]
    payers = await _payers(tx, {payment.debit_account for payment in found})
    barred = [payment for payment in found if payers[payment.debit_account].barred]
    await _reject_barred(tx, barred, payers)
    return [
        OutgoingPayment(
            payment=payment,
            debtor_name=payers[payment.debit_account].name,
            debtor_local_name=payers[payment.debit_account].local_name,
        )
        for payment in found
        if payment not in barred
    ]


class _Payer(NamedTuple):
    """A paying account: its names, and why it may not be debited if so."""

    name: str
    local_name: str
    barred: str | None


async def _payers(tx: Transaction, numbers: Collection[int]) -> dict[int, _Payer]:
    cursor = await tx.execute(
        "SELECT p.number, p.name, p.local_name, a.status FROM account_profiles p JOIN accounts a"
        " USING (cell, number) JOIN unnest(%b) AS wanted(number) USING (number)"
        " WHERE p.cell = number / 1000000000000000",
        (Int8Array(sorted(numbers)),),
    )
    return {
        number: _Payer(name, local_name, _BARRED.get(status))
        for number, name, local_name, status in await cursor.fetchall()
    }


async def _reject_barred(tx: Transaction, barred: Sequence[Payment], payers: Mapping[int, _Payer]) -> None:
    """Give back what is held for payments that have not gone out, and whose account may not pay any more."""
    told = []
    for payment in barred:
        why = payers[payment.debit_account].barred or ""
        told.append(
            RejectedByRail(
                payment=payment.id,
                message_id="",
                reason_code=str(reason_of(why)),
                text=f"{why} before the payment went out",
            )
        )
    if told:
        await reject_payments(tx, told, actor="sycee")


async def mark_sent(tx: Transaction, sent: Sequence[Sent], *, actor: str = "rail") -> list[Moved]:
    """Note the messages in which payments go out, in the transaction that writes the messages."""
    going = []

    def judge(payment: Payment, item: Sent) -> Judged:
        if payment.state in _WAITING:
            going.append(item)
            return Move(payment=payment.id, to=PaymentState.SENT, actor=actor, text=item.message_id)
        if (payment.message_id, payment.rail_id) == (item.message_id, item.rail_id):
            return Moved(payment.id, payment.state, again=True)
        return impossible(payment, "it is not waiting to be sent")

    outcomes = await report(tx, sent, judge)
    if going:
        await tx.execute(
            "UPDATE payments p SET message_id = s.message_id, rail_id = s.rail_id"
            " FROM unnest(%b, %b, %b) AS s(id, message_id, rail_id) WHERE p.id = s.id",
            (
                UuidArray([item.payment for item in going]),
                TextArray([item.message_id for item in going]),
                TextArray([item.rail_id for item in going]),
            ),
        )
    return outcomes


async def settle_payments(tx: Transaction, settled: Sequence[Settled], *, actor: str = "rail") -> list[Moved]:
    """Book what the rail has settled: the held funds leave the payer's account, the fee is earned."""

    def judge(payment: Payment, item: Settled) -> Judged:
        if payment.state in {PaymentState.SETTLED, PaymentState.RETURNED}:
            return Moved(payment.id, payment.state, again=True)
        if payment.state is not PaymentState.SENT:
            return impossible(payment, "it was not sent")
        return Move(payment=payment.id, to=PaymentState.SETTLED, actor=actor, text=item.message_id)

    return await report(tx, settled, judge, TransferKind.POST)


async def reject_payments(
    tx: Transaction, rejected: Sequence[RejectedByRail], *, actor: str = "rail"
) -> list[Moved]:
    """Give the held funds and the fee back for what the rail refuses."""

    def judge(payment: Payment, item: RejectedByRail) -> Judged:
        if payment.state is PaymentState.REJECTED:
            return Moved(payment.id, payment.state, again=True)
        if payment.state not in WITH_HOLDS:
            return impossible(payment, "nothing is held for it")
        return Move(
            payment=payment.id,
            to=PaymentState.REJECTED,
            actor=actor,
            reason_code=item.reason_code,
            text=item.text or item.message_id,
        )

    return await report(tx, rejected, judge, TransferKind.VOID)


class Report(Protocol):
    """What is said about a payment."""

    @property
    def payment(self) -> UUID:
        """The payment."""


R = TypeVar("R", bound=Report)


async def report(
    tx: Transaction,
    items: Sequence[R],
    judge: Callable[[Payment, R], Judged],
    resolves: TransferKind | None = None,
) -> list[Moved]:
    """Take what is said about payments: judge each, resolve its holds, move it; an outcome each, in order.

    A payment whose holds the books do not let go stays as it is, with their reason. Of things said twice in
    one list the first counts, and what contradicts it is refused.
    """
    held = await lock_payments(tx, [item.payment for item in items])
    first: dict[UUID, R] = {}
    outcomes: dict[UUID, Moved] = {}
    moves: list[Move] = []
    for item in items:
        payment = held.get(item.payment)
        if first.setdefault(item.payment, item) is not item:
            continue
        judged = missing(item.payment) if payment is None else judge(payment, item)
        if isinstance(judged, Move):
            moves.append(judged)
        else:
            outcomes[item.payment] = judged
    holding = [held[move.payment] for move in moves if held[move.payment].state in WITH_HOLDS]
    refused = await _resolve(tx, holding, resolves) if resolves else {}
    going = [move for move in moves if move.payment not in refused]
    await write_moves(tx, going, held)
    outcomes |= refused | {move.payment: Moved(move.payment, move.to) for move in going}
    return [
        outcomes[item.payment]
        if item == first[item.payment] or item.payment not in held
        else impossible(held[item.payment], "the same list says something else of it")
        for item in items
    ]


async def _resolve(tx: Transaction, payments: Sequence[Payment], kind: TransferKind) -> dict[UUID, Moved]:
    """Post or void the holds of payments and of their fees; those that the books refuse, and why.

    What a rail has settled is paid: an account frozen since its payment went out cannot keep that back.
    """
    transfers: list[NewTransfer] = []
    owners: list[Payment] = []
    for payment in payments:
        found = _resolutions(payment, kind)
        transfers += found
        owners += [payment] * len(found)
    told = await ledger.post_transfers(tx, transfers, owed=True)
    refused = {}
    for payment, outcome in zip(owners, told, strict=True):
        if outcome.status == "rejected" and outcome.code != "linked_failed":
            refused[payment.id] = Moved(payment.id, payment.state, outcome.code, outcome.detail)
    return refused


def _resolutions(payment: Payment, kind: TransferKind) -> list[NewTransfer]:
    """What posts or voids the hold of a payment and that of its fee: both or neither."""
    what = "settle" if kind is TransferKind.POST else "void"
    main = NewTransfer(id=follow_up(payment.id, what), kind=kind, target=payment.id, linked=payment.fee > 0)
    if not payment.fee:
        return [main]
    fee = follow_up(payment.id, "fee")
    return [main, NewTransfer(id=follow_up(fee, what), kind=kind, target=fee)]
