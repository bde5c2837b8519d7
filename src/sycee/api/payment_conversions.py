"""Between the wire's shapes and the payments': strings to integers and back, and what a customer may see.

A customer is not told that a payment of theirs was stopped by screening (to warn them is forbidden): to
them it is approved and on its way.
"""

from __future__ import annotations

from collections.abc import Sequence

from sycee.api.bodies import sane_date
from sycee.api.conversions import Problems, money, read_account
from sycee.api.schemas import payments as wire
from sycee.identity import Caller
from sycee.kernel.errors import SyceeError
from sycee.kernel.money import Amount
from sycee.payments import (
    Instructor,
    Moved,
    NewPayment,
    Payment,
    PaymentEvent,
    PaymentNotFound,
    PaymentOutcome,
    PaymentState,
    Urgency,
)

_STOPPED = PaymentState.STOPPED
_SHOWN_AS = PaymentState.APPROVED


def instructor(caller: Caller) -> Instructor:
    """The caller as one who instructs."""
    return Instructor(caller.id, caller.customer)


def new_payments(items: Sequence[wire.NewPayment]) -> list[NewPayment]:
    """The instructions of a body. Raises the first problem, with all (up to 20) in ``errors``."""
    problems = Problems()
    found = []
    for index, item in enumerate(items):
        try:
            found.append(_new_payment(item))
        except SyceeError as error:
            problems.add(f"/payments/{index}", error)
            if problems.enough:
                break
    problems.raise_any()
    return found


def _new_payment(item: wire.NewPayment) -> NewPayment:
    if item.execute_on is not None:
        sane_date(item.execute_on, "execute_on")
    try:
        amount = Amount.parse(item.amount.value, item.amount.currency)
    except SyceeError as error:
        error.facts["field"] = "/amount"
        raise
    try:
        debit = read_account(item.debit_account)
    except SyceeError as error:
        error.facts["field"] = "/debit_account"
        raise
    return NewPayment(
        id=item.id,
        debit_account=debit,
        creditor_account=item.creditor_account,
        creditor_name=item.creditor_name,
        amount=amount.minor,
        currency=amount.currency,
        creditor_agent=item.creditor_agent,
        purpose=item.purpose,
        remittance=item.remittance,
        end_to_end_id=item.end_to_end_id,
        execute_on=item.execute_on,
        urgency=Urgency(item.urgency),
        order=item.order,
    )


def outcomes(
    caller: Caller, items: Sequence[NewPayment], found: Sequence[PaymentOutcome]
) -> wire.PaymentOutcomes:
    """What became of each, as the caller may see it."""
    return wire.PaymentOutcomes(
        outcomes=[_outcome(caller, item, one) for item, one in zip(items, found, strict=True)]
    )


def _outcome(caller: Caller, item: NewPayment, found: PaymentOutcome) -> wire.PaymentOutcome:
    hidden = _hides(caller, found.state)
    return wire.PaymentOutcome(
        id=found.id,
        state=str(_SHOWN_AS if hidden else found.state),
        code=None if hidden else found.code,
        detail=None if hidden else found.detail,
        duplicate=found.duplicate,
        rail=found.rail,
        fee=money(found.fee, item.currency) if found.fee else None,
        send_at=found.send_at,
        due_on=found.due_on,
    )


def _hides(caller: Caller, state: PaymentState | None) -> bool:
    return caller.customer is not None and state is _STOPPED


def seen(caller: Caller, payment: Payment) -> Payment:
    """The payment, if it is the caller's to see. Raises PaymentNotFound."""
    if caller.customer not in {None, payment.customer}:
        raise PaymentNotFound(f"there is no payment {payment.id}")
    return payment


def payment(caller: Caller, found: Payment) -> wire.Payment:
    """A payment as the caller may see it."""
    hidden = _hides(caller, found.state)
    return wire.Payment(
        id=found.id,
        kind=found.kind.value,
        cell=found.cell,
        state=str(_SHOWN_AS if hidden else found.state),
        debit_account=str(found.debit_account),
        customer=found.customer,
        creditor_account=found.creditor_account,
        creditor_name=found.creditor_name,
        creditor_agent=found.creditor_agent,
        amount=money(found.amount, found.currency),
        purpose=found.purpose,
        remittance=found.remittance,
        end_to_end_id=found.end_to_end_id,
        execute_on=found.execute_on,
        urgency=found.urgency.value,
        order=found.order,
        due_on=found.due_on,
        submitted_by=found.submitted_by,
        submitted_at=found.submitted_at,
        changed_at=found.changed_at,
        rail=found.rail,
        rail_id=found.rail_id,
        send_at=found.send_at,
        fee=money(found.fee, found.currency),
        returned=money(found.returned, found.currency),
        reason_code=None if hidden else found.reason_code,
        reason=None if hidden else found.reason,
    )


def events(caller: Caller, found: Sequence[PaymentEvent]) -> list[wire.PaymentEvent]:
    """Steps as the caller may see them: a stop, and who ended it and why, are the bank's own."""
    return [one for step in found if (one := _event(caller, step)) is not None]


def _event(caller: Caller, step: PaymentEvent) -> wire.PaymentEvent | None:
    states = [state for state in step.states if not _hides(caller, state)]
    if not states:
        return None
    hidden = len(states) < len(step.states)
    return wire.PaymentEvent(
        id=f"{step.cell}.{step.position}",
        payment=step.payment,
        states=[str(state) for state in states],
        at=step.at,
        actor=step.actor,
        reason_code=None if hidden else step.reason_code,
        reason=None if hidden else step.reason,
    )


def act_outcomes(caller: Caller, found: Sequence[Moved]) -> wire.PaymentActOutcomes:
    """What became of an act on payments, as the caller may see it."""
    return wire.PaymentActOutcomes(outcomes=[_act_outcome(caller, one) for one in found])


def _act_outcome(caller: Caller, found: Moved) -> wire.PaymentActOutcome:
    hidden = _hides(caller, found.state)
    state = _SHOWN_AS if hidden else found.state
    return wire.PaymentActOutcome(
        payment=found.payment,
        state=None if state is None else str(state),
        code=found.code,
        detail="the payment is being carried out" if hidden else found.detail,
        again=found.again,
    )
