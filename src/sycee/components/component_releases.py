"""Releasing components: who proposes them asks for an approval of the same id; its last yes releases them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast
from uuid import UUID

import msgspec

from sycee import approvals
from sycee.approvals import (
    Actor,
    Approval,
    Facts,
    Line,
    PayloadChanged,
    Proposals,
    Stage,
    register_command,
)
from sycee.components.documents import LISTS, Document
from sycee.components.proposals import (
    Proposal,
    ProposalState,
    check_proposal,
    content_digest,
    end_proposal,
    get_proposal,
    propose,
    refuse_decided,
    release,
)
from sycee.components.versions import NewEnding
from sycee.database import Transaction
from sycee.identity import Scope

RELEASE_COMPONENTS = "components.release"
"""The name of the command."""

_SHOWN = 50
"""How many definitions are read out."""


class ComponentRelease(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be released: a proposal, with the SHA-256 of what it says."""

    proposal: UUID
    sha256: str


_release = msgspec.json.Decoder(ComponentRelease)


async def request_components(
    tx: Transaction,
    document: Document,
    endings: Sequence[NewEnding] = (),
    *,
    by: Actor,
    reason: str,
    dry_run: bool = False,
) -> Proposal:
    """Propose components and ask for their release; with ``dry_run`` they are only checked.

    Raises NothingProposed, InvalidComponents, and as ``approvals.request_approval`` does.
    """
    made = await propose(tx, document, endings, by=str(by.principal), reason=reason, dry_run=dry_run)
    if not dry_run:
        payload = await _payload(tx, made)
        await approvals.request_approval(tx, RELEASE_COMPONENTS, payload, by=by, id=made.id)
    return made


async def _payload(tx: Transaction, proposal: Proposal) -> bytes:
    return msgspec.json.encode(
        ComponentRelease(proposal=proposal.id, sha256=await content_digest(tx, proposal.id))
    )


COMPONENT_PROPOSALS = Proposals(
    RELEASE_COMPONENTS, get_proposal, refuse_decided, payload=_payload, check=check_proposal
)
"""Proposals of components: deciding raises ProposalNotFound, ProposalDecided, InvalidComponents as well."""


async def _describe(tx: Transaction, payload: bytes) -> Facts:
    found = await get_proposal(tx, _release.decode(payload).proposal)
    said = [
        (name, one.id, getattr(one, "valid_from", None))
        for name in LISTS
        for one in getattr(found.document, name)
    ]
    lines = [Line(f"Reason: {found.reason}", f"理由：{found.reason}")]
    for name, id, start in said[:_SHOWN]:
        en, zh = (f" from {start}", f"，自{start}起") if start else ("", "")
        lines.append(Line(f"{name}: {id}{en}", f"{_TITLES[name]}：{id}{zh}"))
    if len(said) > _SHOWN:
        lines.append(Line(f"and {len(said) - _SHOWN} more", f"另有{len(said) - _SHOWN}项"))
    lines += [
        Line(f"{end.id} ends before {end.valid_to}", f"{end.id}至{end.valid_to}前终止")
        for end in found.endings[:_SHOWN]
    ]
    touched = [(name, id) for name, id, _ in said] + [(end.list, end.id) for end in found.endings]
    return Facts(
        products=tuple(dict.fromkeys(id for name, id in touched if name in ("products", "packages"))),
        things=tuple(dict.fromkeys(f"{name}:{id}" for name, id in touched)),
        lines=tuple(lines),
    )


_TITLES = {
    "conditions": "条件",
    "product_lines": "产品线",
    "product_groups": "产品组",
    "products": "产品",
    "packages": "产品包",
}


async def _execute(tx: Transaction, payload: bytes, approval: Approval) -> bytes:
    wanted = _release.decode(payload)
    if await content_digest(tx, wanted.proposal) != wanted.sha256:
        raise PayloadChanged(f"proposal {wanted.proposal} does not say what was approved")
    said = await approvals.last_yes(tx, approval.id)
    made = await release(tx, wanted.proposal, by=str(said.principal), remark=said.reason)
    return msgspec.json.encode({"proposal": made.id, "release": made.release})


async def _ended(tx: Transaction, approval: Approval, by: UUID | None) -> None:
    state = cast("ProposalState", approval.state.value)
    id = _release.decode(approval.payload).proposal
    await end_proposal(tx, id, state, by=approvals.ended_by(by), remark=approval.reason)


register_command(
    RELEASE_COMPONENTS,
    execute=_execute,
    describe=_describe,
    ended=_ended,
    title_en="Release components",
    title_zh="发布组件",
    maker=Scope.PRODUCTS_PROPOSE,
    default=(Stage(who="scope:products:release"),),
    least=1,
)
