"""Approvals between the domain's records and the wire."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from sycee import approvals, payments
from sycee.api.bodies import sane_date
from sycee.api.conversions import money, read_account
from sycee.api.schemas import approvals as wire
from sycee.api.schemas.common import Money
from sycee.approvals import Approval, Decision, DecisionOutcome, Detail, InboxItem, NewRule, Rule, Stage
from sycee.kernel.money import Amount

ASKING = (
    approvals.ActorNotActive,
    approvals.ApprovalIdReused,
    approvals.MakerNotEntitled,
    approvals.NoRuleCovers,
    approvals.DutiesSegregated,
)
"""What may be wrong with asking for something of the bank's own."""

DECIDING = (
    *ASKING,
    approvals.AlreadyDecided,
    approvals.ApprovalEnded,
    approvals.ApprovalExpired,
    approvals.NotAnApprover,
    approvals.OwnApproval,
)
"""What may be wrong with a yes or a no to a proposal, which is asked for now if an older version left it."""


def approval(found: Approval) -> wire.Approval:
    """A request as the wire shows it."""
    command, facts = approvals.command_named(found.command), found.facts
    amount = None
    if facts.amount is not None and facts.currency is not None:
        amount = money(facts.amount, facts.currency)
    return wire.Approval(
        id=found.id,
        command=found.command,
        title=wire.ApprovalTitle(en=command.title_en, zh=command.title_zh),
        customer=found.customer,
        state=found.state.value,
        digest=found.digest.hex(),
        lines=[wire.ApprovalLine(en=line.en, zh=line.zh) for line in facts.lines],
        accounts=[str(number) for number in facts.accounts],
        amount=amount,
        maker=found.maker,
        acting_for=found.maker_for,
        requested_at=found.requested_at,
        expires_at=found.expires_at,
        ended_at=found.ended_at,
        code=found.code,
        reason=found.reason,
        result=None if found.result is None else msgspec.json.decode(found.result),
    )


def _names_salaries(found: Detail) -> bool:
    asked = found.approval
    return asked.command == payments.SUBMIT_PAYMENTS and payments.pays_single_salaries(asked.payload)


def detail(found: Detail, *, payroll: bool) -> wire.ApprovalDetail:
    """A request with all that was said; the payload, if it names salaries, for ``payroll`` only."""
    return wire.ApprovalDetail(
        approval=approval(found.approval),
        payload=found.approval.payload if payroll or not _names_salaries(found) else None,
        votes=[
            wire.ApprovalVote(
                principal=vote.principal,
                acting_for=vote.acting_for,
                vote=vote.vote,
                authority=vote.authority,
                reason=vote.reason,
                voted_at=vote.voted_at,
            )
            for vote in found.votes
        ],
        rules=[
            [
                wire.ApprovalStageProgress(
                    who=one.stage.who,
                    count=one.stage.count,
                    met=one.met,
                    by=list(one.by),
                    lacking="" if one.met else one.lacking,
                )
                for one in stages
            ]
            for stages in (found.progress.rules if found.progress else ())
        ],
        hindered=found.hindered,
    )


def inbox_item(found: InboxItem) -> wire.InboxItem:
    """What waits for somebody."""
    return wire.InboxItem(
        approval=approval(found.approval), authority=found.authority, acting_for=found.acting_for
    )


def decisions(items: Sequence[wire.ApprovalDecision]) -> list[Decision]:
    """The decisions of a body. Raises InvalidDecision."""
    found = []
    for item in items:
        try:
            digest = bytes.fromhex(item.digest)
        except ValueError:
            digest = b""
        if len(digest) != 32:
            raise approvals.InvalidDecision(
                f"{item.digest[:70]!r} is no digest: 64 hexadecimal digits, as the request shows them"
            )
        found.append(
            Decision(
                approval=item.approval,
                vote=item.vote,
                digest=digest,
                reason=item.reason,
                acting_for=item.acting_for,
            )
        )
    return found


