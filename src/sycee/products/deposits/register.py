"""The register of deposits: reading, holding and writing their rows, and the events that changed them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from sycee.components import ResolvedProduct, library
from sycee.database import Transaction
from sycee.products.agreements.offers import snapshot_of
from sycee.products.deposits.errors import DepositIdReused, DepositNotFound
from sycee.products.deposits.records import (
    Deposit,
    DepositEvent,
    DepositForm,
    DepositState,
    EventKind,
    Freeze,
    Notice,
    RateSet,
    StandingNotice,
)

_SELECT = """
    SELECT d.cell, d.id, d.customer, d.arrangement, d.account, d.form, d.state, d.currency, d.snapshot,
           d.principal, d.source, d.opened_on, d.start, d.earned_from, d.maturity, d.rates, d.renewal,
           d.renewed, d.part_withdrawals, d.marks, d.obligation, d.obliged, d.due_on, d.predecessor,
           d.successor, d.closed_on, a.posted, s.snapshot::text,
           n.id, n.given_on, n.pay_on, n.amount,
           (SELECT coalesce(sum(f.amount - f.deducted), 0)::bigint FROM deposit_freezes f
            WHERE f.cell = d.cell AND f.deposit = d.id AND f.lifted_on IS NULL)
    FROM deposits d
    JOIN accounts a ON a.cell = d.cell AND a.number = d.account
    JOIN product_snapshots s ON s.hash = d.snapshot
    LEFT JOIN deposit_notices n ON n.cell = d.cell AND n.deposit = d.id AND n.state = 'standing'
"""
_EVENTS = """
    SELECT id, deposit, kind, effective, booked_on, amount, interest, paid_to, transfers, posting, facts, by,
           at
    FROM deposit_events
"""


@lru_cache(maxsize=1024)
def _product(digest: bytes, text: str) -> ResolvedProduct:  # noqa: ARG001 - it stands for the text
    return ResolvedProduct.from_data(msgspec.json.decode(text))


def _deposit(row: Sequence[Any]) -> Deposit:
    form = DepositForm(row[5])
    return Deposit(
        cell=row[0],
        id=row[1],
        customer=row[2],
        arrangement=row[3],
        account=row[4],
        form=form,
        state=DepositState(row[6]),
        currency=row[7],
        snapshot=bytes(row[8]),
        # the interest of a margin is credited to it by the engine
        principal=row[26] if form is DepositForm.MARGIN else row[9],
        source=row[10],
        opened_on=row[11],
        start=row[12],
        earned_from=row[13],
        maturity=row[14],
        rates=tuple(msgspec.convert(row[15], list[RateSet])),
        renewal=row[16],
        renewed=row[17],
        part_withdrawals=row[18],
        marks=tuple(msgspec.convert(row[19], list[library.NoticeMark])),
        obligation=row[20],
        obliged=row[21],
        due_on=row[22],
        predecessor=row[23],
        successor=row[24],
        closed_on=row[25],
        product=_product(bytes(row[8]), row[27]),
        notice=StandingNotice(*row[28:32]) if row[28] is not None else None,
        frozen=row[32],
    )


async def get_deposit(tx: Transaction, id: UUID) -> Deposit:
    """The deposit as it stands. Raises DepositNotFound."""
    found = await _select(tx, "WHERE d.id = %s", [id])
    if not found:
        raise DepositNotFound(f"there is no deposit {id}")
    return found[0]


async def hold_deposit(tx: Transaction, id: UUID) -> Deposit:
    """The deposit as it stands, held until the transaction ends. Raises DepositNotFound."""
    found = await hold_deposits(tx, [id])
    if not found:
        raise DepositNotFound(f"there is no deposit {id}")
    return found[0]


async def hold_deposits(tx: Transaction, ids: Sequence[UUID]) -> list[Deposit]:
    """These deposits, held until the transaction ends, in the order of their ids."""
    await tx.execute(
        "SELECT FROM deposits WHERE id = ANY(%s) ORDER BY cell, id FOR NO KEY UPDATE", (list(ids),)
    )
    # only now: a statement that waited for a row would show its neighbours as they were before
    return await _select(tx, "WHERE d.id = ANY(%s) ORDER BY d.cell, d.id", [list(ids)])


async def list_deposits(
    tx: Transaction,
    *,
    customer: UUID | None = None,
    cell: int | None = None,
    form: DepositForm | None = None,
    state: DepositState | None = None,
    arrangement: UUID | None = None,
    after: UUID | None = None,
    limit: int = 100,
) -> list[Deposit]:
    """Deposits by id, those after ``after``; of one customer, cell, form, state, arrangement if given."""
    conditions, values = ["true"], list[Any]()
    for condition, value in (
        ("d.customer = %s", customer),
        ("d.cell = %s", cell),
        ("d.form = %s", form),
        ("d.state = %s", state),
        ("d.arrangement = %s", arrangement),
        ("d.id > %s", after),
    ):
        if value is not None:
            conditions.append(condition)
            values.append(value)
    return await _select(tx, f"WHERE {' AND '.join(conditions)} ORDER BY d.id LIMIT %s", [*values, limit])


async def _select(tx: Transaction, clause: str, values: Sequence[Any]) -> list[Deposit]:
    cursor = await tx.execute((_SELECT + clause).encode(), values)
    return [_deposit(row) for row in await cursor.fetchall()]


async def keep_product(tx: Transaction, product: ResolvedProduct) -> None:
    """Keep a product as it was agreed to, once for all deposits that have the same."""
    kept = snapshot_of(product)
    await tx.execute(
        "INSERT INTO product_snapshots (hash, product, version, snapshot) VALUES (%s, %s, %s, %s::jsonb)"
        " ON CONFLICT DO NOTHING",
        (kept.hash, product.id, product.version, kept.data),
    )


async def insert_deposit(tx: Transaction, deposit: Deposit) -> None:
    """Write a deposit that is new; its product's snapshot is there already."""
    await tx.execute(
        """
        INSERT INTO deposits (cell, id, customer, arrangement, account, form, state, currency, snapshot,
                              principal, source, opened_on, start, earned_from, maturity, rates, renewal,
                              marks, obligation, obliged, due_on, predecessor)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, '[]', %s, %s, %s, %s)
        """,
        (
            deposit.cell, deposit.id, deposit.customer, deposit.arrangement, deposit.account, deposit.form,
            deposit.state, deposit.currency, deposit.snapshot, deposit.principal, deposit.source,
            deposit.opened_on, deposit.start, deposit.earned_from, deposit.maturity, _json(deposit.rates),
            deposit.renewal, deposit.obligation, deposit.obliged, deposit.due_on, deposit.predecessor,
        ),
    )  # fmt: skip


