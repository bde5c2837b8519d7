"""Releasing rates: who proposes them asks for an approval of the same id; its last yes puts them in force."""

from __future__ import annotations

from collections.abc import Sequence
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
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.products.interest.errors import RateProposalExists
from sycee.products.interest.rates import (
    NewRate,
    RateProposal,
    end_rate_proposal,
    get_rate_proposal,
    propose_rates,
    refuse_released,
    release_rates,
)

RELEASE_RATES = "rates.release"
"""The name of the command."""

_SHOWN = 50
"""How many rates are read out; all of them are in the payload."""


class RateRelease(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be released: the rates of a proposal, word for word."""

    proposal: UUID
    note: str
    rates: tuple[NewRate, ...]


class _Released(msgspec.Struct, frozen=True):
    """How many accounts are reckoned again."""

    accounts: int


_release = msgspec.json.Decoder(RateRelease)
_released = msgspec.json.Decoder(_Released)


async def request_rates(
    tx: Transaction, rates: Sequence[NewRate], *, by: Actor, note: str = "", id: UUID | None = None
) -> RateProposal:
    """Propose rates and ask for their release. The same id is the same proposal.

    Raises InvalidRate, RateProposalExists, and as ``approvals.request_approval`` does.
    """
    made = await propose_rates(tx, rates, by=str(by.principal), note=note, id=id)
    if made.proposed_by != str(by.principal):
        raise RateProposalExists(f"{made.proposed_by} proposed {made.id}: take another id")
    await approvals.request_approval(tx, RELEASE_RATES, await _payload(tx, made), by=by, id=made.id)
    return made


async def approve_rates(tx: Transaction, proposal: UUID, *, by: Actor) -> tuple[RateProposal, int]:
    """Say yes to proposed rates; the last yes puts them in force.

    Returns the proposal and how many accounts are reckoned again because of it. Raises RateProposalNotFound,
    RateProposalReleased, and as ``approvals.decide_one`` does.
    """
    await _RATE_PROPOSALS.requested(tx, proposal)
    decided = await approvals.decide_one(tx, proposal, "yes", by=by)
    accounts = 0 if decided.result is None else _released.decode(decided.result).accounts
    return await get_rate_proposal(tx, proposal), accounts


async def _payload(_tx: Transaction, proposal: RateProposal) -> bytes:
    return msgspec.json.encode(RateRelease(proposal=proposal.id, note=proposal.note, rates=proposal.rates))


_RATE_PROPOSALS = Proposals(RELEASE_RATES, get_rate_proposal, refuse_released, payload=_payload)


async def _describe(_tx: Transaction, payload: bytes) -> Facts:
    release = _release.decode(payload)
    lines = [
        Line(f"{one.key}: {one.rate:f} % from {one.start}", f"{one.key}：{one.rate:f}%，自{one.start}起")
        for one in release.rates[:_SHOWN]
    ]
    more = len(release.rates) - len(lines)
    if more:
        lines.append(Line(f"and {more} more", f"另有{more}项"))
    if release.note:
        lines.append(Line(f"Source: {release.note}", f"来源：{release.note}"))
    return Facts(things=tuple(dict.fromkeys(f"rates:{one.key}" for one in release.rates)), lines=tuple(lines))


async def _execute(tx: Transaction, payload: bytes, approval: Approval) -> bytes:
    release = _release.decode(payload)
    if (await get_rate_proposal(tx, release.proposal)).rates != release.rates:
        raise PayloadChanged(f"proposal {release.proposal} does not hold the rates that were approved")
    by = (await approvals.last_yes(tx, approval.id)).principal
    return msgspec.json.encode(_Released(await release_rates(tx, release.proposal, by=str(by))))


async def _ended(tx: Transaction, approval: Approval, _by: UUID | None) -> None:
    await end_rate_proposal(tx, _release.decode(approval.payload).proposal, approval.state.value)  # type: ignore[arg-type]


register_command(
    RELEASE_RATES,
    execute=_execute,
    describe=_describe,
    ended=_ended,
    title_en="Put rates in force",
    title_zh="发布利率",
    maker=Scope.PRODUCTS_PROPOSE,
    default=(Stage(who="scope:products:release"),),
    least=1,
)
