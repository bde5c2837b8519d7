"""Standing orders as a command that may wait for approval: ``payments.standing_order``.

Making, changing and resuming one commits money, and so goes by the rules of approvals, with the amount of one
occurrence. Suspending and ending only hold money back: whoever may instruct payments does so at once.
"""

from __future__ import annotations

from itertools import islice
from typing import TypeAlias
from uuid import UUID

import msgspec

from sycee.approvals import Approval, Facts, Line, register_command
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.kernel.money import Amount
from sycee.payments.orders.approving import SUBMIT_PAYMENTS
from sycee.payments.orders.new_payments import Instructor
from sycee.payments.standing.agreeing import (
    NewStandingOrder,
    change_standing_order,
    check_terms,
    make_standing_order,
    resume_standing_order,
)
from sycee.payments.standing.records import StandingTerms, get_standing_order
from sycee.payments.standing.schedules import Rhythm, Schedule

STANDING_ORDER = "payments.standing_order"
"""The name of the command."""

SHOWN_DATES = 3
"""How many dates are shown to who is to agree."""


class MakeStandingOrder(msgspec.Struct, frozen=True, tag="make"):
    """Make a standing order."""

    order: NewStandingOrder


class ChangeStandingOrder(msgspec.Struct, frozen=True, tag="change"):
    """Agree on other terms of a standing order."""

    id: UUID
    terms: StandingTerms


class ResumeStandingOrder(msgspec.Struct, frozen=True, tag="resume"):
    """Let a suspended standing order go on."""

    id: UUID
    reason: str = ""


StandingOrderAct: TypeAlias = MakeStandingOrder | ChangeStandingOrder | ResumeStandingOrder
_act: msgspec.json.Decoder[StandingOrderAct] = msgspec.json.Decoder(StandingOrderAct)


def standing_order_act(act: StandingOrderAct) -> bytes:
    """The payload of an act on a standing order."""
    return msgspec.json.encode(act)


async def _describe(tx: Transaction, payload: bytes) -> Facts:
    act = _act.decode(payload)
    if isinstance(act, MakeStandingOrder):
        id, debit, terms = act.order.id, act.order.debit_account, act.order.terms
        verb = Line("New standing order", "新设定期付款")
    else:
        order = await get_standing_order(tx, act.id)
        id, debit = order.id, order.debit_account
        if isinstance(act, ChangeStandingOrder):
            terms, verb = act.terms, Line("Changed standing order", "变更定期付款")
        else:
            terms, verb = order.terms, Line("Standing order resumed", "恢复定期付款")
    payer = await check_terms(tx, id, debit, terms)
    return Facts(
        customer=payer.customer,
        cell=payer.cell,
        accounts=(debit,),
        counterparties=(terms.creditor_account,),
        amount=terms.amount,
        currency=terms.currency,
        things=(f"standing_order:{id}",),
        lines=(verb, _whom(debit, terms), _when(terms.schedule)),
    )


def _whom(debit: int, terms: StandingTerms) -> Line:
    amount = f"{Amount(terms.amount, terms.currency).text()} {terms.currency}"
    to, bank = f"{terms.creditor_name} {terms.creditor_account}", terms.creditor_agent
    return Line(
        f"{amount} from {debit} to {to}{f' at {bank}' if bank else ''}",
        f"{amount}：{debit} → {to}{f'（{bank}）' if bank else ''}",
    )


_EVERY = {
    Rhythm.DAILY: ("every business day", "每个工作日"),
    Rhythm.WEEKLY: ("every week", "每周"),
    Rhythm.MONTHLY: ("every month", "每月"),
    Rhythm.QUARTERLY: ("every quarter", "每季"),
    Rhythm.YEARLY: ("every year", "每年"),
}


def _when(schedule: Schedule) -> Line:
    en, zh = _EVERY[schedule.rhythm]
    if schedule.last_on is not None:
        en, zh = f"{en} through {schedule.last_on}", f"{zh}，至{schedule.last_on}"
    if schedule.times is not None:
        en, zh = f"{en}, {schedule.times} times", f"{zh}，共{schedule.times}次"
    dates = ", ".join(str(turn.due_on or turn.on) for turn in islice(schedule.turns(), SHOWN_DATES))
    return Line(f"{en}: {dates}, …", f"{zh}：{dates}……")


async def _execute(tx: Transaction, payload: bytes, approval: Approval) -> bytes:
    act = _act.decode(payload)
    maker = Instructor(str(approval.maker), approval.customer)
    if isinstance(act, MakeStandingOrder):
        made = await make_standing_order(tx, act.order, by=maker)
    elif isinstance(act, ChangeStandingOrder):
        made = await change_standing_order(tx, act.id, act.terms, by=maker)
    else:
        made = await resume_standing_order(tx, act.id, by=maker, reason=act.reason)
    return msgspec.json.encode({"standing_order": made.id})


register_command(
    STANDING_ORDER,
    execute=_execute,
    describe=_describe,
    title_en="Standing order",
    title_zh="定期付款",
    maker=Scope.PAYMENTS_WRITE,
    default=(),
    like=SUBMIT_PAYMENTS,
)
