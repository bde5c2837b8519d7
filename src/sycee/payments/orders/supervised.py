"""Payments from supervised accounts: they wait as received until their supervisor releases them.

What the agreement on the account does not allow (another purpose or payee, too much) is refused when it is
instructed. The books know the status too: whatever does not come this way, they refuse themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from sycee.database import Int2Array, Int8Array, TextArray, Transaction, UuidArray
from sycee.kernel import clock
from sycee.kernel.money import Amount
from sycee.payments.orders.drafts import Draft
from sycee.payments.orders.new_payments import Refusal
from sycee.payments.orders.permitting import permitted
from sycee.payments.orders.states import PaymentState, bits

AWAITING = Refusal("awaiting_release", "the account is supervised: the payment waits for its release")
ESCROW_REFUSED = "escrow_refused"


class Supervision(msgspec.Struct, frozen=True, kw_only=True):
    """What was agreed on a supervised account, and how much was paid out of it so far (minor units).

    ``payees`` are accounts with their banks ("" for this one); without any, everybody may be paid.
    """

    agreement: UUID
    cell: int
    account: int
    currency: str
    purposes: frozenset[str]
    payees: frozenset[tuple[str, str]]
    single_limit: int | None
    total_limit: int | None
    paid: int

    def problem(self, payee: tuple[str, str], purpose: str, amount: int) -> str | None:
        """Why it pays no such thing; None when it may, with its supervisor's yes."""
        if self.purposes and purpose not in self.purposes:
            allowed = ", ".join(sorted(self.purposes))
            return (
                f"account {self.account} is supervised and pays for {allowed}, not for {purpose or 'nothing'}"
            )
        if self.payees and payee not in self.payees:
            return f"account {self.account} is supervised, and {payee[0]} is not among the payees agreed on"
        if self.single_limit is not None and amount > self.single_limit:
            most = self._text(self.single_limit)
            return f"account {self.account} is supervised and pays {most} at once at most"
        if self.total_limit is not None and self.paid + amount > self.total_limit:
            left = max(self.total_limit - self.paid, 0)
            return f"account {self.account} is supervised, and {self._text(left)} are left of what it may pay"
        return None

    def _text(self, amount: int) -> str:
        return f"{Amount(amount, self.currency).text()} {self.currency}"


async def supervisions(tx: Transaction, accounts: Sequence[int]) -> dict[int, Supervision]:
    """What is agreed on those of the accounts that are supervised now."""
    cursor = await tx.execute(
        """
        SELECT a.id, a.cell, a.account, a.currency, a.purposes, a.single_limit, a.total_limit,
               ARRAY(SELECT ARRAY[y.creditor_account, y.creditor_agent] FROM escrow_payees y
                     WHERE y.cell = a.cell AND y.agreement = a.id),
               (SELECT coalesce(sum(p.amount - p.returned), 0)::bigint FROM escrow_releases r
                JOIN payments p ON p.cell = r.cell AND p.id = r.payment
                WHERE r.cell = a.cell AND r.agreement = a.id AND r.state = 'released'
                      AND p.state NOT IN (9, 11, 12))
        FROM unnest(%b) AS n(account)
        JOIN escrow_agreements a ON a.cell = n.account / 1000000000000000 AND a.account = n.account
             AND a.ended_at IS NULL
        """,
        (Int8Array(sorted(set(accounts))),),
    )
    return {row[2]: _supervision(row) for row in await cursor.fetchall()}


def _supervision(row: Sequence[Any]) -> Supervision:
    agreement, cell, account, currency, purposes, single, total, payees, paid = row
    return Supervision(
        agreement=agreement,
        cell=cell,
        account=account,
        currency=currency,
        purposes=frozenset(purposes),
        payees=frozenset((number, agent) for number, agent in payees),
        single_limit=single,
        total_limit=total,
        paid=paid,
    )


