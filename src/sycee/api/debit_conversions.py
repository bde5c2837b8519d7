"""Between the wire's shapes and those of direct debits, and what each side may see of the other.

Neither side is told who acted at the other, only that the other side did. A debit that screening stopped is
to customers one that waits: to warn them is forbidden.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from sycee.api.bodies import sane_date
from sycee.api.conversions import Problems, money, read_account
from sycee.api.schemas import direct_debits as wire
from sycee.api.schemas.common import Money
from sycee.identity import Caller
from sycee.kernel.errors import SyceeError
from sycee.kernel.money import Amount
from sycee.payments import debits

T = TypeVar("T")
U = TypeVar("U")
_STOPPED, _WAITING = debits.DebitState.STOPPED, debits.DebitState.WAITING


def _all(items: Sequence[T], read: Callable[[T], U], where: str) -> list[U]:
    """Everything of a list. Raises the first problem, with all (up to 20) in ``errors``."""
    problems = Problems()
    found = []
    for index, item in enumerate(items):
        try:
            found.append(read(item))
        except SyceeError as error:
            problems.add(f"/{where}/{index}", error)
            if problems.enough:
                break
    problems.raise_any()
    return found


def _field(name: str, read: Callable[[], U]) -> U:
    try:
        return read()
    except SyceeError as error:
        error.facts["field"] = f"/{name}"
        raise


def new_mandates(items: Sequence[wire.NewDebitMandate]) -> list[debits.NewDebitMandate]:
    """The mandates of a body."""
    return _all(items, _new_mandate, "mandates")


def _new_mandate(item: wire.NewDebitMandate) -> debits.NewDebitMandate:
    sane_date(item.valid_from, "valid_from")
    sane_date(item.valid_to, "valid_to")
    limits = {
        name: _field(name, lambda: _limit(getattr(item, name), item.currency))  # noqa: B023 - called at once
        for name in ("per_debit", "per_day", "per_month")
    }
    return debits.NewDebitMandate(
        id=item.id,
        credit_account=_field("credit_account", lambda: read_account(item.credit_account)),
        debit_account=_field("debit_account", lambda: read_account(item.debit_account)),
        reference=item.reference,
        currency=item.currency,
        recurring=item.recurring,
        purpose=item.purpose,
        valid_from=item.valid_from,
        valid_to=item.valid_to,
        debits_most=item.debits_most,
        **limits,
    )


def _limit(limit: Money | None, currency: str) -> int | None:
    if limit is None:
        return None
    amount = Amount.parse(limit.value, limit.currency)
    if amount.currency != currency:
        raise debits.InvalidDebitMandate(f"the limit is in {amount.currency}, and the mandate in {currency}")
    return amount.minor


def new_debits(items: Sequence[wire.NewDirectDebit]) -> list[debits.NewDirectDebit]:
    """The debits of a body."""
    return _all(items, _new_debit, "debits")


def _new_debit(item: wire.NewDirectDebit) -> debits.NewDirectDebit:
    sane_date(item.due_on, "due_on")
    amount = _field("amount", lambda: Amount.parse(item.amount.value, item.amount.currency))
    return debits.NewDirectDebit(
        id=item.id,
        credit_account=_field("credit_account", lambda: read_account(item.credit_account)),
        debit_account=_field("debit_account", lambda: read_account(item.debit_account)),
        mandate_reference=item.mandate_reference,
        amount=amount.minor,
        currency=amount.currency,
        due_on=item.due_on,
        retry_days=item.retry_days,
        end_to_end_id=item.end_to_end_id,
        remittance=item.remittance,
    )


def mandate(found: debits.DebitMandate) -> wire.DebitMandate:
    """A mandate."""

    def limit(minor: int | None) -> Money | None:
        return None if minor is None else money(minor, found.currency)

    return wire.DebitMandate(
        id=found.id,
        cell=found.cell,
        state=found.state.value,
        creditor=found.creditor,
        creditor_name=found.creditor_name,
        credit_account=str(found.credit_account),
        debtor=found.debtor,
        debit_account=str(found.debit_account),
        reference=found.reference,
        currency=found.currency,
        recurring=found.recurring,
        purpose=found.purpose,
        valid_from=found.valid_from,
        valid_to=found.valid_to,
        per_debit=limit(found.per_debit),
        per_day=limit(found.per_day),
        per_month=limit(found.per_month),
        debits_most=found.debits_most,
        signed_on=found.signed_on,
        paper=found.paper,
        proposed_at=found.proposed_at,
        changed_at=found.changed_at,
    )


def mandate_events(
    caller: Caller, of: debits.DebitMandate, found: Sequence[debits.MandateEvent]
) -> list[wire.DebitMandateEvent]:
    """The steps of a mandate as the caller may see them."""
    return [
        wire.DebitMandateEvent(
            step=one.step,
            state=one.state.value,
            at=one.at,
            side=one.side.value,
            actor=one.actor if _knows(caller, of, one.side) else None,
            reason=one.reason,
        )
        for one in found
    ]


def _knows(caller: Caller, of: debits.DebitMandate | debits.DirectDebit, side: debits.Side) -> bool:
    """Whether the caller may know who acted for a side: the bank may, and that side's own people."""
    own = {debits.Side.CREDITOR: of.creditor, debits.Side.DEBTOR: of.debtor}.get(side)
    return caller.customer is None or caller.customer == own


