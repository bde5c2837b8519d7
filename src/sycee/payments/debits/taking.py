"""Taking what is due: the classes of the accounts, screening, then the books; all debits of a list at once.

Writing down where each came to is the caller's. What the books answer is told to both sides without a
figure: a payee does not learn what is in the payer's account.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from msgspec.structs import replace

from sycee import ledger, products
from sycee.database import Transaction
from sycee.payments.debits.judging import Scene, next_try
from sycee.payments.debits.records import DebitState, DirectDebit
from sycee.payments.orders.new_payments import Refusal
from sycee.payments.screening.hook import Subject, Verdict, screen

_BLOCKED = "account_blocked"
_TOLD = {
    "insufficient_funds": ("insufficient_funds", "the payer's account does not cover the amount"),
    "account_not_found": ("account_not_found", "one of the accounts is not there"),
    "account_closed": ("account_closed", "one of the accounts is closed"),
    "account_restricted": ("debit_forbidden", "an account is moved by its product alone"),
    "account_supervised": ("debit_forbidden", "an account does not pay by direct debit"),
    "id_reused": ("id_reused", "the id was used before for a transfer"),
}


async def take(tx: Transaction, debits: Sequence[DirectDebit], scene: Scene) -> list[DirectDebit]:
    """Try debits that are due today, in their order; returns them as they then are.

    Each counts to the limits of today already; what is to be tried again counts to that day instead.
    """
    if not debits:
        return []
    movements = [products.Movement(one.debit_account, one.credit_account, one.amount) for one in debits]
    problems = await products.movement_problems(tx, movements)
    screened = await screen(tx, [_subject(one, scene) for one in debits])
    found: list[DirectDebit] = []
    for debit, problem, verdict in zip(debits, problems, screened, strict=True):
        if problem is not None:
            forbidden = Refusal("debit_forbidden", "the class of an account does not allow it")
            found.append(_rejected(debit, forbidden, scene))
        elif verdict.verdict is Verdict.STOP and not debit.released:
            stopped = Refusal(verdict.code or "screening", verdict.detail or "screening stopped it")
            found.append(_told(replace(debit, state=DebitState.STOPPED), stopped))
        else:
            # What cannot be judged now waits as it is, and is tried again by the next sweep.
            found.append(debit)
    passing = {
        one.id
        for one, verdict in zip(found, screened, strict=True)
        if one.state is DebitState.WAITING and (one.released or verdict.verdict is Verdict.PASS)
    }
    return await _post(tx, found, passing, scene)


def _subject(debit: DirectDebit, scene: Scene) -> Subject:
    mandate = scene.mandates[debit.mandate]
    return Subject(
        id=debit.id,
        customer=debit.debtor,
        debtor_account=str(debit.debit_account),
        creditor_account=str(debit.credit_account),
        creditor_name=mandate.creditor_name,
        creditor_agent=None,
        amount=debit.amount,
        currency=debit.currency,
        purpose=mandate.purpose,
        remittance=debit.remittance,
    )


async def _post(
    tx: Transaction, debits: Sequence[DirectDebit], passing: Collection[UUID], scene: Scene
) -> list[DirectDebit]:
    going = [one for one in debits if one.id in passing]
    told = await ledger.post_transfers(
        tx,
        [
            ledger.NewTransfer(
                id=one.id,
                debit=one.debit_account,
                credit=one.credit_account,
                amount=one.amount,
                currency=one.currency,
                reference=one.end_to_end_id or None,
                description=one.remittance or None,
            )
            for one in going
        ],
    )
    after = {one.id: _after(one, outcome, scene) for one, outcome in zip(going, told, strict=True)}
    return [after.get(one.id, one) for one in debits]


def _after(debit: DirectDebit, outcome: ledger.Outcome, scene: Scene) -> DirectDebit:
    """Where a debit is once the books have answered."""
    today = scene.days[debit.cell]
    tried = replace(debit, tries=debit.tries + 1)
    if outcome.status == "posted":
        until = today + timedelta(days=scene.terms[debit.cell].refund_days)
        settled = replace(tried, state=DebitState.SETTLED, taken_on=today, refund_until=until)
        return replace(settled, reason_code=None, reason=None)
    code = outcome.code if outcome.status == "rejected" else "id_reused"
    refusal = Refusal(*_TOLD.get(code or "", (_BLOCKED, "an account is blocked")))
    if refusal.code == "insufficient_funds":
        day = next_try(debit.due_on, today, debit.retry_days, scene.terms[debit.cell])
        mandate = scene.mandates[debit.mandate]
        if day is not None and (mandate.valid_to is None or day <= mandate.valid_to):
            if scene.uses[debit.mandate].move(debit, day) is None:
                return _told(replace(tried, taken_on=day), refusal)
            return _told(replace(tried, state=DebitState.REJECTED), refusal)
    return _rejected(tried, refusal, scene)


def _rejected(debit: DirectDebit, refusal: Refusal, scene: Scene) -> DirectDebit:
    scene.uses[debit.mandate].give_back(debit.amount, debit.taken_on)
    return _told(replace(debit, state=DebitState.REJECTED), refusal)


def _told(debit: DirectDebit, refusal: Refusal) -> DirectDebit:
    return replace(debit, reason_code=refusal.code, reason=refusal.detail)
