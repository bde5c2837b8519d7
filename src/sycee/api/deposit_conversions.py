"""Deposits between the wire and the domain."""

from __future__ import annotations

from decimal import Decimal

from sycee import products
from sycee.api.conversions import AmountCurrencyMismatch, money
from sycee.api.schemas import deposits as wire
from sycee.api.schemas.common import Money
from sycee.kernel.money import Amount


def minor(amount: Money, currency: str) -> int:
    """An amount in minor units. Raises InvalidAmount, UnknownCurrency, AmountCurrencyMismatch."""
    found = Amount.parse(amount.value, amount.currency)
    if amount.currency != currency:
        raise AmountCurrencyMismatch(f"the amount is in {amount.currency[:12]} and the deposit in {currency}")
    return found.minor


def percent(rate: Decimal) -> str:
    """A rate in percent a year, with two decimals at least."""
    whole, _, decimals = f"{rate.normalize():f}".partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}"


def deposit(found: products.Deposit) -> wire.Deposit:
    """A deposit as the wire shows it."""
    notice = found.notice
    return wire.Deposit(
        id=found.id,
        cell=found.cell,
        customer=found.customer,
        arrangement=found.arrangement,
        account=str(found.account) if found.account else None,
        form=found.form.value,
        state=found.state.value,
        currency=found.currency,
        product=found.product.id,
        product_version=found.product.version,
        title={"en": found.product.title.en, "zh": found.product.title.zh},
        principal=money(found.principal, found.currency),
        source=str(found.source),
        opened_on=found.opened_on,
        start=found.start,
        maturity=found.maturity,
        rate=percent(found.rate) if found.rate is not None else None,
        renewal=found.renewal,
        renewed=found.renewed,
        part_withdrawals=found.part_withdrawals,
        notice=wire.StandingNotice(
            id=notice.id,
            given_on=notice.given_on,
            pay_on=notice.pay_on,
            amount=money(notice.amount, found.currency),
        )
        if notice
        else None,
        frozen=money(found.frozen, found.currency),
        obligation=found.obligation,
        obliged=money(found.obliged, found.currency),
        due_on=found.due_on,
        predecessor=found.predecessor,
        successor=found.successor,
        closed_on=found.closed_on,
    )


def event(found: products.DepositEvent, currency: str) -> wire.DepositEvent:
    """An event as the wire shows it."""
    return wire.DepositEvent(
        id=found.id,
        kind=found.kind.value,
        effective=found.effective,
        booked_on=found.booked_on,
        amount=money(found.amount, currency),
        interest=money(found.interest, currency),
        paid_to=str(found.paid_to) if found.paid_to is not None else None,
        transfers=list(found.transfers),
        interest_posting=found.posting,
        facts=found.facts,
        by=found.by,
        at=found.at,
    )


def change(found: products.DepositChange, *, preview: bool = False) -> wire.DepositChange:
    """What became of a request as the wire shows it."""
    currency = found.deposit.currency
    return wire.DepositChange(
        deposit=deposit(found.deposit),
        event=event(found.event, currency),
        lines=[
            wire.DepositInterestLine(
                start=line.start,
                end=line.end,
                days=line.days,
                balance=money(line.balance, currency),
                rate=percent(line.rate),
                why=line.why,
            )
            for line in found.lines
        ],
        repeated=found.repeated,
        preview=preview,
    )
