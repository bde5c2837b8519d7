"""Rates: reference data with dates, kept as proposals that are released (rate_releases.py says by whom).

A released rate goes from its start to the next start of the same key. Releasing one for a start that has
one corrects it: what was reckoned with the old one is reckoned again at the end of the day.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

import msgspec

from sycee.database import Transaction
from sycee.kernel.ids import uuid7
from sycee.products.interest.errors import (
    InvalidRate,
    RateNotFound,
    RateProposalExists,
    RateProposalNotFound,
    RateProposalReleased,
)
from sycee.products.interest.terms import MAX_RATE

_KEY = re.compile(r"[A-Z]{3}(\.[a-z0-9_-]+){1,6}")
_SELECT = "SELECT id, state, proposed_by, proposed_at, released_by, released_at, note FROM rate_proposals "
RateState = Literal["proposed", "released", "rejected", "withdrawn", "expired", "failed"]
MAX_RATES = 10_000
"""Most rates of one proposal."""


class NewRate(msgspec.Struct, frozen=True):
    """A rate from a day on: ``key`` such as ``CNY.demand``, percent a year with at most six decimals."""

    key: str
    start: date
    rate: Decimal


class RateProposal(msgspec.Struct, frozen=True, kw_only=True):
    """Rates that were proposed, what became of them, and by whom they were released, if they were."""

    id: UUID
    state: RateState
    proposed_by: str
    proposed_at: datetime
    released_by: str | None
    released_at: datetime | None
    note: str
    rates: tuple[NewRate, ...]


async def propose_rates(
    tx: Transaction, rates: Sequence[NewRate], *, by: str, note: str = "", id: UUID | None = None
) -> RateProposal:
    """Keep proposed rates; they do nothing until they are released. The same id is the same proposal.

    Raises InvalidRate, RateProposalExists.
    """
    wanted = tuple(sorted(_checked(rates), key=lambda rate: (rate.key, rate.start)))
    proposal = id or uuid7()
    cursor = await tx.execute(
        "INSERT INTO rate_proposals (id, proposed_by, note) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (proposal, by, note),
    )
    if cursor.rowcount:
        await tx.execute(
            "INSERT INTO rate_proposal_lines (proposal, key, start, rate)"
            " SELECT %s, * FROM unnest(%s::text[], %s::date[], %s::numeric[])",
            (proposal, [r.key for r in wanted], [r.start for r in wanted], [r.rate for r in wanted]),
        )
    found = await get_rate_proposal(tx, proposal)
    if found.rates != wanted:
        raise RateProposalExists(f"proposal {proposal} exists with other rates: take another id")
    return found


def _checked(rates: Sequence[NewRate]) -> Sequence[NewRate]:
    if not 0 < len(rates) <= MAX_RATES:
        raise InvalidRate(f"a proposal has 1 to {MAX_RATES} rates, not {len(rates)}")
    for rate in rates:
        if not _KEY.fullmatch(rate.key):
            raise InvalidRate(
                f"{rate.key[:60]!r} is not a rate's key: a currency and names, as in CNY.demand"
            )
        if not rate.rate.is_finite() or abs(rate.rate) > MAX_RATE or rate.rate != round(rate.rate, 6):
            raise InvalidRate(
                f"{rate.key} from {rate.start}: {rate.rate} is not a rate in percent a year: at most"
                f" {MAX_RATE} either way, six decimals"
            )
    if len({(rate.key, rate.start) for rate in rates}) < len(rates):
        raise InvalidRate("the same key has two rates from the same day on")
    return rates


async def get_rate_proposal(tx: Transaction, id: UUID) -> RateProposal:
    """The proposal with this id. Raises RateProposalNotFound."""
    found = await _proposals(tx, "WHERE id = %s", [id])
    if not found:
        raise RateProposalNotFound(f"there is no proposal {id}")
    return found[0]


async def list_rate_proposals(
    tx: Transaction, *, waiting: bool = False, before: UUID | None = None, limit: int = 100
) -> list[RateProposal]:
    """Proposals, newest first, from the one before ``before``; ``waiting``: only those nobody decided."""
    values: list[object] = [waiting]
    clause = "WHERE (state = 'proposed' OR NOT %s)"
    if before is not None:
        clause += " AND (proposed_at, id) < (SELECT proposed_at, id FROM rate_proposals WHERE id = %s)"
        values.append(before)
    return await _proposals(tx, f"{clause} ORDER BY proposed_at DESC, id DESC LIMIT %s", [*values, limit])


async def _proposals(tx: Transaction, clause: str, values: list[object]) -> list[RateProposal]:
    cursor = await tx.execute(
        _SELECT + clause,
        values,
    )
    rows = await cursor.fetchall()
    cursor = await tx.execute(
        "SELECT proposal, key, start, rate FROM rate_proposal_lines"
        " WHERE proposal = ANY(%s) ORDER BY key, start",
        ([row[0] for row in rows],),
    )
    lines: dict[UUID, list[NewRate]] = {}
    for proposal, key, start, rate in await cursor.fetchall():
        lines.setdefault(proposal, []).append(NewRate(key, start, rate.normalize() + 0))
    return [
        RateProposal(
            id=row[0],
            state=row[1],
            proposed_by=row[2],
            proposed_at=row[3],
            released_by=row[4],
            released_at=row[5],
            note=row[6],
            rates=tuple(lines.get(row[0], ())),
        )
        for row in rows
    ]


def refuse_released(found: RateProposal) -> None:
    """Refuse to decide again on what is in force. Raises RateProposalReleased."""
    if found.state == "released":
        raise RateProposalReleased(f"proposal {found.id} was released by {found.released_by}")


async def end_rate_proposal(tx: Transaction, proposal: UUID, state: RateState) -> None:
    """Note that proposed rates were not released, and how that came about."""
    await tx.execute("UPDATE rate_proposals SET state = %s WHERE id = %s", (state, proposal))


async def release_rates(tx: Transaction, proposal: UUID, *, by: str) -> int:
    """Put proposed rates in force, on whose word; returns how many accounts will be reckoned again.

    Raises RateProposalNotFound, RateProposalReleased.
    """
    await tx.execute("LOCK TABLE rates IN SHARE ROW EXCLUSIVE MODE")  # one release at a time
    found = await get_rate_proposal(tx, proposal)
    refuse_released(found)
    await tx.execute(
        "UPDATE rate_proposals SET state = 'released', released_by = %s, released_at = clock_timestamp()"
        " WHERE id = %s",
        (by, proposal),
    )
    await tx.execute(
        """
        INSERT INTO rates (key, start, rate, proposal)
        SELECT key, start, rate, proposal FROM rate_proposal_lines WHERE proposal = %s
        ON CONFLICT (key, start) DO UPDATE SET rate = excluded.rate, proposal = excluded.proposal
        """,
        (proposal,),
    )
    cursor = await tx.execute(
        "SELECT interest_reprice(%s::text[], %s::date[])",
        ([rate.key for rate in found.rates], [rate.start for rate in found.rates]),
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def rate_on(tx: Transaction, key: str, day: date) -> Decimal:
    """The rate in force on a day, percent a year. Raises RateNotFound."""
    cursor = await tx.execute(
        "SELECT rate FROM rates WHERE key = %s AND start <= %s ORDER BY start DESC LIMIT 1", (key, day)
    )
    row = await cursor.fetchone()
    if row is None:
        raise RateNotFound(f"no rate {key} is known for {day}: propose and release one")
    return Decimal(row[0]).normalize() + 0


async def rate_table(
    tx: Transaction,
    key: str | None = None,
    *,
    after: tuple[str, date] | None = None,
    limit: int | None = None,
) -> list[NewRate]:
    """Rates in force, of one key or of all, by key and start; after one of them, at most ``limit``."""
    after_key, after_start = after or (None, None)
    cursor = await tx.execute(
        """
        SELECT key, start, rate FROM rates
        WHERE key = coalesce(%(key)s::text, key)
              AND (%(after_key)s::text IS NULL OR (key, start) > (%(after_key)s::text, %(after_start)s::date))
        ORDER BY key, start LIMIT %(limit)s
        """,
        {"key": key, "after_key": after_key, "after_start": after_start, "limit": limit},
    )
    return [NewRate(row[0], row[1], row[2].normalize() + 0) for row in await cursor.fetchall()]
