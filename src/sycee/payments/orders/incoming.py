"""Payments of other banks to customers of this one: credited once, or refused with what the rail is told.

They are screened like those that go out, and it fails closed too: what screening stops is kept for a person
to decide, what it cannot judge is kept until it can. Neither is on the customer's account, nor does the
customer see it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal
from uuid import UUID

import msgspec
from psycopg.errors import SerializationFailure

from sycee import ledger, products
from sycee.database import Transaction
from sycee.kernel import clock
from sycee.kernel.ids import FIRST_CELL, cell_of, uuid7
from sycee.ledger import NewTransfer
from sycee.payments.iso20022 import reason_of
from sycee.payments.orders.new_payments import Refusal, own_number
from sycee.payments.orders.parties import account_aliases
from sycee.payments.routing.rails import rail_accounts
from sycee.payments.screening.hook import Screened, Subject, Verdict, screen


class IncomingPayment(msgspec.Struct, frozen=True, kw_only=True):
    """What a rail brings. ``rail_id`` is the rail's id of it (UETR or transaction id).

    Minor units of a currency.
    """

    rail: str
    message_id: str
    rail_id: str
    creditor_account: str
    amount: int
    currency: str
    debtor_name: str = ""
    debtor_account: str = ""
    debtor_agent: str = ""
    creditor_name: str = ""
    end_to_end_id: str = ""
    purpose: str = ""
    remittance: str = ""


class Received(msgspec.Struct, frozen=True):
    """What became of it: credited, or refused with our code, the ISO reason code and a sentence for the rail.

    ``stopped`` waits for a person, ``waiting`` for a screening that could not be done: whose it is to be is
    known, and nothing is booked yet. ``again`` says that it had been received before: nothing was booked now.
    ``id`` is that of the transfer that credits it.
    """

    id: UUID
    state: Literal["credited", "refused", "stopped", "waiting"]
    code: str | None = None
    reason_code: str | None = None
    detail: str | None = None
    again: bool = False


async def receive_incoming(tx: Transaction, payments: Sequence[IncomingPayment]) -> list[Received]:
    """Credit what other banks paid; each (rail, rail_id) once. Returns what became of each, in order.

    What cannot be credited is kept as refused with its reason, and is the rail's to give back; what screening
    does not let pass is kept as well, and the rail's to put by.
    Raises psycopg's SerializationFailure when another transaction received one of them at the same time.
    """
    aliases = await account_aliases(tx, {payment.creditor_account for payment in payments})
    known = await _known(tx, payments)
    currencies = await _currencies(tx, payments, aliases)
    outcomes: dict[tuple[str, str], Received] = {}
    drafts = []
    for payment in payments:
        key = payment.rail, payment.rail_id
        if key in known:
            outcomes[key] = known[key]
        elif key not in outcomes:
            outcomes[key] = Received(uuid7(), "credited")
            drafts.append((payment, outcomes[key].id, _payee(payment, aliases, currencies)))
    drafts = await _permitted(tx, drafts)
    held = await _held_back(tx, drafts)
    outcomes |= held | await _credit(tx, [draft for draft in drafts if _key(draft[0]) not in held])
    await _write(tx, drafts, outcomes)
    told = set(known)
    answers = []
    for payment in payments:
        key = payment.rail, payment.rail_id
        answers.append(msgspec.structs.replace(outcomes[key], again=key in told))
        told.add(key)
    return answers


_Draft = tuple[IncomingPayment, UUID, int | Refusal]


def _number(payment: IncomingPayment, aliases: Mapping[str, int]) -> int | Refusal | None:
    return aliases.get(payment.creditor_account) or own_number(payment.creditor_account)


async def _currencies(
    tx: Transaction, payments: Sequence[IncomingPayment], aliases: Mapping[str, int]
) -> dict[int, str]:
    """The currencies of the accounts named that there are."""
    named = {number for payment in payments if isinstance(number := _number(payment, aliases), int)}
    cursor = await tx.execute(
        "SELECT a.number, a.currency FROM unnest(%s::bigint[]) AS wanted(number)"
        " JOIN accounts a ON a.number = wanted.number AND a.cell = wanted.number / 1000000000000000",
        (sorted(named),),
    )
    return dict(await cursor.fetchall())


def _payee(
    payment: IncomingPayment, aliases: Mapping[str, int], currencies: Mapping[int, str]
) -> int | Refusal:
    """The account to credit, or why there is none."""
    found = _number(payment, aliases)
    if isinstance(found, Refusal):
        return found
    if found is None or found not in currencies:
        return Refusal("account_not_found", f"{payment.creditor_account[:64]!r} is no account of this bank")
    if currencies[found] != payment.currency:
        return Refusal("currency_mismatch", f"the account is kept in {currencies[found]}")
    return found


async def _known(tx: Transaction, payments: Sequence[IncomingPayment]) -> dict[tuple[str, str], Received]:
    cursor = await tx.execute(
        "SELECT rail, rail_id, id, state, reason_code, reason FROM incoming_payments"
        " JOIN unnest(%s::text[], %s::text[]) AS k(rail, rail_id) USING (rail, rail_id)",
        ([payment.rail for payment in payments], [payment.rail_id for payment in payments]),
    )
    return {
        (rail, rail_id): Received(id, state, code, code and str(reason_of(code)), detail)
        for rail, rail_id, id, state, code, detail in await cursor.fetchall()
    }


def _key(payment: IncomingPayment) -> tuple[str, str]:
    return payment.rail, payment.rail_id


async def _permitted(tx: Transaction, drafts: Sequence[_Draft]) -> list[_Draft]:
    """The same, with a refusal for what the class of the payee's account does not take from outside."""
    paid = [(payment, payee) for payment, _, payee in drafts if isinstance(payee, int)]
    movements = [products.Movement(0, payee, payment.amount) for payment, payee in paid]
    problems = iter(await products.movement_problems(tx, movements))
    judged: list[_Draft] = []
    for payment, id, payee in drafts:
        problem = next(problems) if isinstance(payee, int) else None
        judged.append((payment, id, Refusal("account_class_refused", problem) if problem else payee))
    return judged


