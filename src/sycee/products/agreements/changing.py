"""Changing and extending an agreement: other negotiated terms, a later end, a further item of the package."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from sycee.components import PackageDefinition, Registry
from sycee.database import Transaction
from sycee.kernel.ids import uuid7
from sycee.products.agreements import basic_accounts, revising, writing
from sycee.products.agreements.account_classes import check_beside, holdings_of
from sycee.products.agreements.background import with_background
from sycee.products.agreements.current import current_offers
from sycee.products.agreements.customers import require_standing
from sycee.products.agreements.eligibility import check_eligible
from sycee.products.agreements.errors import (
    BaseItemMissing,
    BasicAccountExists,
    ItemTakenAlready,
    NothingToChange,
    UnknownItem,
)
from sycee.products.agreements.offers import Offer, OfferedItem, item_keys, offered_item
from sycee.products.agreements.records import ItemChoice, SignRequest
from sycee.products.agreements.revising import Revision
from sycee.products.agreements.writing import Writing
from sycee.products.contracts import Contract


async def change_agreement(
    tx: Transaction,
    agreement: UUID,
    key: str,
    *,
    negotiated: Mapping[str, Any] | None = None,
    ends_on: date | None = None,
    signers: tuple[UUID, ...],
    by: str,
    reason: str,
    registry: Registry | None = None,
) -> Contract:
    """Agree on other terms for one arrangement, from the business date on; returns the new contract.

    ``negotiated`` replaces values by path (None takes one back to the product's own), within the bounds of
    the version that was agreed to. ``ends_on`` moves the end of a temporary account.

    Raises AgreementNotFound, AgreementEnded, ArrangementNotFound, NothingToChange, what ``Offers.offer``
    raises for the choices, and what refuses the customer or its signers.
    """
    revision = await revising.begin(tx, agreement, by=by, reason=reason)
    standing = await require_standing(tx, revision.agreement.customer, signers)
    made = revising.arrangement(revision, key)
    before = revision.items[key]
    values = {**before.choice.negotiated, **(negotiated or {})}
    choice = msgspec.structs.replace(
        before.choice,
        negotiated={path: value for path, value in values.items() if value is not None},
        ends_on=ends_on or before.choice.ends_on,
    )
    components = registry or (await current_offers(tx)).registry
    fixed = {path: value for path, value in made.product.negotiated.items() if path not in values}
    item = offered_item(
        components, key, made.product.id, before.lies_over, made.resolved_on, choice, fixed, made.started_on
    )
    if item.snapshot.hash == before.snapshot.hash and item.choice.ends_on == before.choice.ends_on:
        raise NothingToChange(f"{key} of agreement {agreement} has these terms already")
    revision.choices[key] = choice
    await revising.put_in_force(tx, revision, item, resolved_on=made.resolved_on)
    await revising.note(
        tx,
        revision,
        "changed",
        made.id,
        {"negotiated": before.product.negotiated, "ends_on": before.choice.ends_on},
        {"negotiated": item.product.negotiated, "ends_on": item.choice.ends_on},
    )
    return await revising.finish(tx, revision, standing.signers)


async def extend_agreement(
    tx: Transaction,
    agreement: UUID,
    choices: Mapping[str, ItemChoice],
    *,
    signers: tuple[UUID, ...],
    by: str,
    reason: str,
    registry: Registry | None = None,
) -> Contract:
    """Take further items of the package, as it is sold today; returns the new contract.

    ``choices`` names the items. One may lie over an account that the agreement has. Raises AgreementNotFound,
    AgreementEnded, UnknownItem, ItemTakenAlready, BaseItemMissing, BasicAccountExists, AccountClassRefused,
    what ``Offers.offer`` raises for the choices, and what refuses the customer or its signers.
    """
    revision = await revising.begin(tx, agreement, by=by, reason=reason)
    standing = await require_standing(tx, revision.agreement.customer, signers)
    components = registry or (await current_offers(tx)).registry
    definition = components.package(revision.agreement.package, revision.on)
    items = _further(definition, components, revision, choices)
    asked = [item.product for item in items]
    applicant = await with_background(tx, standing.applicant, standing.customer, asked, revision.on)
    check_eligible([(item.key, item.product) for item in items], applicant, revision.on)
    await add_items(tx, revision, items, dict(choices), "extended")
    return await revising.finish(tx, revision, standing.signers)


def _further(
    definition: PackageDefinition,
    components: Registry,
    revision: Revision,
    choices: Mapping[str, ItemChoice],
) -> list[OfferedItem]:
    parts = {key: part for part in definition.items for key in item_keys(part)}
    if not choices:
        raise UnknownItem(f"name at least one item of {definition.id}: {', '.join(parts)}")
    found = []
    for key, choice in choices.items():
        part = parts.get(key)
        if part is None:
            raise UnknownItem(
                f"{definition.id} has no item {key!r}: its items are {', '.join(parts)}", item=key
            )
        if key in revision.items:
            raise ItemTakenAlready(f"agreement {revision.agreement.id} has {key} already", item=key)
        found.append(
            offered_item(components, key, part.product, part.over, revision.on, choice, part.choices)
        )
    return found


async def add_items(
    tx: Transaction,
    revision: Revision,
    items: list[OfferedItem],
    choices: Mapping[str, ItemChoice],
    kind: Any,
) -> None:
    """Open and write further items of an agreement. Raises what stands in their way."""
    await _check_added(tx, revision, items)
    agreement = revision.agreement
    offer = Offer(
        package=agreement.package, version=revision.version, title=revision.title, items=tuple(items)
    )
    made = Writing(
        request=SignRequest(id=agreement.id, customer=agreement.customer, package=agreement.package),
        offer=offer,
        fingerprint=b"",
        cell=agreement.cell,
        country=revision.customer.country,
        on=revision.on,
        by=revision.by,
        arrangements={**revision.ids, **{item.key: uuid7() for item in items}},
    )
    if offer.opens_basic:
        claim = (agreement.cell, agreement.customer, agreement.id)
        if agreement.customer not in await basic_accounts.claim(tx, [claim]):
            raise BasicAccountExists(f"customer {agreement.customer} has a basic account")
    numbers = await writing.open_accounts(tx, [made])
    await writing.write_arrangements(tx, [made], numbers)
    await writing.start_interest(tx, [made], numbers)
    for item in items:
        revision.items[item.key] = item
        revision.ids[item.key] = made.arrangements[item.key]
        revision.starts[item.key] = revision.on
        if item.key in numbers[made.id]:
            revision.accounts[item.key] = numbers[made.id][item.key]
        if item.lies_over in revision.accounts and item.lies_over not in numbers[made.id]:
            await revising.set_interest(tx, revision, item.lies_over, None, item)
        if item.key in choices:
            revision.choices[item.key] = choices[item.key]
        after = {"key": item.key, "product": item.product.id, "version": item.product.version}
        await revising.note(tx, revision, kind, made.arrangements[item.key], {}, after)


async def _check_added(tx: Transaction, revision: Revision, items: list[OfferedItem]) -> None:
    customer = revision.agreement.customer
    together = {**revision.items, **{item.key: item for item in items}}
    for item in items:
        if item.lies_over is None:
            continue
        base = together.get(item.lies_over)
        if base is None or not base.opens_account or base.currency != item.currency:
            raise BaseItemMissing(
                f"{item.key} lies over the account of {item.lies_over}, which the agreement does not have in"
                f" {item.currency}",
                item=item.key,
            )
        if revision.lying_over(item.lies_over) is not None:
            raise BaseItemMissing(f"another item lies over the account of {item.lies_over}", item=item.key)
    held = (await holdings_of(tx, [customer])).get(customer, {})
    check_beside([(item.key, item.product) for item in items], held, revision.agreement.basic_elsewhere)
