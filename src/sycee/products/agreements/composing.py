"""Putting a contract together from what was chosen, who chose it, and the rates of the day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

import msgspec

from sycee.components import InterestTerms, Parameters, RateTier, Registry, key_of
from sycee.kernel.money import Amount
from sycee.parties import Customer, Person
from sycee.products.agreements import traits
from sycee.products.agreements.offers import Offer, OfferedItem
from sycee.products.agreements.rates import Rates
from sycee.products.agreements.titles import condition_title
from sycee.products.contracts import (
    Contract,
    ContractCustomer,
    ContractItem,
    ContractRate,
    ContractTerm,
    Particular,
    Text,
)
from sycee.products.contracts.labels import TIERS

_APART = ("fees", "limits", "channels")
_INSIDE = ("accounting", "process", "eligibility", "currency")
"""How the bank works, which is no part of what it promises; and the currency, which is told by itself."""


def compose_contract(
    components: Registry,
    agreement: UUID,
    offer: Offer,
    customer: Customer,
    signers: Sequence[Person],
    rates: Rates,
    accounts: Mapping[str, int],
    *,
    signed_on: date,
    made_on: date,
    started_on: Mapping[str, date] | None = None,
    basic_elsewhere: str = "",
    revision: int = 1,
    kind: Literal["contract", "preview"] = "contract",
) -> Contract:
    """The contract of an offer. ``accounts`` are the numbers by item key; a preview has none.

    ``started_on``: since when each item holds, where that is not ``signed_on``.
    """
    starts = started_on or {}
    return Contract(
        agreement=agreement,
        revision=revision,
        kind=kind,
        package=offer.package,
        package_version=offer.version,
        title=Text(offer.title.en, offer.title.zh),
        customer=ContractCustomer(
            id=customer.id,
            name=customer.name,
            local_name=customer.local_name,
            identifier=customer.uscc or customer.lei or "",
            address=customer.local_address or customer.address,
            basic_elsewhere=basic_elsewhere,
        ),
        signers=tuple(person.local_name or person.name for person in signers),
        signed_on=signed_on,
        made_on=made_on,
        items=tuple(
            _item(components, item, rates, accounts.get(item.key), starts.get(item.key, signed_on), made_on)
            for item in offer.items
        ),
    )


def _item(
    components: Registry, item: OfferedItem, rates: Rates, account: int | None, start: date, day: date
) -> ContractItem:
    product = item.product
    fixed = _fixed_parts(components, item)
    return ContractItem(
        key=item.key,
        product=product.id,
        product_version=product.version,
        title=Text(product.title.en, product.title.zh),
        form=traits.form_of(product),
        currency=item.currency,
        opens_account=item.opens_account,
        account=None if account is None else str(account),
        lies_over=item.lies_over,
        account_class=item.account_class,
        purpose=item.purpose,
        started_on=start,
        ends_on=item.choice.ends_on,
        rates=() if item.terms is None else tuple(_rates(item.terms, rates, day)),
        negotiated=tuple(
            Particular(path, _shown(value)) for path, value in sorted(product.negotiated.items())
        ),
        **fixed,
    )


_parts_kept: dict[tuple[bytes, date], dict[str, tuple[ContractTerm, ...]]] = {}
_MOST_KEPT = 1024


def _fixed_parts(components: Registry, item: OfferedItem) -> dict[str, tuple[ContractTerm, ...]]:
    """What is the same in every contract on the same product, found once."""
    key = item.snapshot.hash, item.resolved_on
    found = _parts_kept.get(key)
    if found is None:
        found = {
            "terms": tuple(
                term
                for slot in item.product.slots
                if slot not in (*_APART, *_INSIDE)
                for term in _terms(components, item, slot)
            ),
            **{slot: tuple(_terms(components, item, slot)) for slot in _APART},
        }
        if len(_parts_kept) >= _MOST_KEPT:
            _parts_kept.clear()
        _parts_kept[key] = found
    return found


def _terms(components: Registry, item: OfferedItem, slot: str) -> Iterator[ContractTerm]:
    product = item.product
    for condition, made in zip(product.conditions.get(slot, ()), product.all(slot), strict=True):
        yield ContractTerm(
            slot=slot,
            condition=condition,
            capability=key_of(made),
            title=condition_title(components, condition, made, item.resolved_on),
            particulars=tuple(_particulars(made)),
        )


def _particulars(made: Parameters) -> Iterator[Particular]:
    for name, value in flattened(msgspec.to_builtins(made)):
        yield Particular(name, value)


def flattened(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """The leaves of JSON-like values by their path; what is absent or empty is left out."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from flattened(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        if all(isinstance(inner, str | int) for inner in value):
            if value:
                yield path, ", ".join(str(inner) for inner in value)
        else:
            for number, inner in enumerate(value, start=1):
                yield from flattened(inner, f"{path}.{number}")
    elif value is not None and value != "":
        yield path, _shown(value)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else str(msgspec.to_builtins(value))


def _rates(terms: InterestTerms, rates: Rates, day: date) -> Iterator[ContractRate]:
    count = len(terms.tiers)
    for place, tier in enumerate(terms.tiers):
        if count == 1:
            name = "only"
        elif terms.tiering == "whole":
            name = "reached"
        else:
            name = "first" if place == 0 else "further"
        yield _rate(TIERS[name], tier, terms.currency, rates, day)
    if terms.overdraft is not None:
        yield _rate(TIERS["overdraft"], terms.overdraft, terms.currency, rates, day)


def _rate(label: Text, tier: RateTier, currency: str, rates: Rates, day: date) -> ContractRate:
    listed = Decimal(0) if tier.rate_key is None else rates.get((tier.rate_key, day))
    return _rate_of(label, tier, currency, listed)


@lru_cache(maxsize=4096)
def _rate_of(label: Text, tier: RateTier, currency: str, listed: Decimal | None) -> ContractRate:
    return ContractRate(
        label=label,
        above=f"{Amount(tier.above, currency).text()} {currency}",
        rate_key=tier.rate_key,
        spread=percent(tier.spread),
        rate=None if listed is None else percent(priced(tier, listed)),
    )


def priced(tier: RateTier, listed: Decimal) -> Decimal:
    """The rate of a tier where the table has ``listed``: plus its points, within its floor and cap."""
    rate = listed + tier.spread
    floor, cap = getattr(tier, "floor", None), getattr(tier, "cap", None)
    if floor is not None and rate < floor:
        return Decimal(floor)
    return Decimal(cap) if cap is not None and rate > cap else rate


@lru_cache(maxsize=4096)
def percent(rate: Decimal) -> str:
    """A rate for people: at least two decimals, no more than it has."""
    plain = format(rate.normalize() + 0, "f")
    whole, _, fraction = plain.partition(".")
    return f"{whole}.{fraction.ljust(2, '0')}"
