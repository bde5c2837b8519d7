"""Changing the terms of rails: proposed, released (releasing.py says by whom), in force from a day on.

What was released stays as it is; the next terms are another proposal. Terms released later for the same day
replace the ones before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from sycee.database import Transaction
from sycee.kernel.ids import uuid7
from sycee.kernel.money import currency as known_currency
from sycee.payments.errors import (
    RailNotFound,
    RailTermsDecided,
    RailTermsNotFound,
)
from sycee.payments.routing.terms import RailTerms

TermsState = Literal["proposed", "released", "rejected", "withdrawn", "expired", "failed"]
_COLUMNS = (
    "id, rail, currency, valid_from, terms::text, reason, state, proposed_by, proposed_at, decided_by,"
    " decided_at, remark"
)


class ProposedTerms(msgspec.Struct, frozen=True, kw_only=True):
    """Terms of a rail in a currency from a day on, and what became of the proposal."""

    id: UUID
    rail: str
    currency: str
    valid_from: date
    terms: RailTerms
    reason: str
    state: TermsState
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    remark: str


async def propose_terms(
    tx: Transaction,
    rail: str,
    currency: str,
    terms: RailTerms,
    *,
    valid_from: date,
    by: str,
    reason: str,
) -> ProposedTerms:
    """Propose terms. Raises RailNotFound, UnknownCurrency, InvalidRailTerms, CalendarNotFound."""
    known_currency(currency)
    terms.check()
    cursor = await tx.execute("SELECT FROM rails WHERE rail = %s", (rail,))
    if cursor.rowcount == 0:
        raise RailNotFound(f"there is no rail {rail[:40]!r}")
    id = uuid7()
    await tx.execute(
        "INSERT INTO rail_terms (id, rail, currency, valid_from, terms, reason, proposed_by)"
        " VALUES (%s, %s, %s, %s, %s::jsonb, %s, %s)",
        (id, rail, currency, valid_from, msgspec.json.encode(terms).decode(), reason, by),
    )
    return await get_terms(tx, id)


async def decide_terms(
    tx: Transaction, id: UUID, state: TermsState, *, by: str, remark: str = ""
) -> ProposedTerms:
    """Note what became of proposed terms, on whose word; those that are ``released`` are in force.

    Raises RailTermsNotFound, RailTermsDecided.
    """
    await tx.execute("SELECT FROM rail_terms WHERE id = %s FOR UPDATE", (id,))
    refuse_decided(await get_terms(tx, id))
    await tx.execute(
        "UPDATE rail_terms SET state = %s, decided_by = %s, decided_at = clock_timestamp(), remark = %s"
        " WHERE id = %s",
        (state, by, remark, id),
    )
    return await get_terms(tx, id)


def refuse_decided(found: ProposedTerms) -> None:
    """Refuse to decide again. Raises RailTermsDecided."""
    if found.state != "proposed":
        raise RailTermsDecided(f"the terms were {found.state} by {found.decided_by} at {found.decided_at}")


async def get_terms(tx: Transaction, id: UUID) -> ProposedTerms:
    """Terms and what became of them. Raises RailTermsNotFound."""
    cursor = await tx.execute(f"SELECT {_COLUMNS} FROM rail_terms WHERE id = %s".encode(), (id,))  # noqa: S608
    row = await cursor.fetchone()
    if row is None:
        raise RailTermsNotFound(f"no terms of a rail have the id {id}")
    return _terms(row)


async def list_terms(
    tx: Transaction,
    *,
    rail: str | None = None,
    state: TermsState | None = None,
    before: UUID | None = None,
    limit: int = 100,
) -> list[ProposedTerms]:
    """Terms of rails, the newest proposal first, those before ``before`` in that order."""
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM rail_terms WHERE rail = coalesce(%s, rail)"  # noqa: S608 - names of ours only
        " AND state = coalesce(%s, state) AND (%s::uuid IS NULL OR id < %s)"
        " ORDER BY id DESC LIMIT %s".encode(),
        (rail, state, before, before, limit),
    )
    return [_terms(row) for row in await cursor.fetchall()]


def _terms(row: Sequence[Any]) -> ProposedTerms:
    fields = dict(zip(ProposedTerms.__struct_fields__, row, strict=True))
    return ProposedTerms(**{**fields, "terms": msgspec.json.decode(fields["terms"], type=RailTerms)})
