"""Supervised accounts between the domain's records and the wire."""

from __future__ import annotations

from collections.abc import Sequence

from sycee.api.conversions import money, read_account
from sycee.api.schemas import escrow as wire
from sycee.api.schemas.common import Money
from sycee.identity import Caller
from sycee.kernel.money import Amount
from sycee.payments import Moved, PaymentState, escrow


def read_new(sent: wire.NewEscrow, currency: str) -> escrow.NewEscrow:
    """An agreement that is asked for. Raises InvalidEscrow for a limit in another currency."""
    return escrow.NewEscrow(
        id=sent.id,
        account=read_account(sent.account),
        beneficiary_name=sent.beneficiary_name,
        supervisor_name=sent.supervisor_name,
        document=sent.document,
        releasers=tuple(sent.releasers),
        releases_needed=sent.releases_needed,
        beneficiary=sent.beneficiary,
        supervisor=sent.supervisor,
        purposes=tuple(sent.purposes),
        payees=tuple(
            escrow.Payee(
                creditor_account=one.creditor_account,
                creditor_name=one.creditor_name,
                creditor_agent=one.creditor_agent,
            )
            for one in sent.payees
        ),
        single_limit=_limit(sent.single_limit, currency),
        total_limit=_limit(sent.total_limit, currency),
    )


def _limit(sent: Money | None, currency: str) -> int | None:
    if sent is None:
        return None
    if sent.currency != currency:
        raise escrow.InvalidEscrow(f"a limit is in {sent.currency[:12]!r}, the account in {currency}")
    return Amount.parse(sent.value, sent.currency).minor


def agreement(found: escrow.Escrow) -> wire.Escrow:
    """An agreement."""

    def limit(minor: int | None) -> Money | None:
        return None if minor is None else money(minor, found.currency)

    return wire.Escrow(
        id=found.id,
        cell=found.cell,
        account=str(found.account),
        customer=found.customer,
        beneficiary=found.beneficiary,
        beneficiary_name=found.beneficiary_name,
        supervisor=found.supervisor,
        supervisor_name=found.supervisor_name,
        document=found.document,
        purposes=list(found.purposes),
        payees=[
            wire.EscrowPayee(
                creditor_account=one.creditor_account,
                creditor_name=one.creditor_name,
                creditor_agent=one.creditor_agent,
            )
            for one in found.payees
        ],
        single_limit=limit(found.single_limit),
        total_limit=limit(found.total_limit),
        releasers=list(found.releasers),
        releases_needed=found.releases_needed,
        made_by=found.made_by,
        made_at=found.made_at,
        ended_by=found.ended_by,
        ended_at=found.ended_at,
        reason=found.reason,
    )


def release(found: escrow.Release) -> wire.Release:
    """A payment from a supervised account."""
    return wire.Release(
        payment=found.payment,
        agreement=found.agreement,
        account=str(found.account),
        amount=money(found.amount, found.currency),
        creditor_account=found.creditor_account,
        creditor_name=found.creditor_name,
        creditor_agent=found.creditor_agent,
        purpose=found.purpose,
        remittance=found.remittance,
        asked_by=found.asked_by,
        asked_at=found.asked_at,
        state=found.state,
        decided_at=found.decided_at,
        votes=[
            wire.ReleaseVote(principal=one.principal, vote=one.vote, reason=one.reason, voted_at=one.voted_at)
            for one in found.votes
        ],
    )


def outcomes(caller: Caller, found: Sequence[Moved]) -> wire.ReleaseOutcomes:
    """What became of decisions. A customer is not told that screening stopped the payment."""
    return wire.ReleaseOutcomes(outcomes=[_outcome(caller, one) for one in found])


def _outcome(caller: Caller, found: Moved) -> wire.ReleaseOutcome:
    hidden = caller.customer is not None and found.state is PaymentState.STOPPED
    state = PaymentState.APPROVED if hidden else found.state
    return wire.ReleaseOutcome(
        payment=found.payment,
        state=None if state is None else str(state),
        code=None if hidden else found.code,
        detail=None if hidden else found.detail,
        again=found.again,
    )
