"""Seals: each batch's hash chains it to the batch before in its cell; a day's last one is signed.

Verifying recomputes every seal from the rows as they are now, by the same function that posting uses, and
compares. A changed, missing or added row breaks the seal of its batch, which is named. To hide a change one
would have to recompute all later seals and forge the signatures of all days since.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from sycee.database import Database, Transaction
from sycee.kernel import clock
from sycee.ledger.cells import Cell, list_cells
from sycee.ledger.seal_keys import PublicKeys, SealKeys, day_message

_CHUNK = 64  # batches recomputed by one statement


class Break(msgspec.Struct, frozen=True):
    """A batch (0: the cell as a whole) whose rows do not agree with its seal."""

    cell: int
    batch: int
    detail: str


class VerificationResult(msgspec.Struct, frozen=True):
    """What was verified, and where it does not hold. Transfers across cells count once a cell."""

    batches: int
    transfers: int
    signed_days: int
    breaks: list[Break]


class DaySeal(msgspec.Struct, frozen=True):
    """A signed day of a cell."""

    cell: int
    business_date: date
    batch: int


async def sign_days(tx: Transaction, keys: SealKeys) -> list[DaySeal]:
    """Sign the last seal of every business date that is over and not signed yet; returns those days."""
    cursor = await tx.execute(
        """
        SELECT h.cell, day.business_date, day.batch, b.seal
        FROM cells h
        CROSS JOIN LATERAL (
            SELECT business_date, max(batch) AS batch FROM batches
            WHERE cell = h.cell AND business_date < h.business_date
                  AND business_date > coalesce(
                      (SELECT max(business_date) FROM day_seals WHERE cell = h.cell), '-infinity')
            GROUP BY business_date) AS day
        JOIN batches b ON b.cell = h.cell AND b.batch = day.batch
        ORDER BY h.cell, day.business_date
        """
    )
    due = await cursor.fetchall()
    if due:
        await keep_public_keys(tx, keys.public)
    signed_at = clock.now()
    for cell, business_date, batch, seal in due:
        signatures = keys.sign(day_message(cell, business_date, batch, seal, signed_at))
        await tx.execute(
            """
            INSERT INTO day_seals (cell, business_date, batch, seal, key_id, ed25519, ml_dsa_65, signed_at)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
            """,
            (cell, business_date, batch, seal, keys.public.id, *signatures, signed_at),
        )
    return [DaySeal(cell, business_date, batch) for cell, business_date, batch, _ in due]


async def keep_public_keys(tx: Transaction, keys: PublicKeys) -> None:
    """Keep the public halves of keys that something is signed with."""
    await tx.execute(
        "INSERT INTO seal_keys (id, ed25519, ml_dsa_65) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (keys.id, keys.ed25519, keys.ml_dsa_65),
    )


async def public_keys(tx: Transaction) -> list[PublicKeys]:
    """The public halves of all keys that anything was signed with, the newest first."""
    cursor = await tx.execute("SELECT ed25519, ml_dsa_65 FROM seal_keys ORDER BY created_at DESC, id")
    return [PublicKeys(*row) for row in await cursor.fetchall()]


async def verify_seals(
    database: Database,
    progress: Callable[[int], None] = lambda _batches: None,
    *,
    trusted_keys: Mapping[str, PublicKeys] | None = None,
) -> VerificationResult:
    """Recompute the chain of every cell, beside live traffic, and check the signatures of its days.

    ``progress`` is called with the number of batches just verified. ``trusted_keys`` are public keys by id
    from outside the database; without them, the ones in the database are believed.
    """
    breaks: list[Break] = []
    batches = transfers = days = 0
    async with database.transaction() as tx:
        cells = await list_cells(tx)
    for cell in cells:
        found = await _verify_chain(database, cell, breaks, progress)
        batches += found[0]
        transfers += found[1]
        async with database.transaction() as tx:
            days += await _verify_days(tx, cell, breaks, trusted_keys)
    return VerificationResult(batches, transfers, days, sorted(breaks, key=lambda one: (one.cell, one.batch)))


_RECOMPUTE = """
    SELECT batch, first_position, transfers, seal,
           ledger_seal(coalesce(lag(seal) OVER (ORDER BY batch), %(seal)s), cell, batch,
                       first_position, transfers, booked_at, business_date,
                       ledger_stored_content(cell, first_position, transfers)) = seal
    FROM batches WHERE cell = %(cell)s AND batch > %(after)s AND batch <= %(upto)s ORDER BY batch
