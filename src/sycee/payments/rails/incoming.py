"""What other banks send us: payments, credited or sent back; and the question whether we give one back.

What screening does not let be credited is put by in suspense, as a case (``kept.py``).
"""

from __future__ import annotations

from uuid import UUID

from sycee.database import Transaction
from sycee.kernel import clock
from sycee.payments.errors import RailCaseSettled
from sycee.payments.iso20022.interbank import (
    BankPayment,
    BankPayments,
    Original,
    Payment,
    Payments,
    Recall,
    Recalls,
    message_of,
)
from sycee.payments.iso20022.interbank import RecallAnswer as Answer
from sycee.payments.iso20022.interbank import RecallAnswers as Answers
from sycee.payments.orders.incoming import IncomingPayment, Received, receive_incoming
from sycee.payments.rails.cases import NewCase, RailCase, open_case, rail_case, settled_otherwise
from sycee.payments.rails.connections import OPERATOR, RailConnection, code_of, rail_connection
from sycee.payments.rails.items import Item, all_items, read_items, write_items
from sycee.payments.rails.kept import open_screening_case, return_kept
from sycee.payments.rails.outbox import write_letter
from sycee.payments.rails.suspense import (
    NotBooked,
    book_suspense,
    entry_id,
    home_cell,
    interbank_account,
    post,
    suspense_account,
)
from sycee.payments.rails.writing import letter, new_message_id, write_return

CUSTOMERS_DECISION, FOLLOWING_RECALL = "CUST", "FOCR"
UNKNOWN, ALREADY_RETURNED = "NOOR", "ARDT"


async def take_payments(
    tx: Transaction, connection: RailConnection, message: Payments | BankPayments
) -> None:
    """Credit each payment once; what cannot be credited is booked as owed and sent back.

    What banks transfer to this bank itself is credited to its interbank account.
    """
    outcomes = await receive_incoming(tx, await _all_incoming(tx, connection.rail, message))
    cells = await _cells(tx, [outcome.id for outcome in outcomes if outcome.state != "refused"])
    home = await home_cell(tx)
    came: tuple[Payment | BankPayment, ...] = message.items
    for payment, outcome in zip(came, outcomes, strict=True):
        if outcome.again:
            continue
        item = Item(
            cell=cells.get(outcome.id, home),
            rail=connection.rail,
            uetr=payment.uetr,
            what="incoming",
            item_id=payment.transaction_id,
            payment=outcome.id,
            message_id=message.message_id,
            end_to_end_id=payment.end_to_end_id,
            amount=payment.amount.minor,
            currency=payment.amount.currency,
            state="settled",
            settled_on=message.settlement_date,
            reason=outcome.reason_code,
            message=message_of(message),
        )
        await write_items(tx, [item])
        if outcome.state == "refused":
            await _send_back(tx, connection, item, outcome)
        elif outcome.state != "credited":
            await _put_by(tx, item, "kept")
            await open_screening_case(tx, item, outcome)


async def _put_by(tx: Transaction, item: Item, why: str) -> None:
    """Book what came in as owed: it is nobody's yet, or on its way back."""
    await book_suspense(
        tx,
        entry_id("incoming", item.rail, str(item.uetr)),
        cell=item.cell,
        rail=item.rail,
        currency=item.currency,
        signed=item.amount,
        description=f"{item.rail} {why} {item.end_to_end_id}",
    )


async def _send_back(tx: Transaction, connection: RailConnection, item: Item, outcome: Received) -> None:
    await _put_by(tx, item, "refused")
    await write_return(
        tx, connection, item, reason=outcome.reason_code or "NARR", text=outcome.detail or outcome.code or ""
    )


async def _all_incoming(
    tx: Transaction, rail: str, message: Payments | BankPayments
) -> list[IncomingPayment]:
    if isinstance(message, Payments):
        return [_incoming(rail, message, item) for item in message.items]
    cell = await home_cell(tx)
    accounts = {
        currency: await interbank_account(tx, cell, rail, currency)
        for currency in sorted({item.amount.currency for item in message.items})
    }
    return [
        IncomingPayment(
            rail=rail,
            message_id=message.message_id,
            rail_id=str(item.uetr),
            creditor_account=str(accounts[item.amount.currency]),
            amount=item.amount.minor,
            currency=item.amount.currency,
            debtor_name=code_of(item.debtor),
            debtor_agent=code_of(item.debtor),
            creditor_name=code_of(item.creditor),
            end_to_end_id=item.end_to_end_id,
            purpose=item.purpose or "",
            remittance=" ".join(item.remittance),
        )
        for item in message.items
    ]


def _incoming(rail: str, message: Payments, payment: Payment) -> IncomingPayment:
    return IncomingPayment(
        rail=rail,
        message_id=message.message_id,
        rail_id=str(payment.uetr),
        creditor_account=payment.creditor_account.text(),
        amount=payment.amount.minor,
        currency=payment.amount.currency,
        debtor_name=payment.debtor.name or "",
        debtor_account=payment.debtor_account.text(),
        debtor_agent=code_of(payment.debtor_agent),
        creditor_name=payment.creditor.name or "",
        end_to_end_id=payment.end_to_end_id,
        purpose=payment.purpose or payment.purpose_text or "",
        remittance=" ".join(payment.remittance),
    )


