"""Changes and ends of agreements as commands that may wait: ``agreements.revise`` and ``agreements.end``.

What is asked for is tried first and taken back: so who agrees is shown what it comes to, and what could never
be done is refused at once. The request keeps a digest of the terms that came of it. When it is carried out
and other terms come of it, because the package or the agreement has changed meanwhile, nothing is done.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeAlias
from uuid import UUID, uuid5

import msgspec

from sycee import parties
from sycee.approvals import (
    Actor,
    Approval,
    ApprovalEnded,
    ApprovalState,
    Facts,
    Line,
    register_command,
    request_approval,
)
from sycee.database import Database, Transaction
from sycee.identity import Scope
from sycee.kernel.errors import SyceeError
from sycee.kernel.money import Amount
from sycee.products.agreements.approving import ANOTHER_OF_THE_BANK
from sycee.products.agreements.changing import change_agreement, extend_agreement
from sycee.products.agreements.customers import known_persons
from sycee.products.agreements.ending import Ending, end_agreement
from sycee.products.agreements.errors import AgreementChanged
from sycee.products.agreements.moving import Move, move_agreement
from sycee.products.agreements.reading import contract, get_agreement
from sycee.products.agreements.records import Agreement
from sycee.products.agreements.revisions import AgreementAct, ChangeTerms, EndItems, MoveToNewest, TakeItems
from sycee.products.agreements.summaries import (
    customer_line,
    reason_line,
    revision_lines,
    signers_line,
)
from sycee.products.contracts import Contract

REVISE_AGREEMENT, END_AGREEMENT = "agreements.revise", "agreements.end"
"""The names of the commands."""

_MOVES = UUID("6f0f0c1e-5c0e-5b43-9d57-2a6d5f1a3f0b")
Outcome: TypeAlias = Contract | Ending | Move


class _Payload(msgspec.Struct, frozen=True):
    """What is asked for, and the digest of the terms that come of it."""

    act: AgreementAct
    terms: str


class _Tried(msgspec.Struct, frozen=True, kw_only=True):
    """An act that was carried out, or tried: what there was, and what came of it."""

    before: Agreement
    after: Agreement
    old: Contract
    new: Contract | None
    outcome: Outcome

    @property
    def terms(self) -> str:
        """The digest of what is in force after it."""
        kept = [
            (one.key, one.product.as_data(), one.ends_on)
            for one in self.after.arrangements
            if one.ended_on is None
        ]
        return hashlib.sha256(msgspec.json.encode(kept, order="deterministic")).hexdigest()


_payload = msgspec.json.Decoder(_Payload)
_ending = msgspec.json.Decoder(Ending)


async def ask_to_revise(tx: Transaction, act: AgreementAct, *, by: Actor, id: UUID) -> Approval:
    """Ask for a change or an end that others may have to agree to.

    Raises what the act itself is refused with, and what ``request_approval`` raises.
    """
    tried = await _try(tx, act)
    payload = msgspec.json.encode(_Payload(act, tried.terms))
    return await request_approval(tx, _command(act), payload, by=by, id=id)


def ended_agreement(result: bytes) -> Ending:
    """What became of an agreement whose end was carried out."""
    return _ending.decode(result)


async def ask_to_move(
    database: Database, agreements: Sequence[UUID], *, by: Actor, reason: str
) -> list[Move]:
    """As ``move_agreements``, each ``waiting`` where others have to agree; asking again changes nothing."""
    report = []
    for agreement in agreements:

        async def work(tx: Transaction, agreement: UUID = agreement) -> Move:
            return await _ask_to_move(tx, MoveToNewest(agreement=agreement, reason=reason), by)

        try:
            report.append(await database.run(work))
        except SyceeError as error:
            report.append(Move(agreement=agreement, status="refused", code=error.code, detail=error.detail))
    return report


async def _ask_to_move(tx: Transaction, act: MoveToNewest, by: Actor) -> Move:
    tried = await _try(tx, act)
    move = tried.outcome
    assert isinstance(move, Move)
    if move.status == "current":
        return move
    id = uuid5(_MOVES, f"{act.agreement} {tried.before.revision} {tried.terms} {by.principal}")
    asked = await ask_to_revise(tx, act, by=by, id=id)
    if asked.state is ApprovalState.EXECUTED:
        return move
    if asked.state is not ApprovalState.WAITING:
        raise ApprovalEnded(f"it was asked for and {asked.state}: {asked.reason or 'no reason was given'}")
    return msgspec.structs.replace(move, status="waiting", approval=asked.id)


def _command(act: AgreementAct) -> str:
    return END_AGREEMENT if isinstance(act, EndItems) else REVISE_AGREEMENT


async def _do(tx: Transaction, act: AgreementAct, by: str) -> _Tried:
    before, old = await get_agreement(tx, act.agreement, lock=True), await contract(tx, act.agreement)
    outcome = await _carry_out(tx, act, by)
    after = await get_agreement(tx, act.agreement)
    new = None if after.ended_on is not None else await contract(tx, act.agreement)
    return _Tried(before=before, after=after, old=old, new=new, outcome=outcome)


async def _try(tx: Transaction, act: AgreementAct) -> _Tried:
    """What an act comes to; nothing of it stays."""
    async with tx.transaction(force_rollback=True):
        return await _do(tx, act, "")


async def _carry_out(tx: Transaction, act: AgreementAct, by: str) -> Outcome:
    id, reason = act.agreement, act.reason
    if isinstance(act, MoveToNewest):
        return await move_agreement(tx, id, by=by, reason=reason)
    if isinstance(act, ChangeTerms):
        return await change_agreement(
            tx,
            id,
            act.key,
            negotiated=act.negotiated,
            ends_on=act.ends_on,
            signers=act.signers,
            by=by,
            reason=reason,
        )
    if isinstance(act, TakeItems):
        return await extend_agreement(tx, id, act.choices, signers=act.signers, by=by, reason=reason)
    return await end_agreement(
        tx, id, keys=act.keys, pay_to=act.pay_to, signers=act.signers, by=by, reason=reason
    )


async def _describe(tx: Transaction, payload: bytes) -> Facts:
    act = _payload.decode(payload).act
    tried = await _try(tx, act)
    agreement = tried.before
    customer = await parties.get_customer(tx, agreement.customer)
    branch = (await parties.branches_of(tx, [customer.id])).get(customer.id)
    touched = _touched(tried)
    pay_to = act.pay_to if isinstance(act, EndItems) else None
    return Facts(
        customer=customer.id,
        cell=agreement.cell,
        accounts=_accounts(tried),
        products=tuple(dict.fromkeys(touched)),
        package=agreement.package,
        counterparties=() if pay_to is None else (str(pay_to),),
        things=(f"agreement:{agreement.id}", f"customer:{customer.id}"),
        lines=(
            customer_line(customer, branch),
            Line(
                f"Agreement {agreement.id}: {tried.old.title.en} ({agreement.package})",
                f"协议{agreement.id}：{tried.old.title.zh}（{agreement.package}）",
            ),
            *revision_lines(tried.old, tried.new),
            *_version_lines(tried),
            *_money_lines(tried),
            *([signers_line(await known_persons(tx, act.signers))] if act.signers else []),
            reason_line(act.reason),
        ),
    )


def _touched(tried: _Tried) -> list[str]:
    """The products of what changes, is added or ends."""
    before = {one.id: one for one in tried.before.arrangements}
    return [one.product.id for one in tried.after.arrangements if before.get(one.id) != one]


def _accounts(tried: _Tried) -> tuple[int, ...]:
    """The accounts, there already, of what changes or ends."""
    after = {one.id: one for one in tried.after.arrangements}
    return tuple(
        one.account for one in tried.before.arrangements if one.account is not None and after[one.id] != one
    )


def _version_lines(tried: _Tried) -> list[Line]:
    """From which version of the package to which."""
    old, new = tried.before.package_version, tried.after.package_version
    return [] if old == new else [Line(f"Version: {old} → {new}", f"版本：{old} → {new}")]


def _money_lines(tried: _Tried) -> list[Line]:
    """What would go out of accounts that close, if it were done now."""
    if not isinstance(tried.outcome, Ending):
        return []
    return [
        Line(
            f"{one.key}: {Amount(one.moved_out, one.currency)} as of now goes to {one.pay_to}",
            f"{one.key}：目前余额{Amount(one.moved_out, one.currency)}转至{one.pay_to}",
        )
        for one in tried.outcome.ended
        if one.moved_out
    ]


async def _execute(tx: Transaction, payload: bytes, approval: Approval) -> bytes:
    asked = _payload.decode(payload)
    done = await _do(tx, asked.act, str(approval.maker))
    if done.terms != asked.terms:
        raise AgreementChanged(
            f"other terms than those shown would hold for agreement {asked.act.agreement}: ask for it anew"
        )
    if isinstance(done.outcome, Ending):
        return msgspec.json.encode(done.outcome)
    return msgspec.json.encode({"agreement": asked.act.agreement, "revision": done.after.revision})


register_command(
    REVISE_AGREEMENT,
    execute=_execute,
    describe=_describe,
    title_en="Change an agreement",
    title_zh="变更协议",
    maker=Scope.AGREEMENTS_WRITE,
    default=ANOTHER_OF_THE_BANK,
)
register_command(
    END_AGREEMENT,
    execute=_execute,
    describe=_describe,
    title_en="End an agreement",
    title_zh="终止协议",
    maker=Scope.AGREEMENTS_WRITE,
    default=ANOTHER_OF_THE_BANK,
)
