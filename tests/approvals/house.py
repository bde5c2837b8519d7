"""A small bank for approvals: its people, a customer's people, and a command whose effect can be counted."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any
from uuid import UUID

import msgspec
import pytest

from sycee.approvals import (
    Approval,
    Decision,
    DecisionOutcome,
    Facts,
    Line,
    NewRule,
    NewSegregation,
    RuleChange,
    Stage,
    decide,
    register_command,
    request_approval,
    rule_change,
)
from sycee.database import Transaction
from sycee.identity import Caller, NewPrincipal, PrincipalKind, Scope, create_principals
from sycee.kernel.errors import BusinessRule, Unavailable
from sycee.kernel.ids import uuid7

_serials = count(1)
DECIDE = "scope:approvals:decide"


class Refused(BusinessRule):
    """The test's command refuses"""

    code = "test_refused"


class Gone(Unavailable):
    """The test's command does not answer"""

    code = "test_gone"


class Order(msgspec.Struct, omit_defaults=True):
    """What the test's command does: notes that it was done, unless told to refuse."""

    number: int
    customer: UUID | None = None
    accounts: tuple[int, ...] = ()
    things: tuple[str, ...] = ()
    counterparties: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    package: str | None = None
    note: str = ""
    amount: int | None = None
    currency: str | None = None
    end: str = ""


async def describe(tx: Transaction, payload: bytes) -> Facts:
    """The facts of an order."""
    order = msgspec.json.decode(payload, type=Order)
    return Facts(
        customer=order.customer,
        cell=None if order.customer is None else 101,
        accounts=order.accounts,
        things=order.things,
        counterparties=order.counterparties,
        products=order.products,
        package=order.package,
        amount=order.amount,
        currency=order.currency,
        lines=(Line(f"Order {order.number}{order.note}", f"订单 {order.number}{order.note}"),),
    )


async def describe_many(tx: Transaction, payloads: Sequence[bytes]) -> list[Facts]:
    """The facts of many orders; of an odd number of them nothing can be said."""
    if len(payloads) % 2:
        raise Refused("orders of this kind come in pairs")
    return [await describe(tx, payload) for payload in payloads]


async def execute(tx: Transaction, payload: bytes, approval: Approval) -> bytes:
    """Note that the order was done, with what it was done from."""
    order = msgspec.json.decode(payload, type=Order)
    await tx.execute("INSERT INTO done VALUES (%s, %s)", (approval.id, payload))
    if order.end == "refuse":
        raise Refused(f"order {order.number} is refused")
    if order.end == "gone":
        raise Gone("nobody is there")
    return b'{"number":%d}' % order.number


async def execute_many(tx: Transaction, approvals: Sequence[Approval]) -> list[bytes]:
    """The same for many, in one statement."""
    orders = [msgspec.json.decode(one.payload, type=Order) for one in approvals]
    await tx.execute(
        "INSERT INTO done SELECT * FROM unnest(%s::uuid[], %s::bytea[])",
        ([one.id for one in approvals], [one.payload for one in approvals]),
    )
    if any(order.end for order in orders):
        raise Refused("one of them is refused")
    return [b'{"number":%d}' % order.number for order in orders]


def _register(name: str, **given: Any) -> None:
    register_command(
        name,
        execute=execute,
        describe=describe,
        title_en="An order",
        title_zh="订单",
        maker=Scope.PAYMENTS_WRITE,
        **given,
    )


_register("tests.order")
_register("tests.free", default=())
_register("tests.bulk", execute_many=execute_many)
_register("tests.pairs", describe_many=describe_many)
_register("tests.strict", default=(Stage(who=DECIDE, count=2),), least=2)
_register("tests.other")
told: list[tuple[UUID, str, UUID | None]] = []
"""Of which requests ``tests.kept`` was told that they ended, how, and by whom."""


async def note(tx: Transaction, approval: Approval, by: UUID | None) -> None:
    """Note what a request was told to have come to."""
    told.append((approval.id, str(approval.state), by))


_register("tests.kept", ended=note)


