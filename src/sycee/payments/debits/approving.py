"""Commands that may wait for approval: ``payments.mandate`` and ``payments.collect``.

A mandate is proposed for its payee and signed for its payer, whose rules hold each; a list of debits is the
payee's. What stops money (suspending, cancelling, refusing, blocking) waits for nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from sycee.approvals import Approval, Facts, Line, register_command
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.kernel.money import Amount
from sycee.ledger import AccountNotFound
from sycee.payments.debits.collecting import collect
from sycee.payments.debits.errors import InvalidDebitMandate, InvalidDirectDebit
from sycee.payments.debits.mandates import DebitMandate, NewDebitMandate, get_debit_mandate
from sycee.payments.debits.mandating import confirm_debit_mandate, propose_debit_mandates
from sycee.payments.debits.records import DebitOutcome, NewDirectDebit
from sycee.payments.orders.approving import SUBMIT_PAYMENTS
from sycee.payments.orders.new_payments import Instructor
from sycee.payments.orders.parties import Payer, look_up_accounts

MAKE_MANDATES, COLLECT = "payments.mandate", "payments.collect"
"""The names of the commands."""

SHOWN = 50
"""How many mandates or debits of a list are shown one by one to who is to agree."""


class MandateOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """Mandates that are proposed together; or the one that is signed, with the paper when the bank has it."""

    propose: tuple[NewDebitMandate, ...] = ()
    confirm: UUID | None = None
    paper: str | None = None


class CollectOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """Direct debits that are collected together."""

    debits: tuple[NewDirectDebit, ...]
    all_or_nothing: bool = False


_mandate_order = msgspec.json.Decoder(MandateOrder)
_collect_order = msgspec.json.Decoder(CollectOrder)
_mandates = msgspec.json.Decoder(list[DebitMandate])
_outcomes = msgspec.json.Decoder(list[DebitOutcome])


def mandate_order(
    propose: Sequence[NewDebitMandate] = (), *, confirm: UUID | None = None, paper: str | None = None
) -> bytes:
    """The payload of mandates to be proposed, or of one to be signed."""
    return msgspec.json.encode(MandateOrder(tuple(propose), confirm, paper))


def collect_order(debits: Sequence[NewDirectDebit], *, all_or_nothing: bool = False) -> bytes:
    """The payload of a list of direct debits."""
    return msgspec.json.encode(CollectOrder(tuple(debits), all_or_nothing))


def ordered_mandates(result: bytes) -> list[DebitMandate]:
    """The mandates as they were when the order was carried out."""
    return _mandates.decode(result)


def collect_outcomes(result: bytes) -> list[DebitOutcome]:
    """What became of each debit when the list was carried out."""
    return _outcomes.decode(result)


async def _describe_mandates(tx: Transaction, payload: bytes) -> Facts:
    order = _mandate_order.decode(payload)
    if order.confirm is not None:
        return _of_signing(await get_debit_mandate(tx, order.confirm))
    if not order.propose:
        raise InvalidDebitMandate("an order proposes mandates, or signs one")
    whose = await _own(tx, [new.credit_account for new in order.propose])
    lines = [_mandate_line(new) for new in order.propose[:SHOWN]]
    count = len(order.propose)
    return Facts(
        customer=whose.customer,
        cell=whose.cell,
        accounts=tuple(sorted({new.credit_account for new in order.propose})),
        counterparties=tuple(sorted({str(new.debit_account) for new in order.propose})),
        lines=(Line(f"{count} direct debit mandates proposed", f"发起代扣协议{count}份"), *lines),
    )


def _of_signing(mandate: DebitMandate) -> Facts:
    bound = mandate.per_debit or mandate.per_day or mandate.per_month
    limits = {
        ("a debit", "单笔"): mandate.per_debit,
        ("a day", "单日"): mandate.per_day,
        ("a month", "单月"): mandate.per_month,
    }
    name, account = mandate.creditor_name, mandate.debit_account
    return Facts(
        customer=mandate.debtor,
        cell=mandate.debit_account // 10**15,
        accounts=(account,),
        counterparties=(str(mandate.credit_account),),
        amount=bound,
        currency=None if bound is None else mandate.currency,
        lines=(
            Line(
                f"{name} may debit {account} under mandate {mandate.reference}",
                f"授权{name}按协议{mandate.reference}从{account}扣款",
            ),
            *(
                Line(
                    f"up to {_text(limit, mandate.currency)} {en}",
                    f"{zh}不超过{_text(limit, mandate.currency)}",
                )
                for (en, zh), limit in limits.items()
                if limit is not None
            ),
        ),
    )


def _mandate_line(new: NewDebitMandate) -> Line:
    return Line(
        f"{new.reference}: {new.debit_account} is debited for {new.credit_account}",
        f"{new.reference}：从{new.debit_account}扣款至{new.credit_account}",
    )


async def _describe_debits(tx: Transaction, payload: bytes) -> Facts:
    order = _collect_order.decode(payload)
    currencies = {debit.currency for debit in order.debits}
    if len(currencies) != 1:
        raise InvalidDirectDebit(
            "debits that may wait for approval are in one currency: send a list for each"
        )
    (currency,) = currencies
    whose = await _own(tx, [debit.credit_account for debit in order.debits])
    total, count = sum(debit.amount for debit in order.debits), len(order.debits)
    return Facts(
        customer=whose.customer,
        cell=whose.cell,
        accounts=tuple(sorted({debit.credit_account for debit in order.debits})),
        counterparties=tuple(sorted({str(debit.debit_account) for debit in order.debits})),
        amount=total,
        currency=currency,
        lines=(
            Line(
                f"{count} direct debits, {_text(total, currency)}",
                f"代扣{count}笔，合计{_text(total, currency)}",
            ),
            *(
                Line(
                    f"{_text(debit.amount, currency)} from {debit.debit_account}, {debit.mandate_reference}",
                    f"{_text(debit.amount, currency)}：{debit.debit_account}，协议{debit.mandate_reference}",
                )
                for debit in order.debits[:SHOWN]
            ),
        ),
    )


async def _own(tx: Transaction, accounts: Sequence[int]) -> Payer:
    """Whose accounts are credited. Raises AccountNotFound, InvalidDirectDebit when of several."""
    found = await look_up_accounts(tx, set(accounts))
    missing = next((number for number in accounts if number not in found), None)
    if missing is not None:
        raise AccountNotFound(f"there is no account {missing}")
    if len({payer.customer for payer in found.values()}) > 1:
        raise InvalidDirectDebit("what may wait for approval is credited to accounts of one customer")
    return found[accounts[0]]


def _text(amount: int, currency: str) -> str:
    return f"{Amount(amount, currency).text()} {currency}"


async def _make_mandates(tx: Transaction, payload: bytes, approval: Approval) -> bytes:
    order = _mandate_order.decode(payload)
    maker = Instructor(str(approval.maker), approval.customer)
    if order.confirm is not None:
        by = Instructor(maker.by) if order.paper is not None else maker
        made = [await confirm_debit_mandate(tx, order.confirm, by=by, paper=order.paper)]
    else:
        made = await propose_debit_mandates(tx, order.propose, by=maker)
    return msgspec.json.encode(made)


async def _collect(tx: Transaction, payload: bytes, approval: Approval) -> bytes:
    order = _collect_order.decode(payload)
    maker = Instructor(str(approval.maker), approval.customer)
    return msgspec.json.encode(await collect(tx, order.debits, by=maker, all_or_nothing=order.all_or_nothing))


register_command(
    MAKE_MANDATES,
    execute=_make_mandates,
    describe=_describe_mandates,
    title_en="Direct debit mandate",
    title_zh="代扣协议",
    maker=Scope.PAYMENTS_WRITE,
    default=(),
    like=SUBMIT_PAYMENTS,  # who signs one lets another take what rules ask others to agree to
)
register_command(
    COLLECT,
    execute=_collect,
    describe=_describe_debits,
    title_en="Collect by direct debit",
    title_zh="代扣收款",
    maker=Scope.PAYMENTS_WRITE,
    default=(),
)
