"""How much may be debited under a mandate, and what of it is used.

What waits counts to the day on which it is to be taken, as what was taken does, also when it came back later:
a mandate bounds what leaves the payer's account. Whoever reads the use of a mandate holds its row, so two
lists at the same time never share what is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from sycee.database import DateArray, Int2Array, Transaction, UuidArray
from sycee.kernel.money import Amount
from sycee.payments.debits.mandates import DebitMandate
from sycee.payments.debits.records import DirectDebit
from sycee.payments.orders.new_payments import Refusal

_EVER = date(2000, 1, 1)


class Use:
    """What is used of one mandate: amounts by day, and how many debits there were in all."""

    def __init__(self, mandate: DebitMandate, days: Iterable[tuple[date, int, int]] = ()) -> None:
        """``days`` are days with the number of debits and their sum."""
        self._mandate = mandate
        self._sums: dict[date, int] = {}
        self._count = 0
        for day, count, total in days:
            self._sums[day] = total
            self._count += count

    def breach(self, amount: int, day: date) -> Refusal | None:
        """Which limit one more debit of that amount would break on that day; None when it breaks none."""
        mandate = self._mandate
        if mandate.debits_most is not None and self._count >= mandate.debits_most:
            return Refusal("mandate_used_up", f"the mandate allows {mandate.debits_most} debits in all")
        this_month = sum(
            total for one, total in self._sums.items() if (one.year, one.month) == (day.year, day.month)
        )
        for limit, used, what in (
            (mandate.per_debit, 0, "at once"),
            (mandate.per_day, self._sums.get(day, 0), f"on {day}"),
            (mandate.per_month, this_month, f"in {day:%Y-%m}"),
        ):
            if limit is not None and used + amount > limit:
                most = Amount(limit, mandate.currency)
                return Refusal("mandate_limit", f"the mandate allows {most.text()} {what}")
        return None

    def take(self, amount: int, day: date) -> None:
        """Count one more debit to a day."""
        self._sums[day] = self._sums.get(day, 0) + amount
        self._count += 1

    def give_back(self, amount: int, day: date) -> None:
        """Count one debit less to a day."""
        self._sums[day] = self._sums.get(day, 0) - amount
        self._count -= 1

    def move(self, debit: DirectDebit, day: date) -> Refusal | None:
        """Count a debit to another day than its own, if the limits allow it; else it counts no more."""
        self.give_back(debit.amount, debit.taken_on)
        refusal = self.breach(debit.amount, day)
        if refusal is None:
            self.take(debit.amount, day)
        return refusal


async def read_use(
    tx: Transaction, mandates: Sequence[DebitMandate], days: Mapping[int, date]
) -> dict[UUID, Use]:
    """What is used of mandates that the caller holds; ``days`` are the present business dates of cells.

    Days before this month are read only where debits are counted.
    """
    limited = [one for one in mandates if (one.per_day, one.per_month, one.debits_most) != (None,) * 3]
    found: dict[UUID, list[tuple[date, int, int]]] = {}
    if limited:
        cursor = await tx.execute(
            "SELECT d.mandate, d.taken_on, count(*), sum(d.amount)"
            " FROM unnest(%b, %b, %b) AS w(cell, mandate, since)"
            " JOIN direct_debits d ON d.cell = w.cell AND d.mandate = w.mandate AND d.taken_on >= w.since"
            "  AND d.state IN ('waiting', 'stopped', 'settled', 'returned', 'reversed')"
            " GROUP BY 1, 2",
            (
                Int2Array([one.cell for one in limited]),
                UuidArray([one.id for one in limited]),
                DateArray(
                    [
                        _EVER if one.debits_most is not None else days[one.cell].replace(day=1)
                        for one in limited
                    ]
                ),
            ),
        )
        for mandate, day, count, total in await cursor.fetchall():
            found.setdefault(mandate, []).append((day, count, int(total)))
    return {one.id: Use(one, found.get(one.id, ())) for one in mandates}