async def a_principal(
    tx: Transaction,
    *scopes: str,
    customer: UUID | None = None,
    person: UUID | None = None,
    name: str = "somebody",
) -> Caller:
    """A principal of the bank's or a customer's that may do what its scopes say; as the edge knows it."""
    kind = PrincipalKind.MACHINE
    (made,) = await create_principals(
        tx,
        [
            NewPrincipal(
                kind=kind,
                login=f"{name}{next(_serials)}",
                name=name,
                customer=customer,
                person=person,
                scopes=scopes,
            )
        ],
        by="tests",
    )
    return Caller(
        id=str(made.id),
        principal=made.id,
        kind=kind,
        name=name,
        customer=customer,
        person=person,
        scopes=frozenset(scopes),
    )


MAKER = (Scope.PAYMENTS_WRITE,)
CHECKER = (Scope.APPROVALS_DECIDE,)
KEEPER = (Scope.APPROVALS_RULES, Scope.APPROVALS_DECIDE)


def order(number: int = 1, **fields: Any) -> bytes:
    """The payload of an order."""
    return msgspec.json.encode(Order(number=number, **fields))


async def ask(
    tx: Transaction, by: Caller, command: str = "tests.order", payload: bytes | None = None, **fields: Any
) -> Approval:
    """Ask for an order."""
    given = {name: fields.pop(name) for name in ("expires_at", "acting_for", "id") if name in fields}
    wanted = order(**fields) if payload is None else payload
    return await request_approval(tx, command, wanted, by=by, **{"id": uuid7(), **given})


async def say(
    tx: Transaction, by: Caller, approval: Approval, vote: Any = "yes", **fields: Any
) -> DecisionOutcome:
    """Say yes, or no, to one request."""
    given = {"reason": "" if vote == "yes" else "because", "digest": approval.digest, **fields}
    (outcome,) = await decide(tx, [Decision(approval=approval.id, vote=vote, **given)], by=by)
    return outcome


async def done(tx: Transaction) -> list[UUID]:
    """The requests that were done, in order of their ids."""
    cursor = await tx.execute("SELECT approval FROM done ORDER BY approval")
    return [row[0] for row in await cursor.fetchall()]


class Keepers:
    """Two persons who keep the rules: one asks for a change, the other releases it."""

    def __init__(self, one: Caller, other: Caller) -> None:
        self.one, self.other = one, other

    async def change(self, tx: Transaction, change: RuleChange) -> dict[str, list[UUID]]:
        """Have a change released; the ids of what came in force."""
        asked = await request_approval(tx, "approvals.rules", rule_change(change), by=self.one, id=uuid7())
        outcome = await say(tx, self.other, asked)
        assert outcome.state == "executed", outcome
        cursor = await tx.execute("SELECT result FROM approvals WHERE id = %s", (asked.id,))
        row = await cursor.fetchone()
        assert row is not None
        found: dict[str, list[UUID]] = msgspec.json.decode(bytes(row[0]), type=dict[str, list[UUID]])
        return found

    async def rule(self, tx: Transaction, command: str, *stages: Stage | str, **fields: Any) -> UUID:
        """Put one rule in force."""
        wanted = tuple(Stage(who=one) if isinstance(one, str) else one for one in stages)
        rule = NewRule(command=command, stages=wanted, **fields)
        made = await self.change(tx, RuleChange(rules=(rule,), customer=rule.customer))
        return made["rules"][0]

    async def segregate(self, tx: Transaction, one: str, other: str) -> UUID:
        """Keep two duties apart."""
        made = await self.change(tx, RuleChange(segregations=(NewSegregation(one=one, other=other),)))
        return made["segregations"][0]


async def statements(tx: Transaction, monkeypatch: pytest.MonkeyPatch, act: Any) -> int:
    """How many statements an act takes."""
    count = 0
    execute = tx.execute

    async def counted(*given: Any, **fields: Any) -> Any:
        nonlocal count
        count += 1
        return await execute(*given, **fields)

    with monkeypatch.context() as patch:
        patch.setattr(tx, "execute", counted)
        await act()
    return count
