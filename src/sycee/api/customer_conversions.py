"""Between the wire's shapes of customers and the domain's, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET

from sycee import parties
from sycee.api.conversions import money
from sycee.api.schemas import customers as wire
from sycee.api.schemas import mandates as wire_mandates
from sycee.api.schemas import ownership as wire_ownership
from sycee.api.schemas.common import Money
from sycee.kernel.errors import InvalidInput
from sycee.kernel.money import Amount
from sycee.parties import CustomerStatus, HoldingKind, RiskGrade

_PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,6})?", re.ASCII)


def _amount(value: Money | None) -> Amount | None:
    return None if value is None else Amount.parse(value.value, value.currency)


def _money(value: Amount | None) -> Money | None:
    return None if value is None else money(value.minor, value.currency)


def percent_text(value: Decimal | None) -> str | None:
    """A percentage as the wire shows it: plain digits, all of them, none for nothing."""
    if value is None:
        return None
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def read_percent(text: str | None, error: type[InvalidInput]) -> Decimal | None:
    """A percentage from the wire. Raises ``error``."""
    if text is None:
        return None
    if not _PERCENT.fullmatch(text):
        raise error(f"{text!r} is not a share: digits with up to six decimals, such as 51.5")
    return Decimal(text)


def new_customer(item: wire.NewCustomer) -> parties.NewCustomer:
    """A legal entity to register."""
    values = {name: getattr(item, name) for name in item.__struct_fields__}
    values["registered_capital"] = _amount(item.registered_capital)
    values["status"] = CustomerStatus(item.status)
    values["risk_grade"] = RiskGrade(item.risk_grade)
    return parties.NewCustomer(**values)


def changes(item: wire.CustomerChange) -> dict[str, Any]:
    """The fields that a change names."""
    found = {
        name: getattr(item, name)
        for name in item.__struct_fields__
        if name not in ("reason", "effective_from") and getattr(item, name) is not UNSET
    }
    if "registered_capital" in found:
        found["registered_capital"] = _amount(found["registered_capital"])
    return found


def customer(found: parties.Customer) -> wire.Customer:
    """A customer as the wire shows it."""
    values = {name: getattr(found, name) for name in found.__struct_fields__}
    values["registered_capital"] = _money(found.registered_capital)
    values["status"], values["risk_grade"] = found.status.value, found.risk_grade.value
    if found.parent is not None:
        percent = percent_text(found.parent.percent) or ""
        values["parent"] = wire.Parent(customer=found.parent.customer, percent=percent)
    return wire.Customer(**values)


def version(found: parties.CustomerVersion) -> wire.CustomerVersion:
    """A version as the wire shows it."""
    return wire.CustomerVersion(
        customer=customer(found.customer),
        valid_to=found.valid_to,
        recorded_at=found.recorded_at,
        recorded_by=found.recorded_by,
        reason=found.reason,
        superseded_at=found.superseded_at,
        superseded_by=found.superseded_by,
    )


def group(found: parties.Group) -> wire.Group:
    """A group as the wire shows it."""
    return wire.Group(
        top=found.top,
        on=found.on,
        members=[
            wire.GroupMember(
                customer=one.customer,
                name=one.name,
                local_name=one.local_name,
                parent=one.parent,
                percent=percent_text(one.percent),
                depth=one.depth,
            )
            for one in found.members
        ],
    )


def holdings(items: Iterable[wire_ownership.Holding]) -> list[parties.Holding]:
    """The holdings of a register. Raises InvalidOwnership."""
    return [
        parties.Holding(
            kind=HoldingKind(item.kind),
            person=item.person,
            customer=item.customer,
            percent=read_percent(item.percent, parties.InvalidOwnership),
        )
        for item in items
    ]


def register(found: parties.OwnershipRegister) -> wire_ownership.OwnershipRegister:
    """A register of owners as the wire shows it."""
    return wire_ownership.OwnershipRegister(
        id=found.id,
        customer=found.customer,
        holdings=[
            wire_ownership.Holding(
                kind=one.kind.value,
                person=one.person,
                customer=one.customer,
                percent=percent_text(one.percent),
            )
            for one in found.holdings
        ],
        valid_from=found.valid_from,
        valid_to=found.valid_to,
        recorded_at=found.recorded_at,
        recorded_by=found.recorded_by,
        reason=found.reason,
    )


def ownership(found: parties.OwnershipReport) -> wire_ownership.OwnershipReport:
    """Who owns a customer, as the wire shows it."""
    return wire_ownership.OwnershipReport(
        customer=found.customer,
        on=found.on,
        owners=[
            wire_ownership.BeneficialOwner(
                person=one.person,
                name=one.name,
                local_name=one.local_name,
                rule=one.rule.value,
                percent=percent_text(one.percent),
                paths=[_path(path) for path in one.paths],
            )
            for one in found.owners
        ],
        untraced=percent_text(found.untraced) or "0",
        exempt=found.exempt,
    )


def _path(found: parties.OwnershipPath) -> wire_ownership.OwnershipPath:
    return wire_ownership.OwnershipPath(
        steps=[
            wire_ownership.OwnershipStep(
                owner=step.owner,
                owner_name=step.owner_name,
                company=step.company,
                company_name=step.company_name,
                kind=step.kind.value,
                percent=percent_text(step.percent),
            )
            for step in found.steps
        ],
        percent=percent_text(found.percent),
    )


def new_mandate(customer_id: UUID, item: wire_mandates.NewMandate) -> parties.NewMandate:
    """A mandate to give. Raises InvalidMandate, InvalidAmount, UnknownCurrency."""
    return parties.NewMandate(
        customer=customer_id,
        signatories=tuple(
            parties.Signatory(group=one.group, person=one.person, post=one.post) for one in item.signatories
        ),
        rules=tuple(_rule(one) for one in item.rules),
        reference=item.reference,
        valid_from=item.valid_from,
        valid_to=item.valid_to,
    )


def _rule(item: wire_mandates.SigningRule) -> parties.Rule:
    limit = _amount(item.up_to)
    if limit is not None and item.currency not in (None, limit.currency):
        raise parties.InvalidMandate(f"the limit is in {limit.currency} and the rule in {item.currency}")
    return parties.Rule(
        operations=tuple(item.operations),
        signatures=tuple(item.signatures),
        currency=limit.currency if limit is not None else item.currency,
        up_to=limit.minor if limit is not None else None,
    )


def mandate(found: parties.Mandate) -> wire_mandates.Mandate:
    """A mandate as the wire shows it."""
    return wire_mandates.Mandate(
        id=found.id,
        customer=found.customer,
        reference=found.reference,
        signatories=[
            wire_mandates.Signatory(group=one.group, person=one.person, post=one.post)
            for one in found.signatories
        ],
        rules=[
            wire_mandates.SigningRule(
                operations=list(one.operations),
                signatures=list(one.signatures),
                up_to=money(one.up_to, one.currency) if one.up_to is not None and one.currency else None,
                currency=one.currency,
            )
            for one in found.rules
        ],
        valid_from=found.valid_from,
        valid_to=found.valid_to,
        recorded_at=found.recorded_at,
        recorded_by=found.recorded_by,
    )


def decision(found: parties.MandateDecision) -> wire_mandates.MandateDecision:
    """A decision as the wire shows it."""
    return wire_mandates.MandateDecision(
        mandate=found.mandate,
        reference=found.reference,
        operation=found.operation,
        signatures=found.signatures,
        signers=list(found.signers),
        up_to=_money(found.up_to),
    )


def read_check(item: wire_mandates.SigningCheck) -> tuple[int | None, str | None]:
    """The amount of a question in minor units and its currency. Raises InvalidAmount, UnknownCurrency."""
    amount = _amount(item.amount)
    return (amount.minor, amount.currency) if amount is not None else (None, None)


def same(found: msgspec.Struct, shape: type[Any]) -> Any:
    """A struct of the domain as one of the wire that has the same fields."""
    return msgspec.convert(found, shape, from_attributes=True)
