"""What can be said against a direct debit before the books are asked: its mandate, its day, its payer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

import msgspec

from sycee import ledger
from sycee.components import CalendarNotPublished
from sycee.database import Transaction
from sycee.kernel.money import CURRENCIES, MAX_MINOR
from sycee.payments.debits.blocks import blocked_pairs
from sycee.payments.debits.limits import Use, read_use
from sycee.payments.debits.mandates import DebitMandate, MandateState
from sycee.payments.debits.records import NewDirectDebit
from sycee.payments.debits.terms import DebitTerms, debit_terms_on
from sycee.payments.orders.new_payments import LONGEST, Refusal


class Scene(msgspec.Struct):
    """What a list of debits is judged by; the mandates are held by the caller.

    ``days`` and ``terms`` are the present business dates of the cells and the terms that hold on them,
    ``blocked`` the pairs of payers and payees that are blocked.
    """

    mandates: Mapping[UUID, DebitMandate]
    days: Mapping[int, date]
    terms: Mapping[int, DebitTerms]
    uses: Mapping[UUID, Use]
    blocked: Collection[tuple[UUID, UUID]]

    def refuses(self, mandate: DebitMandate, day: date) -> Refusal | None:
        """Why nothing may be taken under a mandate on a day, limits aside; None when it may."""
        if mandate.state in _CLOSED:
            return Refusal(*_CLOSED[mandate.state])
        if day < mandate.valid_from or (mandate.valid_to is not None and day > mandate.valid_to):
            until = f" to {mandate.valid_to}" if mandate.valid_to else " on"
            return Refusal(
                "mandate_expired", f"the mandate holds from {mandate.valid_from}{until}, not {day}"
            )
        if (mandate.debtor, mandate.creditor) in self.blocked:
            return Refusal("creditor_blocked", "the payer wants no debits of this payee")
        return None


_CLOSED = {
    MandateState.PROPOSED: ("mandate_not_signed", "the payer has not signed the mandate"),
    MandateState.SUSPENDED: ("mandate_suspended", "the payer has suspended the mandate"),
    MandateState.CANCELLED: ("mandate_cancelled", "the mandate was cancelled"),
}


async def scene_of(tx: Transaction, mandates: Mapping[UUID, DebitMandate]) -> Scene:
    """What is known of mandates that the caller holds."""
    known = list(mandates.values())
    days = {cell.cell: cell.business_date for cell in await ledger.list_cells(tx)}
    by_day = {day: await debit_terms_on(tx, day) for day in {days[one.cell] for one in known}}
    return Scene(
        mandates=mandates,
        days=days,
        terms={cell: by_day[day] for cell, day in days.items() if day in by_day},
        uses=await read_use(tx, known, days),
        blocked=await blocked_pairs(tx, {one.debtor for one in known}, {one.creditor for one in known}),
    )


def flaw_of(new: NewDirectDebit) -> Refusal | None:
    """What forbids a debit whatever its mandate says; None when nothing does."""
    if not 0 < new.amount <= MAX_MINOR:
        return Refusal("invalid_amount", f"an amount is from 1 to {MAX_MINOR} minor units")
    if new.currency not in CURRENCIES:
        return Refusal("unknown_currency", f"{new.currency[:12]!r} is not an active ISO 4217 currency")
    if not (new.end_to_end_id + new.remittance).isprintable():
        return Refusal("invalid_text", "a text holds control characters")
    for name in ("end_to_end_id", "remittance"):
        if len(getattr(new, name)) > LONGEST[name]:
            return Refusal("text_too_long", f"{name} has more than {LONGEST[name]} characters")
    return None


def mismatch(new: NewDirectDebit, mandate: DebitMandate | None) -> Refusal | None:
    """Why a debit is not one of the mandate that it names; None when it is."""
    if mandate is None:
        return Refusal(
            "debit_mandate_not_found", f"there is no mandate {new.mandate_reference[:60]!r} of the payee"
        )
    if (new.credit_account, new.debit_account) != (mandate.credit_account, mandate.debit_account):
        return Refusal("mandate_mismatch", "the mandate names other accounts")
    if new.currency != mandate.currency:
        return Refusal("currency_mismatch", f"the mandate is in {mandate.currency}")
    return None


def due_day(new: NewDirectDebit, today: date, terms: DebitTerms) -> date | Refusal:
    """The business day on which a debit is due."""
    if new.due_on is not None and new.due_on < today:
        return Refusal("execution_date_past", f"{new.due_on} is past: the present business date is {today}")
    if not 0 <= new.retry_days <= terms.retry_days_most:
        return Refusal("retry_too_long", f"it may be tried again for 0 to {terms.retry_days_most} days")
    try:
        return terms.days().on_or_after(new.due_on or today)
    except CalendarNotPublished as problem:
        return Refusal(problem.code, problem.detail)


def next_try(due_on: date, today: date, retry_days: int, terms: DebitTerms) -> date | None:
    """The business day after today, when it is one of those on which a debit is tried again."""
    calendar = terms.days()
    day = due_on
    for _ in range(retry_days):
        try:
            day = calendar.next_business_day(day)
        except CalendarNotPublished:
            return None
        if day > today:
            return day
    return None


def distinct(values: Sequence[UUID]) -> list[UUID]:
    """The ids, each the first time it occurs."""
    return list(dict.fromkeys(values))
