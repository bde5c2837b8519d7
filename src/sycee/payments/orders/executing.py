"""Carrying payments out as far as they go: judged by the accounts' classes, screened, then settled or held.

The same way for what was just instructed, for what waited for its day and for what a person released: every
payment of a customer goes through here. Writing down where each came to is the caller's: new payments are
inserted, known ones moved.
"""

from __future__ import annotations

from collections.abc import Sequence

from sycee import ledger
from sycee.database import Transaction
from sycee.kernel import clock
from sycee.payments.orders.drafts import Draft
from sycee.payments.orders.new_payments import PaymentKind, Refusal
from sycee.payments.orders.permitting import permitted
from sycee.payments.orders.states import PaymentState
from sycee.payments.orders.transfer_ids import follow_up
from sycee.payments.routing.choosing import RailAsk, choose_rails
from sycee.payments.routing.rails import rail_accounts
from sycee.payments.screening.hook import Subject, Verdict, screen

BANKS_RAIL = "HVPS"
"""The rail by which banks move their own money."""


async def execute(tx: Transaction, drafts: Sequence[Draft], *, screened: bool = False) -> None:
    """Judge and screen the drafts, and move the funds of those that pass, in order.

    ``screened`` says that a person has let them pass screening: that alone is not asked again.
    """
    passing = await permitted(tx, drafts)
    if screened:
        for draft in passing:
            draft.goes(PaymentState.SCREENED)
    else:
        passing = await _screened(tx, passing)
    away = [draft for draft in passing if not draft.own]
    if away:
        await _routed(tx, away)
        passing = [draft for draft in passing if draft.refusal is None]
    await _post(tx, passing)


async def _screened(tx: Transaction, drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts that pass; the others are told why they do not."""
    verdicts = await screen(tx, [_subject(draft) for draft in drafts])
    passing = []
    for draft, found in zip(drafts, verdicts, strict=True):
        if found.verdict is Verdict.PASS:
            draft.goes(PaymentState.SCREENED)
            passing.append(draft)
            continue
        draft.refusal = Refusal(found.code or "screening", found.detail or "screening did not let it pass")
        if found.verdict is Verdict.STOP:
            draft.goes(PaymentState.STOPPED)
    return passing


def _subject(draft: Draft) -> Subject:
    payment = draft.payment
    return Subject(
        id=payment.id,
        customer=draft.customer,
        debtor_account=str(payment.debit_account),
        creditor_account=payment.creditor_account,
        creditor_name=payment.creditor_name,
        creditor_agent=payment.creditor_agent,
        amount=payment.amount,
        currency=payment.currency,
        purpose=payment.purpose,
        remittance=payment.remittance,
    )


async def _routed(tx: Transaction, drafts: Sequence[Draft]) -> None:
    """Choose the rail of each, and the accounts that its funds go through."""
    asks = [
        RailAsk(
            amount=draft.payment.amount,
            currency=draft.payment.currency,
            urgency=draft.payment.urgency,
            agent=draft.payment.creditor_agent,
            only=BANKS_RAIL if draft.payment.kind is PaymentKind.BANK else None,
        )
        for draft in drafts
    ]
    for draft, choice in zip(drafts, await choose_rails(tx, asks), strict=True):
        if choice.rail is None:
            _reject(draft, "no_rail", choice.why)
        draft.rail, draft.send_at, draft.fee = choice.rail, choice.send_at, choice.fee
        if draft.payment.kind is PaymentKind.BANK:
            draft.fee = 0  # fees are what customers are charged
    going = [draft for draft in drafts if draft.rail is not None]
    accounts = await rail_accounts(tx, {_key(draft) for draft in going})
    for draft in going:
        found = accounts[_key(draft)]
        draft.credit, draft.fee_account = found.clearing, found.fees


def _key(draft: Draft) -> tuple[int, str, str]:
    return draft.cell, draft.rail or "", draft.payment.currency


def _reject(draft: Draft, code: str, detail: str) -> None:
    draft.goes(PaymentState.REJECTED)
    draft.refusal = Refusal(code, detail)


def _transfers(draft: Draft) -> list[ledger.NewTransfer]:
    """What moves the funds of a payment: a transfer, or holds of the amount and of the fee."""
    payment = draft.payment
    main = ledger.NewTransfer(
        id=payment.id,
        kind=ledger.TransferKind.TRANSFER if draft.own else ledger.TransferKind.PENDING,
        debit=payment.debit_account,
        credit=draft.credit or 0,
        amount=payment.amount,
        currency=payment.currency,
        linked=draft.fee > 0,
        reference=payment.end_to_end_id or None,
        description=payment.remittance or None,
    )
    if not draft.fee:
        return [main]
    fee = ledger.NewTransfer(
        id=follow_up(payment.id, "fee"),
        kind=ledger.TransferKind.PENDING,
        debit=payment.debit_account,
        credit=draft.fee_account,
        amount=draft.fee,
        currency=payment.currency,
        reference=payment.end_to_end_id or None,
        description=f"{draft.rail} fee",
    )
    return [main, fee]


async def _post(tx: Transaction, drafts: Sequence[Draft]) -> None:
    """Move the funds, in the order of the list, and say where that brought each payment."""
    await _post_list(tx, [draft for draft in drafts if not draft.supervised])
    await _post_list(tx, [draft for draft in drafts if draft.supervised], released=True)


async def _post_list(tx: Transaction, drafts: Sequence[Draft], *, released: bool = False) -> None:
    if not drafts:
        return
    transfers: list[ledger.NewTransfer] = []
    firsts = []
    for draft in drafts:
        firsts.append(len(transfers))
        transfers += _transfers(draft)
    told = await ledger.post_transfers(tx, transfers, released=released)
    now = clock.now()
    for draft, first in zip(drafts, firsts, strict=True):
        outcome = told[first]
        if outcome.code == "linked_failed":
            outcome = told[first + 1]
        if outcome.status == "duplicate":
            _reject(draft, "id_reused", "the id was used before for a transfer")
        elif outcome.status == "rejected":
            _reject(draft, outcome.code or "rejected", outcome.detail or "the books refuse it")
        elif draft.own:
            draft.goes(PaymentState.SETTLED)
        else:
            draft.goes(PaymentState.HELD)
            if draft.send_at is not None and draft.send_at > now:
                draft.goes(PaymentState.QUEUED)
