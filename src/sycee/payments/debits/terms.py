"""The terms of direct debits as dated data: calendar, refund right, and how long may be tried again."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from sycee.components import CalendarNotFound, calendar
from sycee.database import Transaction
from sycee.kernel import clock
from sycee.kernel.calendars import Calendar
from sycee.payments.debits.errors import InvalidDebitTerms

_MOST_REFUND_DAYS, _MOST_RETRY_DAYS = 3650, 365


class NewDebitTerms(msgspec.Struct, frozen=True, kw_only=True):
    """Terms from a day on.

    ``calendar`` is that of due dates. For ``refund_days`` after a debit was taken its payer may have it
    returned; a payee may have it tried again for ``retry_days_most`` business days.
    """

    valid_from: date
    calendar: str
    refund_days: int
    retry_days_most: int


class DebitTerms(NewDebitTerms, frozen=True, kw_only=True):
    """Terms with who set them, and when."""

    set_by: str
    set_at: datetime

    def days(self) -> Calendar:
        """The calendar itself."""
        return calendar(self.calendar)


_SELECT = "SELECT valid_from, calendar, refund_days, retry_days_most, set_by, set_at FROM debit_terms"


async def list_debit_terms(tx: Transaction) -> list[DebitTerms]:
    """All terms, those of the latest day first."""
    cursor = await tx.execute(f"{_SELECT} ORDER BY valid_from DESC".encode())
    return [_terms(row) for row in await cursor.fetchall()]


async def debit_terms_on(tx: Transaction, day: date) -> DebitTerms:
    """The terms that hold on a day."""
    query = f"{_SELECT} WHERE valid_from <= %s ORDER BY valid_from DESC LIMIT 1"
    row = await (await tx.execute(query.encode(), (day,))).fetchone()
    if row is None:
        raise InvalidDebitTerms(f"no terms of direct debits hold on {day}")
    return _terms(row)


def _terms(row: tuple[object, ...]) -> DebitTerms:
    return DebitTerms(**dict(zip(DebitTerms.__struct_fields__, row, strict=True)))  # type: ignore[arg-type]


async def set_debit_terms(tx: Transaction, new: NewDebitTerms, *, by: str) -> DebitTerms:
    """Set terms from a day to come; what was taken before keeps its own. Raises InvalidDebitTerms."""
    await check_debit_terms(tx, new)
    cursor = await tx.execute(
        "INSERT INTO debit_terms (valid_from, calendar, refund_days, retry_days_most, set_by, set_at)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (new.valid_from, new.calendar, new.refund_days, new.retry_days_most, by, clock.now()),
    )
    if not cursor.rowcount:
        raise InvalidDebitTerms(f"there are terms from {new.valid_from} on already")
    return await debit_terms_on(tx, new.valid_from)


async def check_debit_terms(tx: Transaction, new: NewDebitTerms) -> None:
    """Refuse terms that could never hold. Raises InvalidDebitTerms."""
    try:
        calendar(new.calendar)
    except CalendarNotFound as problem:
        raise InvalidDebitTerms(problem.detail) from problem
    if not 0 <= new.refund_days <= _MOST_REFUND_DAYS or not 0 <= new.retry_days_most <= _MOST_RETRY_DAYS:
        raise InvalidDebitTerms(
            f"a refund right lasts 0 to {_MOST_REFUND_DAYS} days, and there are 0 to {_MOST_RETRY_DAYS} days"
            " on which may be tried again"
        )
    row = await (await tx.execute("SELECT max(business_date) FROM cells")).fetchone()
    latest = row[0] if row else None
    if latest is not None and new.valid_from <= latest:
        raise InvalidDebitTerms(f"terms hold from a day to come, and {new.valid_from} is none")
