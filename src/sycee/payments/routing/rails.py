"""Rails and their terms as the bank has them: those in force on a day, and the accounts it keeps for each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from sycee import ledger
from sycee.database import Transaction
from sycee.payments.routing.terms import RailTerms

CLEARING_SUBJECT, FEE_SUBJECT = "3001", "6021"
"""General-ledger subjects: funds under way between banks, and income from fees; each with the rail's name."""


class Rail(msgspec.Struct, frozen=True, kw_only=True):
    """A rail with the terms in force in a currency."""

    rail: str
    name: str
    local_name: str
    currency: str
    valid_from: date
    terms: RailTerms


class RailAccounts(msgspec.Struct, frozen=True):
    """The bank's own accounts for a rail in a cell and currency: what is under way, and its fee income."""

    clearing: int
    fees: int


async def rails_on(tx: Transaction, day: date, currency: str | None = None) -> list[Rail]:
    """The rails with terms in force on a day, in the order of their rank."""
    cursor = await tx.execute(
        "SELECT DISTINCT ON (r.rank, t.currency) r.rail, r.name, r.local_name, t.currency, t.valid_from,"
        " t.terms::text FROM rails r JOIN rail_terms t USING (rail)"
        " WHERE t.state = 'released' AND t.valid_from <= %s AND t.currency = coalesce(%s, t.currency)"
        " ORDER BY r.rank, t.currency, t.valid_from DESC, t.decided_at DESC",
        (day, currency),
    )
    return [
        Rail(
            rail=rail,
            name=name,
            local_name=local_name,
            currency=of,
            valid_from=valid_from,
            terms=msgspec.json.decode(terms, type=RailTerms),
        )
        for rail, name, local_name, of, valid_from, terms in await cursor.fetchall()
    ]


async def rail_accounts(
    tx: Transaction, wanted: Iterable[tuple[int, str, str]]
) -> dict[tuple[int, str, str], RailAccounts]:
    """The bank's accounts for each (cell, rail, currency); opened when they are first asked for."""
    keys = sorted(set(wanted))
    found = await _read(tx, keys)
    for cell, rail, currency in keys:
        if (cell, rail, currency) not in found:
            found[cell, rail, currency] = await _open(tx, cell, rail, currency)
    return found


async def _read(
    tx: Transaction, keys: list[tuple[int, str, str]]
) -> dict[tuple[int, str, str], RailAccounts]:
    cells, rails, currencies = zip(*keys, strict=True) if keys else ((), (), ())
    cursor = await tx.execute(
        "SELECT cell, rail, currency, clearing, fees FROM rail_accounts"
        " JOIN unnest(%s::smallint[], %s::text[], %s::text[]) AS k(cell, rail, currency)"
        " USING (cell, rail, currency)",
        (list(cells), list(rails), list(currencies)),
    )
    return {
        (cell, rail, currency): RailAccounts(clearing, fees)
        for cell, rail, currency, clearing, fees in await cursor.fetchall()
    }


async def _open(tx: Transaction, cell: int, rail: str, currency: str) -> RailAccounts:
    # Opening holds the cell's lock, so whoever comes second finds what the first has opened.
    await tx.execute("SELECT cell FROM cells WHERE cell = %s FOR NO KEY UPDATE", (cell,))
    known = await _read(tx, [(cell, rail, currency)])
    if known:
        return known[cell, rail, currency]
    clearing, fees = await ledger.open_accounts(
        tx,
        [
            ledger.NewAccount(
                currency=currency,
                subject=f"{subject}.{rail}",
                cell=cell,
                floor=None,
                name=f"{rail} {name}",
                local_name=f"{rail}{local_name}",
            )
            for subject, name, local_name in (
                (CLEARING_SUBJECT, "clearing", "清算"),
                (FEE_SUBJECT, "fee income", "手续费收入"),
            )
        ],
    )
    await tx.execute(
        "INSERT INTO rail_accounts (cell, rail, currency, clearing, fees) VALUES (%s, %s, %s, %s, %s)",
        (cell, rail, currency, clearing.number, fees.number),
    )
    return RailAccounts(clearing.number, fees.number)
