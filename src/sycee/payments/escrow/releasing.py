"""Releasing payments from supervised accounts: those whom the agreement names, and never who instructed.

A yes counts once a person. On the last one that is needed the payment goes on in the same transaction:
screened, then settled or held for its rail, or kept for its day. A no rejects it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Literal
from uuid import UUID

import msgspec

from sycee import ledger
from sycee.database import Transaction, UuidArray, as_bank
from sycee.identity import Standing, standings
from sycee.kernel import clock
from sycee.payments.escrow.records import Escrow, get_escrow
from sycee.payments.orders.moving import Move, Moved, impossible, lock_payments, missing, once, write_moves
from sycee.payments.orders.parties import own_agents
from sycee.payments.orders.records import Payment
from sycee.payments.orders.states import PaymentState
from sycee.payments.orders.supervised import ESCROW_REFUSED, supervisions
from sycee.payments.orders.waiting import carry_out


class ReleaseDecision(msgspec.Struct, frozen=True, kw_only=True):
    """A releaser's yes or no to one payment."""

    payment: UUID
    vote: Literal["yes", "no"]
    reason: str = ""


async def decide_releases(tx: Transaction, decisions: Sequence[ReleaseDecision], *, by: UUID) -> list[Moved]:
    """Say yes or no to payments; an outcome each, in order: how the payment stands, or why nothing was said.

    Codes: ``payment_not_found`` (no such payment waits, or not for this customer), ``not_possible``,
    ``not_a_releaser``, ``releaser_is_maker``, ``escrow_refused`` (beyond the agreement by now), and those
    with which a released payment was rejected.
    """
    ids = once([decision.payment for decision in decisions])
    # Behind the wall a customer finds what it is a party to; deciding is the bank's part.
    cursor = await tx.execute(
        "SELECT payment FROM escrow_releases WHERE payment = ANY(%b)", (UuidArray(ids),)
    )
    seen = {payment for (payment,) in await cursor.fetchall()}
    outcomes = []
    async with as_bank(tx):
        held = await lock_payments(tx, [id for id in ids if id in seen])
        who = (await standings(tx, [by], lock=True)).get(by)
        for decision in decisions:
            payment = held.get(decision.payment)
            if payment is None:
                outcomes.append(missing(decision.payment))
            else:
                outcomes.append(await _decide(tx, decision, payment, by, who))
    return outcomes


async def _decide(
    tx: Transaction, decision: ReleaseDecision, payment: Payment, by: UUID, who: Standing | None
) -> Moved:
    cursor = await tx.execute(
        "SELECT agreement, state FROM escrow_releases WHERE cell = %s AND payment = %s FOR NO KEY UPDATE",
        (payment.cell, payment.id),
    )
    row = await cursor.fetchone()
    assert row is not None, "the payment was found among the releases"
    agreement, state = row
    escrow = await get_escrow(tx, agreement, lock=True)
    problem = await _not_releaser(tx, escrow, payment, who)
    if problem is not None:
        return Moved(payment.id, payment.state, *problem)
    if state != "waiting":
        again = {"yes": "released", "no": "refused"}[decision.vote] == state
        said = Moved(payment.id, payment.state, again=True)
        return said if again else impossible(payment, f"its release is {state}")
    assert who is not None
    await _write_vote(tx, decision, payment, by, who)
    if decision.vote == "no":
        return await _refuse(tx, decision, payment, by)
    return await _release(tx, decision, payment, escrow, by)


async def _not_releaser(
    tx: Transaction, escrow: Escrow, payment: Payment, who: Standing | None
) -> tuple[str, str] | None:
    """Why somebody may not decide on this payment."""
    if who is None or not who.active or who.id not in escrow.releasers:
        return "not_a_releaser", f"the agreement on account {escrow.account} does not name you as a releaser"
    if who.customer is not None and who.customer != escrow.supervisor:
        return "not_a_releaser", "you are not the supervisor's"
    with suppress(ValueError):
        maker = UUID(payment.submitted_by)
        found = (await standings(tx, [maker])).get(maker)
        if maker == who.id or (found is not None and found.human == who.human):
            return "releaser_is_maker", "who instructed a payment does not release it"
    return None


async def _write_vote(
    tx: Transaction, decision: ReleaseDecision, payment: Payment, by: UUID, who: Standing
) -> None:
    await tx.execute(
        "INSERT INTO escrow_votes (cell, payment, principal, human, vote, reason, voted_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (cell, payment, human) DO UPDATE"
        " SET principal = excluded.principal, vote = excluded.vote, reason = excluded.reason,"
        " voted_at = excluded.voted_at",
        (payment.cell, payment.id, by, who.human, decision.vote, decision.reason, clock.now()),
    )


async def _refuse(tx: Transaction, decision: ReleaseDecision, payment: Payment, by: UUID) -> Moved:
    await _close(tx, payment, "refused")
    move = Move(
        payment=payment.id,
        to=PaymentState.REJECTED,
        actor=str(by),
        reason_code="release_refused",
        text=decision.reason or "the supervisor refused it",
    )
    await write_moves(tx, [move], {payment.id: payment})
    return Moved(payment.id, PaymentState.REJECTED)


async def _release(
    tx: Transaction, decision: ReleaseDecision, payment: Payment, escrow: Escrow, by: UUID
) -> Moved:
    """Let the payment go on, if enough releasers have agreed and it is within the agreement still."""
    said = await _persons_for(tx, payment, escrow)
    if said < escrow.releases_needed:
        detail = f"{said} of {escrow.releases_needed} releasers have agreed"
        return Moved(payment.id, payment.state, detail=detail)
    own = payment.creditor_agent is None or payment.creditor_agent in await own_agents(tx)
    payee = (payment.creditor_account, "" if own else payment.creditor_agent or "")
    agreed = (await supervisions(tx, [escrow.account]))[escrow.account]
    problem = agreed.problem(payee, payment.purpose, payment.amount)
    if problem is not None:
        return Moved(payment.id, payment.state, ESCROW_REFUSED, problem)
    await _close(tx, payment, "released")
    reason = ("released", decision.reason or f"{said} of {escrow.releases_needed} releasers agreed")
    today = (await ledger.get_cell(tx, payment.cell)).business_date
    if payment.due_on > today:
        move = Move(
            payment=payment.id,
            through=(PaymentState.VALIDATED,),
            to=PaymentState.APPROVED,
            actor=str(by),
            reason_code=reason[0],
            text=reason[1],
        )
        await write_moves(tx, [move], {payment.id: payment})
        return Moved(payment.id, PaymentState.APPROVED)
    through = (PaymentState.VALIDATED, PaymentState.APPROVED)
    (told,) = await carry_out(tx, [payment], [str(by)], reason=reason, through=through)
    return Moved(payment.id, told.state, told.code, told.detail)


async def _persons_for(tx: Transaction, payment: Payment, escrow: Escrow) -> int:
    """How many persons have said yes who are named and active at this moment."""
    cursor = await tx.execute(
        "SELECT principal FROM escrow_votes WHERE cell = %s AND payment = %s AND vote = 'yes'",
        (payment.cell, payment.id),
    )
    voters = [principal for (principal,) in await cursor.fetchall() if principal in escrow.releasers]
    found: Mapping[UUID, Standing] = await standings(tx, voters, lock=True)
    return len({one.human for one in found.values() if one.active})


async def _close(tx: Transaction, payment: Payment, state: str) -> None:
    await tx.execute(
        "UPDATE escrow_releases SET state = %s, decided_at = %s WHERE cell = %s AND payment = %s",
        (state, clock.now(), payment.cell, payment.id),
    )