def outcome(found: DecisionOutcome) -> wire.ApprovalOutcome:
    """What a decision came to."""
    return wire.ApprovalOutcome(
        approval=found.approval,
        accepted=found.accepted,
        state=None if found.state is None else found.state.value,
        code=found.code,
        detail=found.detail,
        lacking=list(found.lacking),
    )


def rule_change(body: wire.ApprovalRuleChange, customer: UUID | None) -> bytes:
    """The payload of a change of rules: the bank's, or a customer's. Raises what approvals does."""
    return approvals.rule_change(
        approvals.RuleChange(
            customer=customer,
            rules=tuple(_new_rule(one, customer) for one in body.rules),
            segregations=tuple(
                approvals.NewSegregation(one=one.one, other=one.other, note=one.note)
                for one in body.segregations
            ),
            end_rules=tuple(body.end_rules),
            end_segregations=tuple(body.end_segregations),
        )
    )


def _limit(up_to: Money | None, currency: str | None = None) -> tuple[int | None, str | None]:
    if up_to is None:
        return None, currency
    limit = Amount.parse(up_to.value, up_to.currency)
    if currency not in (None, limit.currency):
        raise approvals.InvalidRule(f"the limit is in {limit.currency}, the rule for {currency}")
    return limit.minor, limit.currency


def _new_rule(item: wire.NewApprovalRule, customer: UUID | None) -> NewRule:
    up_to, currency = _limit(item.up_to, item.currency)
    for name in ("valid_from", "valid_to"):
        sane_date(getattr(item, name), name)
    return NewRule(
        command=item.command,
        stages=tuple(Stage(who=one.who, count=one.count, with_maker=one.with_maker) for one in item.stages),
        customer=customer,
        account=None if item.account is None else read_account(item.account),
        counterparty=item.counterparty,
        product=item.product,
        currency=currency,
        up_to=up_to,
        makers=item.makers,
        note=item.note,
        valid_from=item.valid_from,
        valid_to=item.valid_to,
    )


def rule(found: Rule) -> wire.ApprovalRule:
    """A rule as the wire shows it."""
    up_to = None
    if found.up_to is not None and found.currency is not None:
        up_to = money(found.up_to, found.currency)
    return wire.ApprovalRule(
        id=found.id,
        customer=found.customer,
        released_by=found.released_by,
        command=found.command,
        stages=[
            wire.ApprovalStage(who=one.who, count=one.count, with_maker=one.with_maker)
            for one in found.stages
        ],
        account=None if found.account is None else str(found.account),
        counterparty=found.counterparty,
        product=found.product,
        currency=found.currency,
        up_to=up_to,
        makers=found.makers,
        note=found.note,
        valid_from=found.valid_from,
        valid_to=found.valid_to,
    )


def segregation(found: approvals.Segregation) -> wire.Segregation:
    """A pair of duties as the wire shows it."""
    return wire.Segregation(
        id=found.id,
        one=found.one,
        other=found.other,
        note=found.note,
        valid_from=found.valid_from,
        released_by=found.released_by,
    )


def new_substitution(absent: UUID, item: wire.NewSubstitution) -> approvals.NewSubstitution:
    """The substitution of a body. Raises InvalidAmount, UnknownCurrency, DateOutOfRange."""
    up_to, currency = _limit(item.up_to)
    for name in ("valid_from", "valid_to"):
        sane_date(getattr(item, name), name)
    return approvals.NewSubstitution(
        absent=absent,
        substitute=item.substitute,
        valid_to=item.valid_to,
        valid_from=item.valid_from,
        command=item.command,
        currency=currency,
        up_to=up_to,
        reason=item.reason,
    )


def substitution(found: approvals.Substitution) -> wire.Substitution:
    """A substitution as the wire shows it."""
    up_to = None
    if found.up_to is not None and found.currency is not None:
        up_to = money(found.up_to, found.currency)
    return wire.Substitution(
        id=found.id,
        customer=found.customer,
        absent=found.absent,
        substitute=found.substitute,
        command=found.command,
        up_to=up_to,
        reason=found.reason,
        valid_from=found.valid_from,
        valid_to=found.valid_to,
        made_by=found.made_by,
        made_at=found.made_at,
        ended_by=found.ended_by,
    )
