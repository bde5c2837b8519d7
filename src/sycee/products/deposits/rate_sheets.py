"""Rates for reckoning: the formulas of the components ask for them one by one, the database is asked here.

A formula is plain Python and cannot wait for the database. So it is run, and run again each time it asks
for a rate that is not there yet; once a sheet knows the rates of a day, a block of deposits shares them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TypeVar

from sycee.database import Transaction
from sycee.products.interest.rates import rate_on

T = TypeVar("T")
RateOn = Callable[[str, date], Decimal]


class _RateWanted(Exception):
    """A rate that is not on the sheet."""

    def __init__(self, key: str, day: date) -> None:
        super().__init__(key, day)
        self.key = key
        self.day = day


class RateSheet:
    """The rates that were asked for so far, by key and day."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._rates: dict[tuple[str, date], Decimal] = {}

    def _rate(self, key: str, day: date) -> Decimal:
        found = self._rates.get((key, day))
        if found is None:
            raise _RateWanted(key, day)
        return found

    async def reckon(self, formula: Callable[[RateOn], T]) -> T:
        """What a formula comes to. Raises RateNotFound when the bank has no rate of that key and day."""
        while True:
            try:
                return formula(self._rate)
            except _RateWanted as wanted:
                self._rates[wanted.key, wanted.day] = await rate_on(self._tx, wanted.key, wanted.day)
