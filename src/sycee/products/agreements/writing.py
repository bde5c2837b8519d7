"""Writing what was signed, set-wise: each function takes all agreements of a list in a few statements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from sycee import ledger
from sycee.components import InterestTerms, key_of
from sycee.database import DateArray, Int2Array, Int8Array, TextArray, Transaction, UuidArray
from sycee.products.agreements import basic_accounts, traits
from sycee.products.agreements.account_classes import receives_only
from sycee.products.agreements.offers import Offer, OfferedItem, Snapshot
from sycee.products.agreements.records import SignRequest
from sycee.products.contracts import Contract
from sycee.products.interest.positions import InterestStart
from sycee.products.interest.positions import start_interest as start_bearing
from sycee.products.interest.terms import InterestAccounting, define_terms

CONDITION_SLOTS = ("limits", "channels", "fees")
"""The slots whose conditions are written out, for whoever enforces and charges them."""

Numbers = Mapping[UUID, Mapping[str, int]]
"""Account numbers by agreement and item key."""


class Writing(msgspec.Struct, frozen=True, kw_only=True):
    """An agreement to be written: an offer, whose it is, and the ids of its arrangements by item key."""

    request: SignRequest
    offer: Offer
    fingerprint: bytes
    cell: int
    country: str
    on: date
    by: str
    arrangements: dict[str, UUID]

    @property
    def id(self) -> UUID:
        """The id of the agreement."""
        return self.request.id


def json_text(value: Any) -> str:
    """A value as JSON, the same text for the same value."""
    return msgspec.json.encode(value, order="deterministic").decode()


async def insert_agreements(tx: Transaction, writings: Sequence[Writing]) -> set[UUID]:
    """Insert agreements; returns the ids that were free. An id being signed elsewhere is waited for."""
    if not writings:
        return set()
    ordered = sorted(writings, key=lambda one: one.id)
    cursor = await tx.execute(
        """
        INSERT INTO agreements (cell, id, customer, package, package_version, signed_on, signed_by,
                                signers, choices, basic_elsewhere, fingerprint)
        SELECT cell, id, customer, package, version, signed_on, by, signers::jsonb, choices::jsonb,
               basic_elsewhere, decode(fingerprint, 'hex')
        FROM unnest(%s::smallint[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::date[], %s::text[],
                    %s::text[], %s::text[], %s::text[], %s::text[])
            AS n(cell, id, customer, package, version, signed_on, by, signers, choices, basic_elsewhere,
                 fingerprint)
        ON CONFLICT DO NOTHING RETURNING id
        """,
        (
            Int2Array([one.cell for one in ordered]),
            UuidArray([one.id for one in ordered]),
            UuidArray([one.request.customer for one in ordered]),
            TextArray([one.offer.package for one in ordered]),
            TextArray([one.offer.version for one in ordered]),
            DateArray([one.on for one in ordered]),
            TextArray([one.by for one in ordered]),
            TextArray([json_text(one.request.signers) for one in ordered]),
            TextArray([json_text(one.request.choices) for one in ordered]),
            TextArray([one.request.basic_elsewhere for one in ordered]),
            TextArray([one.fingerprint.hex() for one in ordered]),
        ),
    )
    return {row[0] for row in await cursor.fetchall()}


def _items(writings: Sequence[Writing]) -> Iterator[tuple[Writing, OfferedItem]]:
    return ((made, item) for made in writings for item in made.offer.items)


async def open_accounts(tx: Transaction, writings: Sequence[Writing]) -> dict[UUID, dict[str, int]]:
    """Open every account of every agreement; their numbers by agreement and item key."""
    opening = [(made, item) for made, item in _items(writings) if item.opens_account]
    opened = await ledger.open_accounts(tx, [_new_account(made, item) for made, item in opening])
    numbers: dict[UUID, dict[str, int]] = {made.id: {} for made in writings}
    for (made, item), account in zip(opening, opened, strict=True):
        numbers[made.id][item.key] = account.number
        if receives_only(item.product):  # rare, so not set-wise
            await ledger.change_account(
                tx,
                account.number,
                status=ledger.AccountStatus.DEBIT_BLOCKED,
                reason=f"{item.product.title.en}: receives only",
            )
    return numbers


def _new_account(made: Writing, item: OfferedItem) -> ledger.NewAccount:
    return ledger.NewAccount(
        currency=item.currency,
        subject=item.subject,
        cell=made.cell,
        name=item.choice.name or item.product.title.en,
        local_name=item.choice.local_name or item.product.title.zh,
        customer=made.request.customer,
    )


async def write_arrangements(tx: Transaction, writings: Sequence[Writing], numbers: Numbers) -> None:
    """Write the arrangements with their frozen products, their accounts, limits, channels and fees."""
    rows = list(_items(writings))
    await write_snapshots(tx, [item.snapshot for _, item in rows], [item for _, item in rows])
    await tx.execute(
        """
        INSERT INTO arrangements (cell, id, agreement, customer, key, product, product_version, snapshot,
                                  currency, account, lies_over, account_class, purpose, started_on,
                                  resolved_on, ends_on)
        SELECT cell, id, agreement, customer, key, product, version, decode(snapshot, 'hex'),
               currency, account, lies_over, account_class, purpose, started_on, started_on, ends_on
        FROM unnest(%s::smallint[], %s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[],
                    %s::text[], %s::text[], %s::bigint[], %s::uuid[], %s::text[], %s::text[], %s::date[],
                    %s::date[])
            AS n(cell, id, agreement, customer, key, product, version, snapshot, currency, account,
                 lies_over, account_class, purpose, started_on, ends_on)
        """,
        (
            Int2Array([made.cell for made, _ in rows]),
            UuidArray([made.arrangements[item.key] for made, item in rows]),
            UuidArray([made.id for made, _ in rows]),
            UuidArray([made.request.customer for made, _ in rows]),
            TextArray([item.key for _, item in rows]),
            TextArray([item.product.id for _, item in rows]),
            TextArray([item.product.version for _, item in rows]),
            TextArray([item.snapshot.hash.hex() for _, item in rows]),
            TextArray([item.currency for _, item in rows]),
            Int8Array([numbers[made.id].get(item.key) for made, item in rows]),
            UuidArray([made.arrangements.get(item.lies_over or "") for made, item in rows]),
            TextArray([item.account_class for _, item in rows]),
            TextArray([item.purpose for _, item in rows]),
            DateArray([made.on for made, _ in rows]),
            DateArray([item.choice.ends_on for _, item in rows]),
        ),
    )
    await _write_accounts(tx, rows, numbers)
    await write_conditions(
        tx,
        [
            (made.cell, made.arrangements[item.key], numbers[made.id].get(item.key), made.on, item)
            for made, item in rows
        ],
    )


async def write_snapshots(
    tx: Transaction, snapshots: Sequence[Snapshot], items: Sequence[OfferedItem]
) -> None:
    """Keep each product as it is, once."""
    distinct = {snapshot.hash: (snapshot, item) for snapshot, item in zip(snapshots, items, strict=True)}
    ordered = [distinct[key] for key in sorted(distinct)]
    await tx.execute(
        """
        INSERT INTO product_snapshots (hash, product, version, snapshot)
        SELECT decode(hash, 'hex'), product, version, snapshot::jsonb
        FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[]) AS n(hash, product, version, snapshot)
        ON CONFLICT DO NOTHING
        """,
        (
            TextArray([snapshot.hash.hex() for snapshot, _ in ordered]),
            TextArray([item.product.id for _, item in ordered]),
            TextArray([item.product.version for _, item in ordered]),
            TextArray([snapshot.data for snapshot, _ in ordered]),
        ),
    )


async def _write_accounts(
    tx: Transaction, rows: Sequence[tuple[Writing, OfferedItem]], numbers: Numbers
) -> None:
    own = [(made, item) for made, item in rows if item.opens_account]
    await tx.execute(
        """
        INSERT INTO arrangement_accounts (cell, account, arrangement, started_on)
        SELECT * FROM unnest(%s::smallint[], %s::bigint[], %s::uuid[], %s::date[])
        """,
        (
            Int2Array([made.cell for made, _ in own]),
            Int8Array([numbers[made.id][item.key] for made, item in own]),
            UuidArray([made.arrangements[item.key] for made, item in own]),
            DateArray([made.on for made, _ in own]),
        ),
    )
    basic = [
        (made.cell, made.request.customer, numbers[made.id][item.key])
        for made, item in own
        if item.account_class == "basic"
    ]
    await basic_accounts.fill_in(tx, basic)


async def write_conditions(
    tx: Transaction, rows: Sequence[tuple[int, UUID, int | None, date, OfferedItem]]
) -> None:
    """Write out limits, channels and fees of (cell, arrangement, account, from when, item)."""
    found = [
        (cell, arrangement, account, start, slot, name, made)
        for cell, arrangement, account, start, item in rows
        for slot in CONDITION_SLOTS
        for name, made in zip(item.product.conditions.get(slot, ()), item.product.all(slot), strict=True)
    ]
    if not found:
        return
    texts: dict[int, str] = {}  # the same condition stands in many agreements: written as text once
    await tx.execute(
        """
        INSERT INTO arrangement_conditions (cell, arrangement, slot, condition, started_on, account,
                                            capability, parameters)
        SELECT cell, arrangement, slot, condition, started_on, account, capability, parameters::jsonb
        FROM unnest(%s::smallint[], %s::uuid[], %s::text[], %s::text[], %s::date[], %s::bigint[], %s::text[],
                    %s::text[])
            AS n(cell, arrangement, slot, condition, started_on, account, capability, parameters)
        ON CONFLICT (cell, arrangement, slot, condition, started_on) DO UPDATE
            SET ended_on = NULL, account = excluded.account, capability = excluded.capability,
                parameters = excluded.parameters
        """,
        (
            Int2Array([row[0] for row in found]),
            UuidArray([row[1] for row in found]),
            TextArray([row[4] for row in found]),
            TextArray([row[5] for row in found]),
            DateArray([row[3] for row in found]),
            Int8Array([row[2] for row in found]),
            TextArray([key_of(row[6]) for row in found]),
            TextArray([_once(texts, row[6]) for row in found]),
        ),
    )


def _once(texts: dict[int, str], made: Any) -> str:
    text = texts.get(id(made))
    if text is None:
        text = texts[id(made)] = json_text(made)
    return text


async def insert_contracts(tx: Transaction, contracts: Sequence[tuple[int, Contract]]) -> None:
    """Keep (cell, contract), word for word."""
    await tx.execute(
        """
        INSERT INTO contracts (cell, agreement, revision, hash, document)
        SELECT cell, agreement, revision, sha256(convert_to(document, 'UTF8')), document
        FROM unnest(%s::smallint[], %s::uuid[], %s::bigint[], %s::text[])
            AS n(cell, agreement, revision, document)
        """,
        (
            Int2Array([cell for cell, _ in contracts]),
            UuidArray([made.agreement for _, made in contracts]),
            Int8Array([made.revision for _, made in contracts]),
            TextArray([made.document().decode() for _, made in contracts]),
        ),
    )


async def start_interest(tx: Transaction, writings: Sequence[Writing], numbers: Numbers) -> None:
    """Let every account that was opened bear interest: on its own terms, or on those that lie over it."""
    bearing = []
    for made, item in _items(writings):
        above = made.offer.lying_over(item.key) or item
        if item.opens_account and above.terms is not None:
            booked = traits.accounting_of(item.product, made.country)
            bearing.append((numbers[made.id][item.key], made.on, item.product, above.terms, booked))
    terms = await defined(tx, [(one[3], one[4]) for one in bearing])
    starts = []
    for (account, start, product, _, _), number in zip(bearing, terms, strict=True):
        cycle, day = traits.cycle_of(product)
        starts.append(InterestStart(account=account, terms=number, start=start, cycle=cycle, cycle_day=day))
    await start_bearing(tx, starts)


async def defined(tx: Transaction, wanted: Sequence[tuple[InterestTerms, InterestAccounting]]) -> list[int]:
    """The ids of terms, in order; one statement or two for each way of booking, of which there are few."""
    groups: dict[InterestAccounting, list[int]] = {}
    for place, (_, booked) in enumerate(wanted):
        groups.setdefault(booked, []).append(place)
    found = [0] * len(wanted)
    for booked, places in groups.items():
        ids = await define_terms(tx, [wanted[place][0] for place in places], booked)
        for place, id in zip(places, ids, strict=True):
            found[place] = id
    return found
