"""An offer: a package with one customer's choices put in, checked against everything but the customer.

Nothing here reads the database, and the same choices on the same day give the same offer, so offers are
kept: when a thousand customers sign the same package it is resolved once.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from sycee.components import InterestTerms, PackageDefinition, Registry, ResolvedProduct, Title
from sycee.products.agreements import traits
from sycee.products.agreements.account_classes import check_end, class_of, purpose_of
from sycee.products.agreements.errors import (
    BaseItemMissing,
    ChoiceWithoutMeaning,
    ItemRequired,
    UnknownItem,
)
from sycee.products.agreements.records import ItemChoice

_KEPT = 512
_NO_CHOICE = ItemChoice()


class Snapshot(msgspec.Struct, frozen=True):
    """A product as it is kept: its data as JSON, and the hash by which equal ones are found."""

    hash: bytes
    data: str


class OfferedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One product of the offer.

    ``terms`` are those of its own account, of the account it lies over, or of the deposits placed under it.
    """

    key: str
    product: ResolvedProduct
    snapshot: Snapshot
    choice: ItemChoice
    currency: str
    opens_account: bool
    lies_over: str | None
    account_class: str | None
    purpose: str
    subject: str
    terms: InterestTerms | None
    resolved_on: date


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A package with choices put in. ``version`` is the latest start of anything it is made of."""

    package: str
    version: str
    title: Title
    items: tuple[OfferedItem, ...]

    @property
    def opens_basic(self) -> bool:
        """Whether a basic account is among what it opens."""
        return any(item.account_class == "basic" for item in self.items)

    def lying_over(self, key: str) -> OfferedItem | None:
        """The item that lies over another one's account and sets the interest there."""
        return next((item for item in self.items if item.lies_over == key), None)


def snapshot_of(product: ResolvedProduct) -> Snapshot:
    """The product as it is kept."""
    data = msgspec.json.encode(product.as_data(), order="deterministic")
    return Snapshot(hashlib.sha256(data).digest(), data.decode())


class Offers:
    """Makes offers from a registry and keeps the newest of them."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._kept: OrderedDict[tuple[str, date, bytes], Offer] = OrderedDict()

    def offer(self, package: str, on: date, choices: Mapping[str, ItemChoice]) -> Offer:
        """The offer of a package on a day.

        Raises PackageNotFound, ProductNotFound, UnknownItem, ItemRequired, BaseItemMissing,
        ChoiceNotNegotiable, ChoiceOutOfBounds, ChoiceMissing, EndDateMissing, EndDateOutOfRange,
        ChoiceWithoutMeaning.
        """
        key = (package, on, msgspec.json.encode(choices, order="deterministic"))
        found = self._kept.get(key)
        if found is None:
            found = make_offer(self.registry, package, on, choices)
            self._kept[key] = found
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found


def make_offer(registry: Registry, package: str, on: date, choices: Mapping[str, ItemChoice]) -> Offer:
    """As ``Offers.offer``, made anew."""
    definition = registry.package(package, on)
    wanted = _wanted(definition, choices)
    items = []
    for key, part in wanted.items():
        choice = choices.get(key) or choices.get(part.key) or _NO_CHOICE
        items.append(offered_item(registry, key, part.product, part.over, on, choice, part.choices))
    _check_bases(items)
    version = max([definition.valid_from.isoformat(), *(item.product.version for item in items)])
    return Offer(package=package, version=version, title=definition.title, items=tuple(items))


def item_keys(part: Any) -> list[str]:
    """The keys of the arrangements that an item of a package makes: one, or numbered ones."""
    if part.count == 1:
        return [part.key]
    return [f"{part.key}.{number}" for number in range(1, part.count + 1)]


def _wanted(definition: PackageDefinition, choices: Mapping[str, ItemChoice]) -> dict[str, Any]:
    """The items that are taken, by key: the required ones, and the optional ones that were chosen."""
    known = {key for part in definition.items for key in (part.key, *item_keys(part))}
    for key in choices:
        if key not in known:
            offered = ", ".join(part.key for part in definition.items)
            raise UnknownItem(f"{definition.id} has no item {key!r}: its items are {offered}", item=key)
    wanted: dict[str, Any] = {}
    for part in definition.items:
        for key in item_keys(part):
            choice = choices.get(key) or choices.get(part.key)
            if part.optional:
                if choice is not None and choice.include:
                    wanted[key] = part
            elif choice is not None and not choice.include:
                raise ItemRequired(f"{definition.id} is not sold without {part.key}", item=key)
            else:
                wanted[key] = part
    return wanted


def offered_item(
    registry: Registry,
    key: str,
    product_id: str,
    over: str | None,
    on: date,
    choice: ItemChoice,
    fixed: Mapping[str, Any],
    opened_on: date | None = None,
) -> OfferedItem:
    """One product of a day with its choices put in. Raises as ``Offers.offer``.

    ``opened_on``: when its account was opened, if not on that day.
    """
    product = registry.resolve(product_id, on, {**fixed, **choice.negotiated})
    if not traits.opens_account(product) and (choice.name or choice.local_name):
        raise ChoiceWithoutMeaning(
            f"{key} ({product.id}) opens no account on signing, so it has no name of its own", item=key
        )
    check_end(key, product, choice.ends_on, opened_on or on)
    base = over if traits.lies_over(product) else None
    return item_of(key, product, choice, base, resolved_on=on)


def item_of(
    key: str, product: ResolvedProduct, choice: ItemChoice, lies_over: str | None, *, resolved_on: date
) -> OfferedItem:
    """What a product, as it was or is to be agreed to, means for accounts and interest."""
    currency, opens = traits.currency_of(product), traits.opens_account(product)
    return OfferedItem(
        key=key,
        product=product,
        snapshot=snapshot_of(product),
        choice=choice,
        currency=currency,
        opens_account=opens,
        lies_over=lies_over,
        account_class=class_of(product),
        purpose=purpose_of(product),
        subject=traits.subject_of(product),
        terms=traits.terms_of(product, currency),
        resolved_on=resolved_on,
    )


def _check_bases(items: list[OfferedItem]) -> None:
    """Whatever lies over another item needs that item, with an account in the same currency."""
    by_key = {item.key: item for item in items}
    taken: set[str] = set()
    for item in items:
        if not traits.lies_over(item.product):
            continue
        base = by_key.get(item.lies_over or "")
        if base is None or not base.opens_account or base.currency != item.currency:
            raise BaseItemMissing(
                f"{item.key} ({item.product.id}) lies over the account of {item.lies_over or 'no item'},"
                f" which is not among what is signed in {item.currency}",
                item=item.key,
            )
        if base.key in taken:
            raise BaseItemMissing(f"two items lie over the account of {base.key}", item=item.key)
        taken.add(base.key)
