"""What every later change of an agreement has in common: its lock, its offer as it stands, a new revision.

A change is written beside what was: the arrangement carries the new terms, an event says what it was before
and why, and the contract gets a further revision. The revisions before it stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from sycee import ledger
from sycee.components import Title
from sycee.database import Transaction
from sycee.kernel.ids import uuid7
from sycee.parties import Customer, Person, customers_on
from sycee.products.agreements import traits, writing
from sycee.products.agreements.composing import compose_contract
from sycee.products.agreements.current import current_offers
from sycee.products.agreements.customers import known_persons
from sycee.products.agreements.errors import AgreementEnded, ArrangementNotFound
from sycee.products.agreements.offers import Offer, OfferedItem, item_of
from sycee.products.agreements.rates import rates_of_day
from sycee.products.agreements.reading import contract, get_agreement
from sycee.products.agreements.records import Agreement, Arrangement, ItemChoice
from sycee.products.contracts import Contract
from sycee.products.interest.positions import TermsChange, change_terms


class Revision(msgspec.Struct, kw_only=True):
    """An agreement that is being changed: as it was, and its items as they are by now, by key."""

    agreement: Agreement
    customer: Customer
    on: date
    by: str
    reason: str
    title: Title
    version: str
    items: dict[str, OfferedItem]
    ids: dict[str, UUID]
    accounts: dict[str, int]
    starts: dict[str, date]
    choices: dict[str, ItemChoice]

    def lying_over(self, key: str) -> OfferedItem | None:
        """The item that sets the interest on another one's account."""
        return next((item for item in self.items.values() if item.lies_over == key), None)


async def begin(tx: Transaction, agreement: UUID, *, by: str, reason: str) -> Revision:
    """Hold an agreement for a change. Raises AgreementNotFound, AgreementEnded."""
    found = await get_agreement(tx, agreement, lock=True)
    if found.ended_on is not None:
        raise AgreementEnded(f"agreement {agreement} ended on {found.ended_on}")
    customer = (await customers_on(tx, [found.customer]))[found.customer]
    on = (await ledger.get_cell(tx, found.cell)).business_date
    active = [one for one in found.arrangements if one.ended_on is None]
    keys = {one.id: one.key for one in active}
    last = await contract(tx, agreement)
    return Revision(
        agreement=found,
        customer=customer,
        on=on,
        by=by,
        reason=reason,
        title=Title(en=last.title.en, zh=last.title.zh),
        version=found.package_version,
        items={one.key: _as_agreed(one, found, keys) for one in active},
        ids={one.key: one.id for one in active},
        accounts={one.key: one.account for one in active if one.account is not None},
        starts={one.key: one.started_on for one in active},
        choices=dict(found.choices),
    )


def choice_for(choices: Mapping[str, ItemChoice], key: str) -> ItemChoice:
    """What was chosen for an arrangement: under its own key, or under that of its item."""
    return choices.get(key) or choices.get(key.partition(".")[0]) or ItemChoice()


def _as_agreed(one: Arrangement, agreement: Agreement, keys: Mapping[UUID, str]) -> OfferedItem:
    choice = choice_for(agreement.choices, one.key)
    choice = msgspec.structs.replace(choice, ends_on=one.ends_on)
    over = keys.get(one.lies_over) if one.lies_over is not None else None
    return item_of(one.key, one.product, choice, over, resolved_on=one.resolved_on)


def arrangement(revision: Revision, key: str) -> Arrangement:
    """The arrangement in force under a key. Raises ArrangementNotFound, AgreementEnded."""
    found = [one for one in revision.agreement.arrangements if one.key == key]
    if not found:
        known = ", ".join(one.key for one in revision.agreement.arrangements)
        raise ArrangementNotFound(f"agreement {revision.agreement.id} has {known}, not {key!r}")
    if found[-1].ended_on is not None:
        raise AgreementEnded(f"{key} of agreement {revision.agreement.id} ended on {found[-1].ended_on}")
    return found[-1]