def debit(caller: Caller, found: debits.DirectDebit) -> wire.DirectDebit:
    """A debit as the caller may see it."""
    hidden = _hides(caller, found.state)
    code = None if hidden else found.reason_code
    secret = _is_secret(caller, code)
    return wire.DirectDebit(
        id=found.id,
        cell=found.cell,
        state=(_WAITING if hidden else found.state).value,
        mandate=found.mandate,
        creditor=found.creditor,
        credit_account=str(found.credit_account),
        debtor=found.debtor,
        debit_account=str(found.debit_account),
        amount=money(found.amount, found.currency),
        due_on=found.due_on,
        taken_on=found.taken_on,
        retry_days=found.retry_days,
        tries=found.tries,
        code=None if secret else code,
        reason=None if code is None else debits.iso_reason(code),
        detail=None if secret or code is None else found.reason,
        refund_until=found.refund_until,
        collection=found.collection,
        end_to_end_id=found.end_to_end_id,
        remittance=found.remittance,
        submitted_at=found.submitted_at,
        changed_at=found.changed_at,
    )


def _hides(caller: Caller, state: debits.DebitState | None) -> bool:
    return caller.customer is not None and state is _STOPPED


_SECRET = frozenset({"released", "screening"})
"""Codes of what screening found and who decided on it: the bank's own."""


def _is_secret(caller: Caller, code: str | None) -> bool:
    return caller.customer is not None and code in _SECRET


def _hidden_as(found: debits.DebitOutcome) -> tuple[str | None, str | None]:
    """Code and sentence of an outcome that must not say that the debit was stopped."""
    refused = found.code == "not_possible"
    return (found.code, "the debit is waiting") if refused else (None, None)


def events(
    caller: Caller, of: debits.DirectDebit, found: Sequence[debits.DebitEvent]
) -> list[wire.DirectDebitEvent]:
    """The steps of a debit as the caller may see them: a stop, and who ended it, are the bank's own."""
    return [
        wire.DirectDebitEvent(
            step=one.step,
            state=one.state.value,
            at=one.at,
            side=one.side.value,
            actor=one.actor if _knows(caller, of, one.side) else None,
            code=None if _is_secret(caller, one.reason_code) else one.reason_code,
            detail=None if _is_secret(caller, one.reason_code) else one.reason,
        )
        for one in found
        if not _hides(caller, one.state)
        and not (_is_secret(caller, one.reason_code) and one.state is _WAITING)
    ]


def streamed(caller: Caller, step: debits.StreamedStep) -> wire.StreamedDebitStep | None:
    """A step in a stream as the caller may see it; None for one that is the bank's own."""
    shown = events(caller, step.debit, [step.event])
    if not shown:
        return None
    return wire.StreamedDebitStep(
        debit=step.debit.id, mandate=step.debit.mandate, **msgspec.structs.asdict(shown[0])
    )


def outcomes(caller: Caller, found: Sequence[debits.DebitOutcome]) -> wire.DirectDebitOutcomes:
    """What became of each debit, as the caller may see it."""
    return wire.DirectDebitOutcomes(outcomes=[_outcome(caller, one) for one in found])


def _outcome(caller: Caller, found: debits.DebitOutcome) -> wire.DirectDebitOutcome:
    hidden = _hides(caller, found.state)
    code, detail = _hidden_as(found) if hidden else (found.code, found.detail)
    secret = _is_secret(caller, code)
    return wire.DirectDebitOutcome(
        id=found.id,
        state=None if found.state is None else (_WAITING if hidden else found.state).value,
        code=None if secret else code,
        reason=None if code is None else debits.iso_reason(code),
        detail=None if secret else detail,
        duplicate=found.duplicate,
        due_on=found.due_on,
    )


def block(found: debits.DebitBlock) -> wire.DebitBlock:
    """A block."""
    return wire.DebitBlock(
        found.id, found.debtor, found.creditor, found.reason, found.blocked_at, found.lifted_at
    )


def terms(found: debits.DebitTerms) -> wire.DebitTerms:
    """Terms."""
    return wire.DebitTerms(
        valid_from=found.valid_from,
        calendar=found.calendar,
        refund_days=found.refund_days,
        retry_days_most=found.retry_days_most,
        set_by=found.set_by,
        set_at=found.set_at,
    )
