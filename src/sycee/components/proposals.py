"""Components as data: proposed, released (component_releases.py says by whom), kept for ever.

A proposal holds definitions as a YAML file does, and ends of versions that are there. It is checked against
everything else when it is proposed and once more when it is released. A new version of something that is in
force without an end ends its predecessor on the day it begins; the proposal says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

from sycee.components.documents import Document
from sycee.components.errors import (
    Fault,
    InvalidComponents,
    NothingProposed,
    ProposalDecided,
    ProposalNotFound,
)
from sycee.components.registry import Registry
from sycee.components.releases import Content, proposal_source, read_content, released_registry
from sycee.components.versions import Ending, ListName, NewEnding, Shelf, Version
from sycee.database import Transaction
from sycee.kernel.clock import now
from sycee.kernel.ids import uuid7

ProposalState = Literal["proposed", "released", "rejected", "withdrawn", "expired", "failed"]
_DATED: tuple[ListName, ...] = ("conditions", "products", "packages")
# Every query names the same columns, in the order in which _proposal takes them apart.
_INSERT = """
    INSERT INTO component_proposals (id, reason, content, proposed_by) VALUES (%s, %s, %s::json, %s)
    RETURNING id, reason, content::text, state, proposed_by, proposed_at, decided_by, decided_at, remark,
    release
"""
_FIND = """
    SELECT id, reason, content::text, state, proposed_by, proposed_at, decided_by, decided_at, remark, release
    FROM component_proposals WHERE id = %s
"""
_LIST = """
    SELECT id, reason, content::text, state, proposed_by, proposed_at, decided_by, decided_at, remark, release
    FROM component_proposals
    WHERE state = coalesce(%s, state) AND (%s::uuid IS NULL OR id < %s)
    ORDER BY id DESC LIMIT %s
"""


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal and what became of it.

    ``document`` and ``endings`` are what it says; ``release`` is its place in the order of releases.
    """

    id: UUID
    reason: str
    document: Document
    endings: tuple[Ending, ...]
    state: ProposalState
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    remark: str
    release: int | None


async def propose(
    tx: Transaction,
    document: Document,
    endings: Sequence[NewEnding] = (),
    *,
    by: str,
    reason: str,
    dry_run: bool = False,
) -> Proposal:
    """Propose definitions and ends of versions; with ``dry_run`` they are only checked.

    Raises NothingProposed, and InvalidComponents when they would not hold among everything that is released.
    """
    known = await released_registry(tx)
    id = uuid7()
    content = _settled(known, id, document, endings)
    _checked(known, id, content)
    if dry_run:
        return _proposal((id, reason, None, "proposed", by, now(), None, None, "", None), content)
    cursor = await tx.execute(_INSERT, (id, reason, msgspec.json.encode(content).decode(), by))
    row = await cursor.fetchone()
    assert row is not None
    return _proposal(row, content)


async def release(tx: Transaction, id: UUID, *, by: str, remark: str = "") -> Proposal:
    """Release a proposal, on whose word: from the commit on, every worker's next transaction knows it.

    Releases happen one after another. Raises ProposalNotFound, ProposalDecided, and InvalidComponents when
    it no longer holds among what was released meanwhile.
    """
    await tx.execute("SELECT release FROM component_head FOR NO KEY UPDATE")
    found = await _undecided(tx, id)
    await check_proposal(tx, found)
    await tx.execute(
        "UPDATE component_proposals SET state = 'released', decided_by = %s, decided_at = clock_timestamp(), "
        "remark = %s, release = (SELECT release + 1 FROM component_head) WHERE id = %s",
        (by, remark, id),
    )
    await tx.execute("UPDATE component_head SET release = release + 1, mark = gen_random_uuid()")
    return await get_proposal(tx, id)


async def check_proposal(tx: Transaction, found: Proposal) -> None:
    """Refuse to release what no longer holds among what was released meanwhile. Raises InvalidComponents."""
    content = Content(document=found.document, endings=found.endings)
    _checked(await released_registry(tx), found.id, content)


def refuse_decided(found: Proposal) -> None:
    """Refuse to decide again. Raises ProposalDecided."""
    if found.state != "proposed":
        raise ProposalDecided(f"the proposal was {found.state} by {found.decided_by} at {found.decided_at}")


