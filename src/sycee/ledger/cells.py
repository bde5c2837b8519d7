"""Cells: each a set of books with an order of events and a business date of its own."""

from __future__ import annotations

from datetime import date

import msgspec

from sycee.database import Transaction
from sycee.kernel.ids import FIRST_CELL, LAST_CELL
from sycee.ledger.errors import BusinessDateNotLater, CellExists, CellNotFound, InvalidCell


class Cell(msgspec.Struct, frozen=True):
    """A cell: its number (100 to 999), name, present business date, and last position and batch posted."""

    cell: int
    name: str
    business_date: date
    position: int
    batch: int


async def create_cell(tx: Transaction, cell: int, name: str, business_date: date) -> Cell:
    """Create a cell with its first business date; the same once more answers with the cell as it is.

    Raises InvalidCell, and CellExists when the cell is there under another name.
    """
    if not FIRST_CELL <= cell <= LAST_CELL:
        raise InvalidCell(f"{cell} is not between {FIRST_CELL} and {LAST_CELL}")
    await tx.execute(
        "INSERT INTO cells (cell, name, business_date) VALUES (%s, %s, %s) ON CONFLICT (cell) DO NOTHING",
        (cell, name, business_date),
    )
    found = await get_cell(tx, cell)
    if found.name != name:
        raise CellExists(f"cell {cell} exists under the name {found.name!r}")
    return found


async def get_cell(tx: Transaction, cell: int) -> Cell:
    """The cell with this number. Raises CellNotFound."""
    found = await _select(tx, cell)
    if not found:
        raise CellNotFound(f"there is no cell {cell}")
    return found[0]


async def list_cells(tx: Transaction) -> list[Cell]:
    """Every cell, by number."""
    return await _select(tx, None)


async def _select(tx: Transaction, cell: int | None) -> list[Cell]:
    cursor = await tx.execute(
        "SELECT cell, name, business_date, position, batch FROM cells "
        "WHERE cell = coalesce(%s::smallint, cell) ORDER BY cell",
        (cell,),
    )
    return [Cell(*row) for row in await cursor.fetchall()]


async def advance_business_date(tx: Transaction, cell: int, to: date) -> Cell:
    """Post the marker after which whatever is posted in the cell belongs to ``to``; nothing stops for it.

    Advancing to the date the cell has already answers with the cell as it is.
    Raises CellNotFound, and BusinessDateNotLater for a date before the present one.
    """
    cursor = await tx.execute("SELECT business_date FROM cells WHERE cell = %s FOR NO KEY UPDATE", (cell,))
    row = await cursor.fetchone()
    if row is None:
        raise CellNotFound(f"there is no cell {cell}")
    if to < row[0]:
        raise BusinessDateNotLater(f"cell {cell} is at {row[0]}, {to} is before that")
    if to > row[0]:
        await tx.execute("UPDATE cells SET business_date = %s WHERE cell = %s", (to, cell))
        await tx.execute(
            "SELECT ledger_close_batch(cell, 0, greatest(clock_timestamp(), booked_at), NULL) "
            "FROM cells WHERE cell = %s",
            (cell,),
        )
    return await get_cell(tx, cell)
