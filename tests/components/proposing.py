"""What the tests of proposals say: a growing firm's rate and product, proposed by Ann, released by Bob."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from sycee.components import Document, NewEnding, Proposal, propose, release, released_registry
from sycee.database import Database

DAY, START = date(2026, 3, 31), date(2026, 1, 1)
TITLE = {"en": "Growth", "zh": "成长"}


def rate(
    id: str = "rate.growth", start: str = "2026-01-01", spread: str = "0.15", **more: Any
) -> dict[str, Any]:
    """A condition as it is sent."""
    values = {"tiers": [{"spread": spread}]}
    return {"id": id, "uses": "acme.interest@1", "title": TITLE, "from": start, "with": values, **more}


def growth(start: str = "2026-01-01", **slots: Any) -> dict[str, Any]:
    """A product as it is sent."""
    filled = {"interest": "rate.growth", **slots}
    return {
        "id": "growth",
        "title": TITLE,
        "from": start,
        "base": "acme-base",
        "slots": filled,
        "negotiable": {},
    }


def document(**lists: list[dict[str, Any]]) -> Document:
    return msgspec.json.decode(msgspec.json.encode(lists), type=Document)


GROWTH = document(conditions=[rate()], products=[growth()])


async def proposed(database: Database, said: Document = GROWTH, *endings: NewEnding) -> Proposal:
    async with database.transaction() as tx:
        return await propose(tx, said, endings, by="ann", reason="Growing firms")


async def released(database: Database, said: Document = GROWTH, *endings: NewEnding) -> Proposal:
    made = await proposed(database, said, *endings)
    async with database.transaction() as tx:
        return await release(tx, made.id, by="bob", remark="fine")


async def spread(database: Database, id: str = "growth", on: date = DAY) -> Decimal:
    async with database.transaction() as tx:
        made = (await released_registry(tx)).resolve(id, on)
    found: Decimal = made.one("interest").tiers[0].spread
    return found
