"""Standing orders between the domain's records and the wire."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from sycee.api.bodies import sane_date
from sycee.api.conversions import money, read_account
from sycee.api.schemas import standing_orders as wire
from sycee.kernel.money import Amount
from sycee.payments import Urgency, standing

SHOWN_IN_LISTS = 1
"""How many dates to come each order of a list shows."""


def read_new(sent: wire.NewStandingOrder) -> standing.NewStandingOrder:
    """A standing order that is asked for."""
    return standing.NewStandingOrder(
        id=sent.id, debit_account=read_account(sent.debit_account), terms=read_terms(sent.terms)
    )


def read_terms(sent: wire.StandingTerms) -> standing.StandingTerms:
    """The terms of a body. Raises InvalidAmount, UnknownCurrency, DateOutOfRange."""
    amount = Amount.parse(sent.amount.value, sent.amount.currency)
    when = sent.schedule
    sane_date(when.first_on, "first_on")
    if when.last_on is not None:
        sane_date(when.last_on, "last_on")
    return standing.StandingTerms(
        amount=amount.minor,
        currency=amount.currency,
        creditor_account=sent.creditor_account,
        creditor_name=sent.creditor_name,
        creditor_agent=sent.creditor_agent,
        purpose=sent.purpose,
        remittance=sent.remittance,
        end_to_end_id=sent.end_to_end_id,
        urgency=Urgency(sent.urgency),
        schedule=standing.Schedule(
            rhythm=standing.Rhythm(when.rhythm),
            first_on=when.first_on,
            day=when.day,
            last_on=when.last_on,
            times=when.times,
            calendar=when.calendar,
            roll=standing.Roll(when.roll),
            retry_days=when.retry_days,
        ),
    )


def standing_order(found: standing.StandingOrder, dates: int = SHOWN_IN_LISTS) -> wire.StandingOrder:
    """A standing order with its next dates."""
    return wire.StandingOrder(
        id=found.id,
        cell=found.cell,
        customer=found.customer,
        debit_account=str(found.debit_account),
        state=found.state.value,
        version=found.version,
        terms=_terms(found.terms),
        upcoming=[
            wire.ScheduledDate(on=turn.on, due_on=turn.due_on) for turn in islice(found.upcoming(), dates)
        ],
        made_by=found.made_by,
        made_at=found.made_at,
        changed_at=found.changed_at,
    )


def _terms(terms: standing.StandingTerms) -> wire.StandingTerms:
    when = terms.schedule
    return wire.StandingTerms(
        amount=money(terms.amount, terms.currency),
        creditor_account=terms.creditor_account,
        creditor_name=terms.creditor_name,
        creditor_agent=terms.creditor_agent,
        purpose=terms.purpose,
        remittance=terms.remittance,
        end_to_end_id=terms.end_to_end_id,
        urgency=terms.urgency.value,
        schedule=wire.Schedule(
            rhythm=when.rhythm.value,
            first_on=when.first_on,
            day=when.day,
            last_on=when.last_on,
            times=when.times,
            calendar=when.calendar,
            roll=when.roll.value,
            retry_days=when.retry_days,
        ),
    )


def occurrences(found: Sequence[standing.Occurrence]) -> list[wire.Occurrence]:
    """What became of dates."""
    return [
        wire.Occurrence(
            scheduled_on=one.scheduled_on,
            due_on=one.due_on,
            last_try_on=one.last_try_on,
            version=one.version,
            state=one.state.value,
            payment=one.payment,
            tries=one.tries,
            code=one.code,
            detail=one.detail,
            changed_at=one.changed_at,
        )
        for one in found
    ]


def events(found: Sequence[standing.StandingOrderEvent]) -> list[wire.StandingOrderEvent]:
    """What happened."""
    return [
        wire.StandingOrderEvent(
            what=one.what,
            at=one.at,
            actor=one.actor,
            version=one.version,
            scheduled_on=one.scheduled_on,
            code=one.code,
            reason=one.reason,
        )
        for one in found
    ]