async def content_digest(tx: Transaction, id: UUID) -> str:
    """The SHA-256 of what a proposal says, as the database keeps it; empty if there is none."""
    cursor = await tx.execute(
        "SELECT encode(sha256(convert_to(content::text, 'UTF8')), 'hex') FROM component_proposals"
        " WHERE id = %s",
        (id,),
    )
    row = await cursor.fetchone()
    return str(row[0]) if row else ""


async def end_proposal(tx: Transaction, id: UUID, state: ProposalState, *, by: str, remark: str) -> Proposal:
    """Note that a proposal was not released. Raises ProposalNotFound, ProposalDecided."""
    await _undecided(tx, id)
    await tx.execute(
        "UPDATE component_proposals SET state = %s, decided_by = %s, decided_at = clock_timestamp(), "
        "remark = %s WHERE id = %s",
        (state, by, remark, id),
    )
    return await get_proposal(tx, id)


async def get_proposal(tx: Transaction, id: UUID) -> Proposal:
    """A proposal. Raises ProposalNotFound."""
    cursor = await tx.execute(_FIND, (id,))
    row = await cursor.fetchone()
    if row is None:
        raise ProposalNotFound(f"no proposal of components has the id {id}")
    return _proposal(row)


async def list_proposals(
    tx: Transaction, *, state: ProposalState | None = None, before: UUID | None = None, limit: int = 100
) -> list[Proposal]:
    """Proposals, the newest first, those before ``before`` in that order."""
    cursor = await tx.execute(_LIST, (state, before, before, limit))
    return [_proposal(row) for row in await cursor.fetchall()]


async def _undecided(tx: Transaction, id: UUID) -> Proposal:
    await tx.execute("SELECT id FROM component_proposals WHERE id = %s FOR UPDATE", (id,))
    found = await get_proposal(tx, id)
    refuse_decided(found)
    return found


def _proposal(row: Sequence[Any], content: Content | None = None) -> Proposal:
    id, reason, text, state, proposed_by, proposed_at, decided_by, decided_at, remark, number = row
    said = content or read_content(text)
    return Proposal(
        id=id,
        reason=reason,
        document=said.document,
        endings=said.endings,
        state=state,
        proposed_by=proposed_by,
        proposed_at=proposed_at,
        decided_by=decided_by,
        decided_at=decided_at,
        remark=remark,
        release=number,
    )


def _checked(known: Registry, id: UUID, content: Content) -> None:
    known.extended([proposal_source(id, content.document)], content.endings).refuse_faults()


def _shelf(known: Registry, name: ListName) -> Shelf[Any]:
    shelves: dict[ListName, Shelf[Any]] = {
        "conditions": known.conditions,
        "products": known.products,
        "packages": known.packages,
    }
    return shelves[name]


def _settled(known: Registry, id: UUID, document: Document, endings: Sequence[NewEnding]) -> Content:
    """The content with the ends that it means: each of a version that is there."""
    settled: dict[tuple[str, str, date], Ending] = {}
    faults: list[Fault] = []
    for place, new in enumerate(endings):
        found = _ended(_shelf(known, new.list), new)
        if found is None:
            which = f"that began on {new.valid_from}" if new.valid_from else f"in force before {new.valid_to}"
            message = f"there is no version of {new.id} in {new.list} {which}"
            faults.append(Fault(f"proposal {id}", 0, f"endings.{place}", "unknown_version", message))
            continue
        made = Ending(list=new.list, id=new.id, valid_from=found.valid_from, valid_to=new.valid_to)
        settled[made.list, made.id, made.valid_from] = made
    if faults:
        raise InvalidComponents(faults)
    for made in _succeeded(known, document):
        settled.setdefault((made.list, made.id, made.valid_from), made)
    content = Content(document=document, endings=tuple(settled.values()))
    if content == Content():
        raise NothingProposed("definitions or endings are expected; the proposal holds neither")
    return content


def _ended(shelf: Shelf[Any], new: NewEnding) -> Version[Any] | None:
    if new.valid_from is None and new.valid_to > date.min:
        return shelf.on(new.id, new.valid_to - timedelta(days=1))
    return next((found for found in shelf.versions(new.id) if found.valid_from == new.valid_from), None)


def _succeeded(known: Registry, document: Document) -> Iterator[Ending]:
    """The ends of versions without an end that a new version of the same id follows."""
    for name in _DATED:
        for new in getattr(document, name):
            for old in _shelf(known, name).versions(new.id):
                if old.valid_to is None and old.valid_from < new.valid_from:
                    start, end = old.valid_from, new.valid_from
                    yield Ending(list=name, id=new.id, valid_from=start, valid_to=end)