async def put_in_force(tx: Transaction, revision: Revision, item: OfferedItem, *, resolved_on: date) -> None:
    """Let an arrangement carry other terms from the business date on."""
    before = revision.items[item.key]
    cell, id, account = revision.agreement.cell, revision.ids[item.key], revision.accounts.get(item.key)
    await writing.write_snapshots(tx, [item.snapshot], [item])
    await tx.execute(
        """
        UPDATE arrangements
        SET product = %s, product_version = %s, snapshot = %s, resolved_on = %s, ends_on = %s
        WHERE cell = %s AND id = %s
        """,
        (
            item.product.id,
            item.product.version,
            item.snapshot.hash,
            resolved_on,
            item.choice.ends_on,
            cell,
            id,
        ),
    )
    await end_conditions(tx, cell, id, revision.on)
    await writing.write_conditions(tx, [(cell, id, account, revision.on, item)])
    revision.items[item.key] = item
    if item.lies_over is not None or revision.lying_over(item.key) is None:
        await set_interest(tx, revision, item.lies_over or item.key, before, item)


async def set_interest(
    tx: Transaction, revision: Revision, base: str, before: OfferedItem | None, item: OfferedItem
) -> None:
    """Give the account of ``base`` the terms of ``item`` from the business date on, where they differ."""
    account = revision.accounts.get(base)
    if account is None or item.terms is None or (before is not None and before.terms == item.terms):
        return
    booked = traits.accounting_of(revision.items[base].product, revision.customer.country)
    (terms,) = await writing.defined(tx, [(item.terms, booked)])
    await change_terms(tx, [TermsChange(account, terms, revision.on)])


async def end_conditions(tx: Transaction, cell: int, arrangement: UUID, on: date) -> None:
    """No limit, channel or fee of an arrangement holds from a day on; what began that day never did."""
    await tx.execute(
        "DELETE FROM arrangement_conditions WHERE cell = %s AND arrangement = %s AND started_on >= %s",
        (cell, arrangement, on),
    )
    await tx.execute(
        "UPDATE arrangement_conditions SET ended_on = %s"
        " WHERE cell = %s AND arrangement = %s AND ended_on IS NULL",
        (on, cell, arrangement),
    )


async def note(
    tx: Transaction,
    revision: Revision,
    kind: Literal["extended", "changed", "moved", "ended"],
    arrangement: UUID | None,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Keep what happened: what was, what is, who did it, and why."""
    await tx.execute(
        """
        INSERT INTO agreement_events (cell, agreement, id, kind, arrangement, on_date, by, reason,
                                      before, after)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            revision.agreement.cell,
            revision.agreement.id,
            uuid7(),
            kind,
            arrangement,
            revision.on,
            revision.by,
            revision.reason,
            Jsonb(msgspec.to_builtins(before)),
            Jsonb(msgspec.to_builtins(after)),
        ),
    )


async def finish(tx: Transaction, revision: Revision, signers: Sequence[Person] | None = None) -> Contract:
    """Write the next revision of the contract; returns it. ``signers`` default to those of the first."""
    agreement = revision.agreement
    if signers is None:
        signers = await known_persons(tx, agreement.signers)
    offer = Offer(
        package=agreement.package,
        version=revision.version,
        title=revision.title,
        items=tuple(revision.items.values()),
    )
    wanted = {
        (tier.rate_key, revision.on)
        for item in offer.items
        if item.terms is not None
        for tier in (*item.terms.tiers, item.terms.overdraft)
        if tier is not None
    }
    made = compose_contract(
        (await current_offers(tx)).registry,
        agreement.id,
        offer,
        revision.customer,
        signers,
        await rates_of_day(tx, wanted),
        revision.accounts,
        signed_on=agreement.signed_on,
        made_on=revision.on,
        started_on=revision.starts,
        basic_elsewhere=agreement.basic_elsewhere,
        revision=agreement.revision + 1,
    )
    await writing.insert_contracts(tx, [(agreement.cell, made)])
    await tx.execute(
        "UPDATE agreements SET revision = %s, package_version = %s, choices = %s WHERE cell = %s AND id = %s",
        (
            made.revision,
            revision.version,
            Jsonb(msgspec.to_builtins(revision.choices)),
            agreement.cell,
            agreement.id,
        ),
    )
    return made