def payee_of(draft: Draft) -> tuple[str, str]:
    """The payee as agreements name it: the account, and the bank unless it is this one."""
    return draft.payment.creditor_account, "" if draft.own else draft.payment.creditor_agent or ""


async def hold_for_release(tx: Transaction, drafts: Sequence[Draft]) -> None:
    """Let new payments from supervised accounts wait, or refuse what was not agreed on."""
    found = await supervisions(tx, [draft.payment.debit_account for draft in drafts]) if drafts else {}
    if not found:
        return
    for draft in drafts:
        draft.supervised = draft.payment.debit_account in found
    for draft in await permitted(tx, [draft for draft in drafts if draft.supervised]):
        payment = draft.payment
        problem = found[payment.debit_account].problem(payee_of(draft), payment.purpose, payment.amount)
        if problem is None:
            draft.passed, draft.state = bits(PaymentState.RECEIVED), PaymentState.RECEIVED
            draft.refusal = AWAITING
        else:
            draft.goes(PaymentState.REJECTED)
            draft.refusal = Refusal(ESCROW_REFUSED, problem)


async def write_waiting(tx: Transaction, drafts: Sequence[Draft]) -> None:
    """Write down what waits for release."""
    if not drafts:
        return
    found = [draft.payment for draft in drafts]
    await tx.execute(
        "INSERT INTO escrow_releases (cell, payment, agreement, amount, currency, creditor_account,"
        " creditor_name, creditor_agent, purpose, remittance, asked_by, asked_at, state)"
        " SELECT n.cell, n.id, a.id, n.amount, a.currency, n.account, n.name, n.agent, n.purpose,"
        " n.remittance, n.actor, %s, 'waiting'"
        " FROM unnest(%b, %b, %b, %b, %b, %b, %b, %b, %b, %b)"
        " AS n(cell, id, debit, amount, account, name, agent, purpose, remittance, actor)"
        " JOIN escrow_agreements a ON a.cell = n.cell AND a.account = n.debit AND a.ended_at IS NULL",
        (
            clock.now(),
            Int2Array([draft.cell for draft in drafts]),
            UuidArray([payment.id for payment in found]),
            Int8Array([payment.debit_account for payment in found]),
            Int8Array([payment.amount for payment in found]),
            TextArray([payment.creditor_account for payment in found]),
            TextArray([payment.creditor_name for payment in found]),
            TextArray([payment.creditor_agent for payment in found]),
            TextArray([payment.purpose for payment in found]),
            TextArray([payment.remittance for payment in found]),
            TextArray([draft.actor for draft in drafts]),
        ),
    )


async def released(tx: Transaction, drafts: Sequence[Draft]) -> list[Draft]:
    """The known payments that may go on: of supervised accounts, those that were released.

    What was instructed before its account came under supervision, and waited for its day, is rejected.
    """
    found = await supervisions(tx, [draft.payment.debit_account for draft in drafts]) if drafts else {}
    if not found:
        return list(drafts)
    for draft in drafts:
        draft.supervised = draft.payment.debit_account in found
    cursor = await tx.execute(
        "SELECT payment FROM escrow_releases WHERE payment = ANY(%b) AND state = 'released'",
        (UuidArray([draft.payment.id for draft in drafts if draft.supervised]),),
    )
    agreed = {payment for (payment,) in await cursor.fetchall()}
    going = []
    for draft in drafts:
        if draft.supervised and draft.payment.id not in agreed:
            draft.goes(PaymentState.REJECTED)
            draft.refusal = Refusal(
                ESCROW_REFUSED, "the account came under supervision meanwhile: instruct the payment again"
            )
        else:
            going.append(draft)
    return going


async def close_releases(tx: Transaction, cancelled: Sequence[UUID]) -> None:
    """Nobody is asked any more to release what was taken back."""
    if cancelled:
        await tx.execute(
            "UPDATE escrow_releases SET state = 'cancelled', decided_at = %s"
            " WHERE payment = ANY(%b) AND state = 'waiting'",
            (clock.now(), UuidArray(list(cancelled))),
        )