async def update_deposit(tx: Transaction, deposit: Deposit) -> None:
    """Write a deposit that is held, as it stands now."""
    await tx.execute(
        """
        UPDATE deposits
        SET state = %s, principal = %s, start = %s, earned_from = %s, maturity = %s, rates = %s, renewal = %s,
            renewed = %s, part_withdrawals = %s, marks = %s, obliged = %s, due_on = %s, successor = %s,
            closed_on = %s
        WHERE cell = %s AND id = %s
        """,
        (
            deposit.state, deposit.principal, deposit.start, deposit.earned_from, deposit.maturity,
            _json(deposit.rates), deposit.renewal, deposit.renewed, deposit.part_withdrawals,
            _json(deposit.marks), deposit.obliged, deposit.due_on, deposit.successor, deposit.closed_on,
            deposit.cell, deposit.id,
        ),
    )  # fmt: skip


def _json(value: Any) -> Jsonb:
    return Jsonb(msgspec.to_builtins(value))


def request_data(request: msgspec.Struct) -> dict[str, Any]:
    """What was asked for, as it is kept beside the event."""
    data: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(request))  # as it comes back from there
    return data


async def said_before(tx: Transaction, kind: EventKind, request: msgspec.Struct) -> DepositEvent | None:
    """The event that a request has made before; None for a new one.

    Raises DepositIdReused when the id was used for another request.
    """
    data = request_data(request)
    cursor = await tx.execute((_EVENTS + "WHERE id = %s").encode(), (UUID(data["id"]),))
    row = await cursor.fetchone()
    if row is None:
        return None
    cursor = await tx.execute("SELECT request FROM deposit_events WHERE id = %s", (UUID(data["id"]),))
    kept = await cursor.fetchone()
    if row[2] != kind or kept is None or kept[0] != data:
        raise DepositIdReused(f"{data['id']} was used before for something else: {row[2]}")
    return _event(row)


async def insert_event(
    tx: Transaction, cell: int, event: DepositEvent, request: msgspec.Struct | None
) -> DepositEvent:
    """Write an event; returns it with the instant."""
    cursor = await tx.execute(
        """
        INSERT INTO deposit_events (cell, deposit, id, kind, effective, booked_on, amount, interest, paid_to,
                                    transfers, posting, facts, request, by)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING at
        """,
        (
            cell, event.deposit, event.id, event.kind, event.effective, event.booked_on, event.amount,
            event.interest, event.paid_to, list(event.transfers), event.posting, _json(event.facts),
            Jsonb(request_data(request) if request is not None else {}), event.by,
        ),
    )  # fmt: skip
    row = await cursor.fetchone()
    assert row is not None, "what was inserted is returned"
    return msgspec.structs.replace(event, at=row[0])


def _event(row: Sequence[Any]) -> DepositEvent:
    return DepositEvent(
        id=row[0],
        deposit=row[1],
        kind=EventKind(row[2]),
        effective=row[3],
        booked_on=row[4],
        amount=row[5],
        interest=row[6],
        paid_to=row[7],
        transfers=tuple(row[8]),
        posting=row[9],
        facts=row[10],
        by=row[11],
        at=row[12],
    )


async def deposit_events(tx: Transaction, id: UUID) -> list[DepositEvent]:
    """Everything that happened to a deposit, oldest first. Raises DepositNotFound."""
    deposit = await get_deposit(tx, id)
    cursor = await tx.execute(
        (_EVENTS + "WHERE cell = %s AND deposit = %s ORDER BY serial").encode(), (deposit.cell, id)
    )
    return [_event(row) for row in await cursor.fetchall()]


async def deposit_notices(tx: Transaction, id: UUID) -> list[Notice]:
    """The notices given on a deposit, oldest first. Raises DepositNotFound."""
    deposit = await get_deposit(tx, id)
    cursor = await tx.execute(
        "SELECT id, given_on, pay_on, amount, state, given_by, resolved_on FROM deposit_notices"
        " WHERE cell = %s AND deposit = %s ORDER BY given_on, id",
        (deposit.cell, id),
    )
    return [
        Notice(**dict(zip(Notice.__struct_fields__, row, strict=True))) for row in await cursor.fetchall()
    ]


async def deposit_freezes(tx: Transaction, id: UUID) -> list[Freeze]:
    """The freezes of a deposit, oldest first. Raises DepositNotFound."""
    deposit = await get_deposit(tx, id)
    cursor = await tx.execute(
        "SELECT id, authority, document, amount, deducted, frozen_on, lifted_on FROM deposit_freezes"
        " WHERE cell = %s AND deposit = %s ORDER BY frozen_on, id",
        (deposit.cell, id),
    )
    return [
        Freeze(**dict(zip(Freeze.__struct_fields__, row, strict=True))) for row in await cursor.fetchall()
    ]