async def _cells(tx: Transaction, ids: list[UUID]) -> dict[UUID, int]:
    cursor = await tx.execute("SELECT id, cell FROM incoming_payments WHERE id = ANY(%s)", (ids,))
    return dict(await cursor.fetchall())


async def take_recalls(tx: Transaction, connection: RailConnection, message: Recalls) -> None:
    """Answer at once what can be; a payment that a customer has is asked of people, as a case."""
    uetrs = [item.original.uetr for item in message.items if item.original.uetr is not None]
    known = await read_items(tx, connection.rail, "incoming", uetrs)
    gone = {item.uetr for item in await all_items(tx, connection.rail, "return_out", uetrs)}
    answers = []
    for recall in message.items:
        item = known.get(recall.original.uetr) if recall.original.uetr else None
        if item is None or item.uetr in gone:
            reason = UNKNOWN if item is None else ALREADY_RETURNED
            answers.append(Answer(recall.id, recall.original, "RJCR", reason))
        else:
            await open_case(tx, _case(item, recall, message))
            answers.append(Answer(recall.id, recall.original, "PDCR"))
    await _answer(tx, connection, answers)


def _case(item: Item, recall: Recall, message: Recalls) -> NewCase:
    return NewCase(
        rail=item.rail, cell=item.cell, kind="recall", what="recall", uetr=item.uetr, item_id=item.item_id,
        payment=item.payment, day=message.created_at.date(), ours=item.amount, theirs=item.amount,
        currency=item.currency, recall=recall.id,
        detail=f"the payer's bank asks for it back: {recall.reason or ''} {' '.join(recall.text)}".strip(),
    )  # fmt: skip


async def _answer(tx: Transaction, connection: RailConnection, answers: list[Answer]) -> None:
    if not answers:
        return
    statuses = {answer.status for answer in answers}
    confirmation = "CNCL" if statuses == {"ACCR"} else "RJCR" if statuses == {"RJCR"} else "PDCR"
    message = Answers(
        message_id=new_message_id("A"),
        created_at=clock.now(),
        sender=connection.us,
        receiver=OPERATOR,
        confirmation=confirmation,
        items=tuple(answers),
    )
    await write_letter(tx, connection.rail, letter(message))


async def refuse_recall(tx: Transaction, id: UUID, *, by: str, reason: str) -> RailCase:
    """Tell the other bank that its payment is not given back. Raises RailCaseNotFound, RailCaseSettled."""
    case, connection, item = await _open_recall(tx, id)
    answer = Answer(case.recall or "", _original(item), "RJCR", CUSTOMERS_DECISION, (reason[:105],))
    await _answer(tx, connection, [answer])
    return await settled_otherwise(tx, case, by=by, resolution="refuse", reason=reason)


async def give_back(tx: Transaction, id: UUID, *, by: str, reason: str) -> RailCase:
    """Send a payment of another bank back: one that it asks for, or one that screening keeps.

    Raises what ``accept_recall`` and ``return_kept`` raise.
    """
    case = await rail_case(tx, id, lock=True)
    return await (return_kept if case.kind == "screening" else accept_recall)(tx, id, by=by, reason=reason)


async def accept_recall(tx: Transaction, id: UUID, *, by: str, reason: str) -> RailCase:
    """Take the payment from the customer, who agrees, and send it back.

    Raises RailCaseNotFound; RailCaseSettled also when the customer's account has not that much.
    """
    case, connection, item = await _open_recall(tx, id)
    cursor = await tx.execute("SELECT credit FROM incoming_payments WHERE id = %s", (item.payment,))
    row = await cursor.fetchone()
    if row is None or row[0] is None:
        raise RailCaseSettled(f"case {id}: the payment was not credited to anybody")
    suspense = await suspense_account(tx, item.cell, item.rail, item.currency)
    made = entry_id("case", str(id), "return")
    try:
        await post(
            tx, made, row[0], suspense, item.amount, item.currency, f"{item.rail} recall {reason}"[:140]
        )
    except NotBooked as refusal:
        raise RailCaseSettled(f"the books refuse the entry: {refusal}") from None
    await _answer(tx, connection, [Answer(case.recall or "", _original(item), "ACCR")])
    await write_return(tx, connection, item, reason=FOLLOWING_RECALL, text=reason)
    return await settled_otherwise(tx, case, by=by, resolution="return", reason=reason, entry=made)


async def _open_recall(tx: Transaction, id: UUID) -> tuple[RailCase, RailConnection, Item]:
    case = await rail_case(tx, id, lock=True)
    if case.kind != "recall" or case.state != "open":
        raise RailCaseSettled(
            f"case {id} ({case.kind}) is {case.state}: it is no open question of another bank"
        )
    item = (await read_items(tx, case.rail, "incoming", [case.uetr]))[case.uetr]
    return case, await rail_connection(tx, case.rail), item


def _original(item: Item) -> Original:
    return Original(item.message_id, item.message, item.end_to_end_id, item.item_id, item.uetr)
