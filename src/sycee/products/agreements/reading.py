"""Reading agreements: one, those of a customer, the arrangement of an account, contracts, what happened."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec

from sycee.components import ResolvedProduct
from sycee.database import Transaction
from sycee.kernel.ids import cell_of
from sycee.products.agreements.errors import AgreementNotFound, ArrangementNotFound, ContractNotFound
from sycee.products.agreements.records import (
    Agreement,
    AgreementEvent,
    Arrangement,
    ArrangementCondition,
    ItemChoice,
)
from sycee.products.contracts import Contract, read_contract

_AGREEMENTS = """
    SELECT id, cell, customer, package, package_version, signed_on, signed_at, signed_by, signers,
           basic_elsewhere, choices, revision, ended_on
    FROM agreements
"""
_ARRANGEMENTS = """
    SELECT a.id, a.cell, a.agreement, a.customer, a.key, a.currency, a.account, a.lies_over,
           a.account_class, a.purpose, a.started_on, a.resolved_on, a.ends_on, a.ended_on, s.snapshot::text
    FROM arrangements a JOIN product_snapshots s ON s.hash = a.snapshot
"""
_KEPT_PRODUCTS = 2048


@lru_cache(maxsize=_KEPT_PRODUCTS)
def _product(data: str) -> ResolvedProduct:
    """A product restored from its snapshot; the same one stands in many agreements."""
    return ResolvedProduct.from_data(msgspec.json.decode(data))


def _arrangement(row: Sequence[Any]) -> Arrangement:
    return Arrangement(
        id=row[0],
        cell=row[1],
        agreement=row[2],
        customer=row[3],
        key=row[4],
        product=_product(row[14]),
        currency=row[5],
        account=row[6],
        lies_over=row[7],
        account_class=row[8],
        purpose=row[9],
        started_on=row[10],
        resolved_on=row[11],
        ends_on=row[12],
        ended_on=row[13],
    )


async def _select(tx: Transaction, where: str, values: Sequence[Any]) -> list[Agreement]:
    cursor = await tx.execute((_AGREEMENTS + where).encode(), values)
    rows = await cursor.fetchall()
    cursor = await tx.execute(
        _ARRANGEMENTS
        + """
        JOIN unnest(%s::smallint[], %s::uuid[]) AS n(cell, agreement)
            ON a.cell = n.cell AND a.agreement = n.agreement
        ORDER BY a.id
        """,
        ([row[1] for row in rows], [row[0] for row in rows]),
    )
    arrangements: dict[UUID, list[Arrangement]] = {}
    for row in await cursor.fetchall():
        made = _arrangement(row)
        arrangements.setdefault(made.agreement, []).append(made)
    return [_agreement(row, arrangements.get(row[0], [])) for row in rows]


def _agreement(row: Sequence[Any], arrangements: Sequence[Arrangement]) -> Agreement:
    return Agreement(
        id=row[0],
        cell=row[1],
        customer=row[2],
        package=row[3],
        package_version=row[4],
        state="active" if row[12] is None else "ended",
        signed_on=row[5],
        signed_at=row[6],
        signed_by=row[7],
        signers=msgspec.convert(row[8], tuple[UUID, ...]),
        basic_elsewhere=row[9],
        choices=msgspec.convert(row[10], dict[str, ItemChoice]),
        revision=row[11],
        ended_on=row[12],
        arrangements=tuple(arrangements),
    )


async def get_agreement(tx: Transaction, id: UUID, *, lock: bool = False) -> Agreement:
    """The agreement with this id; ``lock`` keeps others from changing it. Raises AgreementNotFound."""
    found = await _select(tx, "WHERE id = %s" + (" FOR UPDATE" if lock else ""), (id,))
    if not found:
        raise AgreementNotFound(f"there is no agreement {id}")
    return found[0]


async def list_agreements(
    tx: Transaction,
    *,
    customer: UUID | None = None,
    package: str | None = None,
    after: UUID | None = None,
    limit: int = 100,
) -> list[Agreement]:
    """Agreements by id, those after ``after``; of one customer or one package if given."""
    where, values = ["true"], []
    for condition, value in (("customer = %s", customer), ("package = %s", package), ("id > %s", after)):
        if value is not None:
            where.append(condition)
            values.append(value)
    return await _select(tx, f"WHERE {' AND '.join(where)} ORDER BY id LIMIT %s", [*values, limit])


async def get_arrangement(tx: Transaction, id: UUID) -> Arrangement:
    """The arrangement with this id. Raises ArrangementNotFound."""
    cursor = await tx.execute(_ARRANGEMENTS + "WHERE a.id = %s", (id,))
    row = await cursor.fetchone()
    if row is None:
        raise ArrangementNotFound(f"there is no arrangement {id}")
    return _arrangement(row)


async def arrangement_of(tx: Transaction, account: int) -> Arrangement:
    """The arrangement that an account was opened under. Raises ArrangementNotFound."""
    found = await arrangements_of(tx, [account])
    if account not in found:
        raise ArrangementNotFound(f"account {account} was not opened under an arrangement")
    return found[account]


async def arrangements_of(tx: Transaction, accounts: Sequence[int]) -> dict[int, Arrangement]:
    """The arrangements of several accounts; accounts without one are left out."""
    cursor = await tx.execute(
        """
        SELECT n.account, x.arrangement FROM unnest(%s::smallint[], %s::bigint[]) AS n(cell, account)
        JOIN arrangement_accounts x ON x.cell = n.cell AND x.account = n.account
        """,
        ([cell_of(account) for account in accounts], list(accounts)),
    )
    ids: dict[int, UUID] = dict(await cursor.fetchall())
    cursor = await tx.execute(_ARRANGEMENTS + "WHERE a.id = ANY(%s)", (list(ids.values()),))
    found = {row[0]: _arrangement(row) for row in await cursor.fetchall()}
    return {account: found[id] for account, id in ids.items()}


async def attach_account(tx: Transaction, arrangement: Arrangement, account: int) -> None:
    """Note an account that a deposit placed under an arrangement was opened for."""
    await tx.execute(
        """
        INSERT INTO arrangement_accounts (cell, account, arrangement, started_on)
        SELECT %s, %s, %s, business_date FROM cells WHERE cell = %s ON CONFLICT DO NOTHING
        """,
        (arrangement.cell, account, arrangement.id, arrangement.cell),
    )


async def contract(tx: Transaction, agreement: UUID, revision: int | None = None) -> Contract:
    """The contract of an agreement, word for word: the newest revision, or the one that is named.

    Raises AgreementNotFound, ContractNotFound.
    """
    cursor = await tx.execute(
        """
        SELECT c.document FROM agreements a
        LEFT JOIN contracts c ON c.cell = a.cell AND c.agreement = a.id
            AND c.revision = coalesce(%s::integer, a.revision)
        WHERE a.id = %s
        """,
        (revision, agreement),
    )
    row = await cursor.fetchone()
    if row is None:
        raise AgreementNotFound(f"there is no agreement {agreement}")
    if row[0] is None:
        raise ContractNotFound(f"the contract of {agreement} has no revision {revision}")
    return read_contract(row[0])


async def conditions_of(
    tx: Transaction, arrangement: Arrangement, *, slot: str | None = None
) -> list[ArrangementCondition]:
    """The limits, channels and fees of an arrangement, ended ones included, by slot and condition."""
    cursor = await tx.execute(
        """
        SELECT arrangement, account, slot, condition, capability, parameters, started_on, ended_on
        FROM arrangement_conditions
        WHERE cell = %s AND arrangement = %s AND slot = coalesce(%s::text, slot)
        ORDER BY slot, condition, started_on
        """,
        (arrangement.cell, arrangement.id, slot),
    )
    return [
        ArrangementCondition(
            arrangement=row[0],
            account=row[1],
            slot=row[2],
            condition=row[3],
            capability=row[4],
            parameters=row[5],
            started_on=row[6],
            ended_on=row[7],
        )
        for row in await cursor.fetchall()
    ]


async def agreement_events(tx: Transaction, agreement: UUID) -> list[AgreementEvent]:
    """What happened to an agreement since it was signed, oldest first."""
    cursor = await tx.execute(
        """
        SELECT e.id, kind, arrangement, on_date, at, by, reason, before, after
        FROM agreements a JOIN agreement_events e ON e.cell = a.cell AND e.agreement = a.id
        WHERE a.id = %s ORDER BY e.id
        """,
        (agreement,),
    )
    return [
        AgreementEvent(
            id=row[0],
            kind=row[1],
            arrangement=row[2],
            on=row[3],
            at=row[4],
            by=row[5],
            reason=row[6],
            before=row[7],
            after=row[8],
        )
        for row in await cursor.fetchall()
    ]
