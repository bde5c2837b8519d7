"""Releasing terms of rails: who proposes them asks for an approval of the same id; its last yes does it."""

from __future__ import annotations

from datetime import date
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
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.kernel.money import Amount
from sycee.payments.routing.proposals import (
    ProposedTerms,
    TermsState,
    decide_terms,
    get_terms,
    propose_terms,
    refuse_decided,
)
from sycee.payments.routing.terms import RailTerms

CHANGE_RAIL_TERMS = "rails.change_terms"
"""The name of the command."""


class TermsRelease(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be put in force: proposed terms, word for word."""

    proposal: UUID
    rail: str
    currency: str
    valid_from: date
    terms: RailTerms
    reason: str


_release = msgspec.json.Decoder(TermsRelease)


async def request_rail_terms(
    tx: Transaction,
    rail: str,
    currency: str,
    terms: RailTerms,
    *,
    valid_from: date,
    by: Actor,
    reason: str,
) -> ProposedTerms:
    """Propose terms of a rail and ask for their release.

    Raises RailNotFound, UnknownCurrency, InvalidRailTerms, CalendarNotFound, and as
    ``approvals.request_approval`` does.
    """
    made = await propose_terms(
        tx, rail, currency, terms, valid_from=valid_from, by=str(by.principal), reason=reason
    )
    await approvals.request_approval(tx, CHANGE_RAIL_TERMS, await _payload(tx, made), by=by, id=made.id)
    return made


async def _payload(_tx: Transaction, made: ProposedTerms) -> bytes:
    return msgspec.json.encode(
        TermsRelease(
            proposal=made.id,
            rail=made.rail,
            currency=made.currency,
            valid_from=made.valid_from,
            terms=made.terms,
            reason=made.reason,
        )
    )


RAIL_TERMS_PROPOSALS = Proposals(CHANGE_RAIL_TERMS, get_terms, refuse_decided, payload=_payload)
"""Proposed terms of rails: deciding raises RailTermsNotFound and RailTermsDecided as well."""


async def _describe(_tx: Transaction, payload: bytes) -> Facts:
    wanted = _release.decode(payload)
    terms = wanted.terms
    cap = "–" if terms.cap is None else str(Amount(terms.cap, wanted.currency))
    windows = ", ".join(f"{one.opens:%H:%M}-{one.closes:%H:%M}" for one in terms.windows) or "–"
    return Facts(
        things=(f"rail:{wanted.rail}",),
        lines=(
            Line(
                f"Terms of {wanted.rail} in {wanted.currency} from {wanted.valid_from}",
                f"{wanted.rail}的{wanted.currency}业务参数，自{wanted.valid_from}起",
            ),
            Line(f"Cap: {cap}; windows: {windows}", f"单笔上限：{cap}；营业时段：{windows}"),
            Line(
                f"Urgent: {'yes' if terms.urgent else 'no'}; closed: {'yes' if terms.closed else 'no'};"
                f" calendar: {terms.calendar}; tiers of fees: {len(terms.fees)}",
                f"加急：{'是' if terms.urgent else '否'}；停用：{'是' if terms.closed else '否'}；"
                f"日历：{terms.calendar}；收费档数：{len(terms.fees)}",
            ),
            Line(f"Reason: {wanted.reason}", f"理由：{wanted.reason}"),
        ),
    )


async def _execute(tx: Transaction, payload: bytes, approval: Approval) -> bytes:
    wanted = _release.decode(payload)
    if await _payload(tx, await get_terms(tx, wanted.proposal)) != payload:
        raise PayloadChanged(f"proposal {wanted.proposal} does not hold the terms that were approved")
    said = await approvals.last_yes(tx, approval.id)
    await decide_terms(tx, wanted.proposal, "released", by=str(said.principal), remark=said.reason)
    return msgspec.json.encode({"terms": wanted.proposal})


async def _ended(tx: Transaction, approval: Approval, by: UUID | None) -> None:
    state = cast("TermsState", approval.state.value)
    await decide_terms(
        tx,
        _release.decode(approval.payload).proposal,
        state,
        by=approvals.ended_by(by),
        remark=approval.reason,
    )


register_command(
    CHANGE_RAIL_TERMS,
    execute=_execute,
    describe=_describe,
    ended=_ended,
    title_en="Change the terms of a rail",
    title_zh="变更支付渠道参数",
    maker=Scope.PAYMENTS_OPERATE,
    default=(Stage(who="scope:payments:operate"),),
    least=1,
)
