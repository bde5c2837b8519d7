"""Trial balance, cells and the bank's own state on the wire."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta

from sycee.api.schemas.common import Cell, CurrencyCode, Money, Wire


class TrialBalanceLine(Wire):
    """One subject in one currency."""

    subject: str
    currency: CurrencyCode
    debit: Annotated[Money, Meta(description="Net debit balance; zero when the net is a credit.")]
    credit: Annotated[Money, Meta(description="Net credit balance; zero when the net is a debit.")]


class TrialBalanceTotal(Wire):
    """Both sides of one currency: they are equal, or the books are broken."""

    currency: CurrencyCode
    debit: Money
    credit: Money
    balanced: bool


class TrialBalance(Wire):
    """Every subject's balance, and that debits equal credits."""

    on: Annotated[date | None, Meta(description="End of that business date; null is now.")]
    cell: Annotated[Cell | None, Meta(description="One cell only; null is the whole bank.")]
    lines: list[TrialBalanceLine]
    totals: list[TrialBalanceTotal]


class NewCell(Wire):
    """A cell to create."""

    cell: Cell
    name: Annotated[str, Meta(min_length=1, max_length=100, examples=["Shanghai"])]
    business_date: date


class CellState(Wire):
    """A cell and the business date it stands at."""

    cell: Cell
    name: str
    business_date: date


class Cells(Wire):
    """Every cell of the bank."""

    cells: list[CellState]


class BusinessDateAdvance(Wire):
    """Move a cell to a later business date."""

    to: Annotated[date, Meta(description="The new business date; later than the present one.")]


class DatabaseState(Wire):
    """Whether the database answers and takes writes, and which migration it stands at."""

    state: Literal["up", "read_only", "down"]
    migration: str | None


class Health(Wire):
    """Whether this process can serve."""

    status: Literal["ready", "unavailable"]
    version: str
    database: DatabaseState


class Liveness(Wire):
    """That this process runs."""

    status: Literal["live"]
    version: str