"""


async def _verify_chain(
    database: Database, cell: Cell, breaks: list[Break], progress: Callable[[int], None]
) -> tuple[int, int]:
    """Recompute a cell's seals up to the batch it stood at; the numbers of batches and transfers."""
    after, position, count, seal = 0, 1, 0, b""
    while after < cell.batch:
        upto = min(after + _CHUNK, cell.batch)
        async with database.transaction() as tx:
            values = {"cell": cell.cell, "after": after, "upto": upto, "seal": seal}
            rows = await (await tx.execute(_RECOMPUTE, values)).fetchall()
        by_batch = {row[0]: row for row in rows}
        for batch in range(after + 1, upto + 1):
            row = by_batch.get(batch)
            if row is None:
                breaks.append(Break(cell.cell, batch, "the batch is missing"))
                continue
            _, first_position, transfers, seal, intact = row
            if first_position != position:
                breaks.append(Break(cell.cell, batch, f"starts at position {first_position}, not {position}"))
            elif not intact:
                breaks.append(Break(cell.cell, batch, "its transfers or its seal were changed"))
            position = first_position + transfers
            count += transfers
        progress(upto - after)
        after = upto
    async with database.transaction() as tx:
        breaks.extend(await _verify_head(tx, cell, position - 1, seal))
    return cell.batch, count


async def _verify_head(tx: Transaction, cell: Cell, position: int, seal: bytes) -> list[Break]:
    """Whether the chain ends where the cell says, and nothing lies outside of it."""
    cursor = await tx.execute(
        """
        SELECT h.batch, h.seal,
               (SELECT count(*) FROM transfers WHERE cell = h.cell AND position > h.position),
               (SELECT count(*) FROM transfers WHERE cell = h.cell AND position < 1),
               (SELECT count(*) FROM batches WHERE cell = h.cell AND (batch > h.batch OR batch < 1)),
               (b.business_date, b.booked_at) IS DISTINCT FROM (h.business_date, h.booked_at)
        FROM cells h LEFT JOIN batches b ON b.cell = h.cell AND b.batch = h.batch WHERE h.cell = %s
        """,
        (cell.cell,),
    )
    row = await cursor.fetchone()
    assert row is not None
    batch, head_seal, beyond, before, loose, astray = row
    found = []
    if position != cell.position:
        found.append(
            Break(
                cell.cell, cell.batch, f"the chain ends at position {position}, the cell at {cell.position}"
            )
        )
    if batch == cell.batch and head_seal != seal:
        found.append(Break(cell.cell, cell.batch, "the last seal is not the one the cell stands at"))
    if batch and astray:
        found.append(Break(cell.cell, batch, "the cell's date or time is not that of its last batch"))
    if beyond or before or loose:
        found.append(
            Break(cell.cell, 0, f"{beyond + before} transfers and {loose} batches lie outside of the chain")
        )
    return found


async def _verify_days(
    tx: Transaction, cell: Cell, breaks: list[Break], trusted: Mapping[str, PublicKeys] | None
) -> int:
    """Check a cell's signed days, and that there is none without; returns how many there are."""
    cursor = await tx.execute(
        """
        SELECT d.business_date, d.batch, d.seal, d.signed_at, b.seal,
               d.key_id, d.ed25519, d.ml_dsa_65, k.ed25519, k.ml_dsa_65
        FROM day_seals d LEFT JOIN seal_keys k ON k.id = d.key_id
        LEFT JOIN batches b ON b.cell = d.cell AND b.batch = d.batch
        WHERE d.cell = %s ORDER BY d.business_date
        """,
        (cell.cell,),
    )
    rows: list[tuple[Any, ...]] = await cursor.fetchall()
    for day, batch, signed_seal, signed_at, seal, key_id, ed25519, ml_dsa_65, *public in rows:
        keys = _keys(key_id, public) if trusted is None else trusted.get(key_id)
        if keys is None:
            breaks.append(
                Break(
                    cell.cell, batch, f"{day} is signed with key {key_id}, which is not there or not trusted"
                )
            )
        elif not keys.verify(day_message(cell.cell, day, batch, signed_seal, signed_at), ed25519, ml_dsa_65):
            breaks.append(Break(cell.cell, batch, f"the signature of {day} is not valid"))
        elif signed_seal != seal:
            breaks.append(Break(cell.cell, batch, f"the seal that was signed for {day} is not the batch's"))
    breaks.extend(await _unsigned_days(tx, cell))
    return len(rows)


def _keys(key_id: str, public: Sequence[bytes | None]) -> PublicKeys | None:
    """The keys that the database has under an id, if they are the ones that the id stands for."""
    ed25519, ml_dsa_65 = public
    keys = PublicKeys(ed25519, ml_dsa_65) if ed25519 and ml_dsa_65 else None
    return keys if keys and keys.id == key_id else None


async def _unsigned_days(tx: Transaction, cell: Cell) -> list[Break]:
    """Days not signed by their last batch, though a later day is signed.

    Days are signed in order, so such a day has lost its signature.
    """
    cursor = await tx.execute(
        """
        SELECT day.business_date, day.batch
        FROM (SELECT business_date, max(batch) AS batch FROM batches WHERE cell = %(cell)s
                     AND business_date <= (SELECT max(business_date) FROM day_seals WHERE cell = %(cell)s)
              GROUP BY business_date) AS day
        LEFT JOIN day_seals d
            ON d.cell = %(cell)s AND d.business_date = day.business_date AND d.batch = day.batch
        WHERE d.batch IS NULL ORDER BY day.business_date
        """,
        {"cell": cell.cell},
    )
    return [
        Break(cell.cell, batch, f"{day} is not signed by its last batch, though a later day is")
        for day, batch in await cursor.fetchall()
    ]
