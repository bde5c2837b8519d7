"""Old versions of packages: who is on one, and moving them to the package as it is sold today.

Old agreements keep their version until they are moved. Each move is a transaction of its own, so that one
customer whose terms do not fit the new version holds up nobody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import msgspec

from sycee.components import PackageItemDefinition, Registry
from sycee.database import Database, Transaction
from sycee.kernel.errors import SyceeError
from sycee.products.agreements import revising
from sycee.products.agreements.changing import add_items
from sycee.products.agreements.current import current_offers
from sycee.products.agreements.offers import OfferedItem, item_keys, offered_item
from sycee.products.agreements.records import CustomerOnVersion
from sycee.products.agreements.revising import Revision, choice_for


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """What became of moving one agreement.

    ``moved``, ``current`` (it was on the newest version), ``waiting`` for others to agree to ``approval``, or
    ``refused`` with the rule's code and words, and nothing changed. ``kept`` are items that the package no
    longer has: they stay on their old terms.
    """

    agreement: UUID
    status: Literal["moved", "current", "waiting", "refused"]
    before: str | None = None
    after: str | None = None
    changed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    approval: UUID | None = None
    code: str | None = None
    detail: str | None = None


async def customers_on_versions(
    tx: Transaction,
    package: str,
    *,
    older_than: str | None = None,
    after: UUID | None = None,
    limit: int = 100,
) -> list[CustomerOnVersion]:
    """Agreements on a package by id, those after ``after``; on versions before ``older_than`` if given."""
    cursor = await tx.execute(
        """
        SELECT customer, id, package, package_version, signed_on FROM agreements
        WHERE package = %s AND ended_on IS NULL AND package_version < coalesce(%s::text, '9999')
          AND id > coalesce(%s::uuid, '00000000-0000-0000-0000-000000000000')
        ORDER BY id LIMIT %s
        """,
        (package, older_than, after, limit),
    )
    return [
        CustomerOnVersion(customer=row[0], agreement=row[1], package=row[2], version=row[3], signed_on=row[4])
        for row in await cursor.fetchall()
    ]


async def move_agreements(
    database: Database,
    agreements: Sequence[UUID],
    *,
    by: str,
    reason: str,
    dry_run: bool = False,
    registry: Registry | None = None,
) -> list[Move]:
    """Move agreements to their packages as sold today, each in its own transaction; a report for each.

    ``dry_run`` reports what would become of each and changes nothing.
    """
    report = []
    for agreement in agreements:

        async def work(tx: Transaction, agreement: UUID = agreement) -> Move:
            async with tx.transaction(force_rollback=dry_run):
                return await move_agreement(tx, agreement, by=by, reason=reason, registry=registry)

        try:
            report.append(await database.run(work))
        except SyceeError as error:
            report.append(Move(agreement=agreement, status="refused", code=error.code, detail=error.detail))
    return report


async def move_agreement(
    tx: Transaction, agreement: UUID, *, by: str, reason: str, registry: Registry | None = None
) -> Move:
    """Move one agreement to its package as it is sold today, with the choices it has.

    What was negotiated stays as long as the new version allows it. Items that every customer of the new
    version has are added. Raises AgreementNotFound, AgreementEnded, PackageNotFound, and what
    ``Offers.offer`` raises for choices that the new version does not allow.
    """
    revision = await revising.begin(tx, agreement, by=by, reason=reason)
    components = registry or (await current_offers(tx)).registry
    definition = components.package(revision.agreement.package, revision.on)
    parts = {key: part for part in definition.items for key in item_keys(part)}
    changed, fresh = _compare(components, revision, parts)
    version = max([definition.valid_from.isoformat(), *(item.product.version for item in (*changed, *fresh))])
    kept = tuple(key for key in revision.items if key not in parts)
    before = revision.version
    moved = [item for item in changed if item.snapshot.hash != revision.items[item.key].snapshot.hash]
    if not moved and not fresh and version <= before:
        return Move(agreement=agreement, status="current", before=before, after=before, kept=kept)
    revision.version, revision.title = max(version, before), definition.title
    for item in moved:
        was = revision.items[item.key].product
        await revising.put_in_force(tx, revision, item, resolved_on=revision.on)
        await revising.note(
            tx,
            revision,
            "moved",
            revision.ids[item.key],
            {"product": was.id, "version": was.version},
            {"product": item.product.id, "version": item.product.version},
        )
    if fresh:
        await add_items(tx, revision, fresh, {}, "moved")
    await revising.note(tx, revision, "moved", None, {"version": before}, {"version": revision.version})
    await revising.finish(tx, revision)
    return Move(
        agreement=agreement,
        status="moved",
        before=before,
        after=revision.version,
        changed=tuple(item.key for item in moved),
        added=tuple(item.key for item in fresh),
        kept=kept,
    )


def _compare(
    components: Registry, revision: Revision, parts: dict[str, PackageItemDefinition]
) -> tuple[list[OfferedItem], list[OfferedItem]]:
    """The items that the agreement has, as they are sold today, and those that it lacks and everybody has."""
    changed, fresh = [], []
    for key, part in parts.items():
        if key in revision.items:
            before = revision.items[key]
            changed.append(_today(components, revision, key, part, before))
        elif not part.optional:
            fresh.append(_today(components, revision, key, part, None))
    return changed, fresh


def _today(
    components: Registry,
    revision: Revision,
    key: str,
    part: PackageItemDefinition,
    before: OfferedItem | None,
) -> OfferedItem:
    choice = before.choice if before is not None else choice_for(revision.choices, key)
    return offered_item(
        components,
        key,
        part.product,
        part.over,
        revision.on,
        choice,
        part.choices,
        revision.starts.get(key),
    )
