"""The registry of a bank: what is installed, and what the bank's people released on top of it.

Every process keeps the registries it built last. A transaction reads one row of the database to know which of
them is right for it, so a release is seen by every worker with its next transaction, and a transaction that
does not see the release yet works with the registry of before.
"""

from __future__ import annotations

from uuid import UUID

import msgspec

from sycee.components.documents import Document
from sycee.components.errors import InvalidComponents, ReleasedComponentsInvalid
from sycee.components.installed import registry
from sycee.components.origins import SourceText
from sycee.components.registry import Registry
from sycee.components.versions import Ending
from sycee.components.yaml_files import Source, source_of
from sycee.database import Transaction

_KEPT = 8
_built: dict[UUID, Registry] = {}


class Content(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a proposal says: definitions, and ends of versions that are there."""

    document: Document = Document()
    endings: tuple[Ending, ...] = ()


_content = msgspec.json.Decoder(Content)


def read_content(text: str) -> Content:
    """The content of a proposal as the database keeps it."""
    return _content.decode(text)


def proposal_source(id: UUID, document: Document) -> Source:
    """The definitions of a proposal, under its name."""
    return source_of(SourceText(f"proposal {id}"), document)


async def released_registry(tx: Transaction) -> Registry:
    """The registry as this transaction sees it.

    Raises InvalidComponents when what is installed does not hold, ReleasedComponentsInvalid when what was
    released does not fit what is installed now.
    """
    cursor = await tx.execute("SELECT release, mark FROM component_head")
    row = await cursor.fetchone()
    assert row is not None
    release, mark = row
    if release == 0:
        return registry()
    found = _built.get(mark)
    if found is None:
        found = await _build(tx, release)
        while len(_built) >= _KEPT:
            _built.pop(next(iter(_built)))
        _built[mark] = found
    return found


async def _build(tx: Transaction, release: int) -> Registry:
    cursor = await tx.execute(
        "SELECT id, content::text FROM component_proposals WHERE release <= %s ORDER BY release", (release,)
    )
    sources: list[Source] = []
    endings: list[Ending] = []
    for id, text in await cursor.fetchall():
        content = read_content(text)
        sources.append(proposal_source(id, content.document))
        endings += content.endings
    made = registry().extended(sources, endings, release=release)
    try:
        made.refuse_faults()
    except InvalidComponents as error:
        raise ReleasedComponentsInvalid(error.detail, **error.facts) from error
    return made