async def _held_back(tx: Transaction, drafts: Sequence[_Draft]) -> dict[tuple[str, str], Received]:
    """What screening does not let pass, of that which could be credited."""
    payable = [(payment, id, payee) for payment, id, payee in drafts if isinstance(payee, int)]
    verdicts = await screen_incoming(tx, [(payment, id) for payment, id, _ in payable])
    return {
        _key(payment): Received(
            id,
            "stopped" if found.verdict is Verdict.STOP else "waiting",
            found.code or "screening",
            None,
            found.detail or "screening did not let it pass",
        )
        for (payment, id, _), found in zip(payable, verdicts, strict=True)
        if found.verdict is not Verdict.PASS
    }


async def screen_incoming(
    tx: Transaction, payments: Sequence[tuple[IncomingPayment, UUID]]
) -> list[Screened]:
    """The verdict on payments of other banks, with the ids that they have here, in order."""
    return await screen(
        tx,
        [
            Subject(
                id=id,
                incoming=True,
                customer=None,
                debtor_name=payment.debtor_name,
                debtor_account=payment.debtor_account,
                debtor_agent=payment.debtor_agent,
                creditor_account=payment.creditor_account,
                creditor_name=payment.creditor_name,
                creditor_agent=None,
                amount=payment.amount,
                currency=payment.currency,
                purpose=payment.purpose,
                remittance=payment.remittance,
            )
            for payment, id in payments
        ],
    )


async def _credit(tx: Transaction, drafts: Sequence[_Draft]) -> dict[tuple[str, str], Received]:
    accounts = await rail_accounts(
        tx,
        {
            (cell_of(payee), payment.rail, payment.currency)
            for payment, _, payee in drafts
            if isinstance(payee, int)
        },
    )
    outcomes = {}
    posted: list[tuple[tuple[str, str], NewTransfer]] = []
    for payment, id, payee in drafts:
        key = payment.rail, payment.rail_id
        if isinstance(payee, Refusal):
            outcomes[key] = _refused(id, payee.code, payee.detail)
            continue
        transfer = NewTransfer(
            id=id,
            debit=accounts[cell_of(payee), payment.rail, payment.currency].clearing,
            credit=payee,
            amount=payment.amount,
            currency=payment.currency,
            reference=payment.end_to_end_id or None,
            description=payment.remittance or None,
        )
        posted.append((key, transfer))
    told = await ledger.post_transfers(tx, [transfer for _, transfer in posted])
    for (key, transfer), outcome in zip(posted, told, strict=True):
        if outcome.status == "rejected":
            outcomes[key] = _refused(transfer.id, outcome.code or "rejected", outcome.detail or "")
    return outcomes


def _refused(id: UUID, code: str, detail: str) -> Received:
    return Received(id, "refused", code, str(reason_of(code)), detail)


async def _write(
    tx: Transaction, drafts: Sequence[_Draft], outcomes: dict[tuple[str, str], Received]
) -> None:
    now = clock.now()
    rows = []
    for payment, id, payee in drafts:
        outcome = outcomes[payment.rail, payment.rail_id]
        number = payee if isinstance(payee, int) else None
        credited = number if outcome.state == "credited" else None
        cell = FIRST_CELL if number is None else cell_of(number)
        rows.append(
            (cell, payment.rail, payment.rail_id, id, payment.message_id, payment.creditor_account, credited,
             payment.amount, payment.currency, payment.debtor_name, payment.debtor_account,
             payment.debtor_agent, payment.creditor_name, payment.end_to_end_id, payment.purpose,
             payment.remittance, outcome.state,
             outcome.code, outcome.detail, now)
        )  # fmt: skip
    if not rows:
        return
    cursor = await tx.execute(
        """
        INSERT INTO incoming_payments (
            cell, rail, rail_id, id, message_id, creditor_account, credit, amount, currency, debtor_name,
            debtor_account, debtor_agent, creditor_name, end_to_end_id, purpose, remittance, state,
            reason_code, reason, received_at, customer)
        SELECT i.*, p.customer
        FROM unnest(%s::smallint[], %s::text[], %s::text[], %s::uuid[], %s::text[], %s::text[], %s::bigint[],
                    %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
                    %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
             AS i(cell, rail, rail_id, id, message_id, creditor_account, credit, amount, currency,
                  debtor_name, debtor_account, debtor_agent, creditor_name, end_to_end_id, purpose,
                  remittance, state, reason_code, reason, received_at) LEFT JOIN account_profiles p ON
                  p.cell = i.cell AND p.number = i.credit ON CONFLICT DO NOTHING
        """,
        [list(column) for column in zip(*rows, strict=True)],
    )
    if cursor.rowcount < len(rows):
        raise SerializationFailure("another transaction received one of these at the same time")
