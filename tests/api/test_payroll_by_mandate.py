"""A file of salaries waits for those who sign for the customer, and shows nobody a single salary.

The treasurer and the two who sign are users of a customer, who ask over HTTP behind the walls; its mandate
says who signs. After the last yes the worker pays. (How it fares when all is killed meanwhile
is told by tests/payments/drills.)
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest_asyncio

from sycee import approvals, identity, ledger, parties, payments
from sycee.approvals import Stage
from sycee.database import Database
from sycee.identity import NewPrincipal, PrincipalKind
from sycee.kernel.ids import uuid7
from sycee.parties import NewMandate, Rule, Signatory
from sycee.payments import BulkState
from sycee.payments.bulk.records import reject_bulk_order
from sycee.payments.iso20022 import Fault, read_message, reason_of
from sycee.worker import SWEEPS, SweepsAtWork
from tests.api.small_bank import client_of
from tests.api.wire import Client
from tests.approvals.house import KEEPER, Keepers, a_principal
from tests.operations.webhooks.conftest import House
from tests.parties.people import BY, some_persons
from tests.payments.market import file_of

SALARIES, PAYEES = 200, 50
XML = {"Content-Type": "application/xml"}


class Firm(msgspec.Struct):
    """The customer: its account, its employees' accounts, its people over HTTP."""

    id: UUID
    number: int
    employees: list[int]
    treasurer: Client
    signers: tuple[Client, Client]

    def payroll(self) -> bytes:
        """The file."""
        file = file_of(
            [("1.00", "CNY")] * SALARIES,
            debtor=str(self.number),
            creditors=[str(one) for one in self.employees],
        )
        return file.replace(
            b"<PmtMtd>TRF</PmtMtd>",
            b"<PmtMtd>TRF</PmtMtd><PmtTpInf><CtgyPurp><Cd>SALA</Cd></CtgyPurp></PmtTpInf>",
        )


@pytest_asyncio.fixture
async def house(database: Database) -> House:
    """The bank."""
    house = House(database, identity.KeyFile({b"test": bytes(32)}))
    await house.open()
    return house


async def _token(tx: Any, customer: UUID, person: UUID, *roles: str) -> str:
    new = NewPrincipal(
        kind=PrincipalKind.CUSTOMER_USER,
        login=f"u{uuid7().hex}",
        name="user",
        customer=customer,
        person=person,
    )
    (made,) = await identity.create_principals(tx, [new], by="officer")
    for role in roles:
        given = identity.NewGrant(principal=made.id, role=role)
        await identity.grant_role(tx, given, by="officer", reason="tests")
    return (await identity.issue_token(tx, "x", list(identity.Scope), principal=made.id)).text


@pytest_asyncio.fixture
async def firm(house: House) -> AsyncIterator[Firm]:
    """Silk, of which two of group A sign together, whatever the amount."""
    silk = house.customers["silk"]
    async with house.database.transaction() as tx:
        persons = await some_persons(tx, "treasurer", "first", "second")
        mandate = NewMandate(
            customer=silk,
            signatories=tuple(Signatory(group="A", person=one) for one in persons[1:]),
            rules=(Rule(operations=("pay",), signatures=("A+A",)),),
        )
        await parties.give_mandates(tx, [mandate], by=BY)
        keepers = Keepers(await a_principal(tx, *KEEPER), await a_principal(tx, *KEEPER))
        await keepers.rule(tx, payments.SUBMIT_PAYMENTS, Stage(who="mandate:pay"), customer=silk)
        new = [ledger.NewAccount(currency="CNY", subject="2011", cell=101)] * PAYEES
        employees = [one.number for one in await ledger.open_accounts(tx, new)]
        tokens = [await _token(tx, silk, persons[0], "customer_maker")]
        tokens += [await _token(tx, silk, one, "customer_checker") for one in persons[1:]]
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(client_of(house.database, one)) for one in tokens]
        yield Firm(silk, house.accounts["silk"], employees, clients[0], (clients[1], clients[2]))


async def _yes(signer: Client, approval: str) -> dict[str, Any]:
    shown = (await signer.get(f"/v1/approvals/{approval}")).json()["approval"]
    said = {"approval": approval, "vote": "yes", "digest": shown["digest"]}
    response = await signer.post("/v1/approval-decisions", json={"decisions": [said]})
    assert response.status_code == 200, response.text
    outcome: dict[str, Any] = response.json()["outcomes"][0]
    return outcome


async def test_a_payroll_that_two_signed_for_is_paid_once_and_told_of_as_a_whole(
    house: House, firm: Firm
) -> None:
    told, _ = await house.register("https://erp.example.com/", "bulk_order.*", "payment.*", "approval.*")
    sent = await firm.treasurer.post("/v1/bulk-orders", content=firm.payroll(), headers=XML)
    assert sent.status_code == 202, sent.text
    order = sent.json()
    assert (order["state"], order["count"], order["done"]) == ("received", SALARIES, 0)
    path = f"/v1/bulk-orders/{order['id']}"

    asked = (await firm.signers[0].get("/v1/approvals")).json()["approvals"]
    (waiting,) = [one for one in asked if one["id"] == order["approval"]]
    assert waiting["amount"] == {"currency": "CNY", "value": f"{SALARIES}.00"}
    assert [line["en"] for line in waiting["lines"]] == [f"File M-1: {SALARIES} payments, {SALARIES}.00 CNY"]
    assert (await firm.treasurer.post("/v1/approval-decisions", json={"decisions": []})).status_code == 403
    first = await _yes(firm.signers[0], order["approval"])
    assert (first["accepted"], first["state"]) == (True, "waiting")
    assert await house.call(payments.unfinished_bulk_orders) == []
    last = await asyncio.gather(*(_yes(firm.signers[1], order["approval"]) for _ in range(3)))
    assert {one["state"] for one in last} == {"executed"}

    (pay,) = [sweep for sweep in SWEEPS if sweep.name == "payments.bulk"]
    assert await SweepsAtWork(house.database, SWEEPS).once(pay) == 1
    assert await SweepsAtWork(house.database, SWEEPS).once(pay) == 0
    found = (await firm.treasurer.get(path)).json()
    assert (found["done"], found["refused"], found["statuses"]) == (SALARIES, 0, {"ACSC": SALARIES})
    async with house.database.transaction() as tx:
        owned = await ledger.get_accounts(tx, [firm.number, *firm.employees])
    assert {one.balance for one in owned[1:]} == {SALARIES // PAYEES * 100}
    assert owned[0].balance == 100_000_000 - SALARIES * 100

    types = [one.type for one in await house.deliveries(told)]
    assert types == [
        "bulk_order.received", "approval.requested", "approval.yes", "approval.yes",
        *(["bulk_order.started", "approval.executed"]), "bulk_order.done",
    ]  # fmt: skip
    for client in (firm.treasurer, *firm.signers):
        assert (await client.get(f"{path}/items")).json()["code"] == "confidential_order"
        listed = (await client.get("/v1/payments", params={"order": order["id"]})).json()
        assert listed["payments"] == []


async def test_a_payroll_that_one_of_them_refuses_is_not_paid(house: House, firm: Firm) -> None:
    order = (await firm.treasurer.post("/v1/bulk-orders", content=firm.payroll(), headers=XML)).json()
    await _yes(firm.signers[0], order["approval"])
    shown = (await firm.signers[1].get(f"/v1/approvals/{order['approval']}")).json()["approval"]
    no = {"approval": shown["id"], "vote": "no", "digest": shown["digest"], "reason": "last month's"}
    response = await firm.signers[1].post("/v1/approval-decisions", json={"decisions": [no]})
    assert response.json()["outcomes"][0]["state"] == "rejected"
    assert (await house.call(payments.bulk_order, UUID(order["id"]))).state is BulkState.REJECTED
    assert await house.call(payments.unfinished_bulk_orders) == []


async def _no(signer: Client, approval: str, reason: str) -> dict[str, Any]:
    shown = (await signer.get(f"/v1/approvals/{approval}")).json()["approval"]
    said = {"approval": approval, "vote": "no", "digest": shown["digest"], "reason": reason}
    response = await signer.post("/v1/approval-decisions", json={"decisions": [said]})
    outcome: dict[str, Any] = response.json()["outcomes"][0]
    return outcome


async def test_a_file_that_is_turned_down_is_rejected_with_the_reason_item_by_item_and_never_paid(
    house: House, firm: Firm
) -> None:
    told, _ = await house.register("https://erp.example.com/", "bulk_order.*")
    file = firm.payroll().replace(b"<CtgyPurp><Cd>SALA</Cd></CtgyPurp>", b"")
    order = (await firm.treasurer.post("/v1/bulk-orders", content=file, headers=XML)).json()
    path = f"/v1/bulk-orders/{order['id']}"
    assert (await _no(firm.signers[0], order["approval"], "wrong month"))["state"] == "rejected"

    found = (await firm.treasurer.get(path)).json()
    assert (found["state"], found["code"], found["detail"]) == (
        "rejected", "approval_rejected", "wrong month",
    )  # fmt: skip
    assert (found["done"], found["refused"], found["statuses"]) == (SALARIES, SALARIES, {"RJCT": SALARIES})
    assert found["finished_at"] is not None
    (item, *_) = (await firm.treasurer.get(f"{path}/items")).json()["items"]
    assert (item["status"], item["reason"], item["code"], item["payment"]) == (
        "RJCT", "DS02", "approval_rejected", None,
    )  # fmt: skip
    report = (await firm.treasurer.get(f"{path}/status-report")).content
    root = read_message(report, payments.PAIN002_MESSAGES).root
    assert [node.text for node in root.iter("{*}GrpSts")] == ["RJCT"]
    assert {node.text for node in root.iter("{*}TxSts")} == {"RJCT"}
    assert b"wrong month" in report

    for again in (
        await firm.treasurer.post("/v1/bulk-orders", content=file, headers=XML),
        await firm.treasurer.post(f"{path}/carry-out"),
    ):
        assert (again.status_code, again.json()["state"]) == (200, "rejected")
    assert await house.call(payments.unfinished_bulk_orders) == []
    assert (await firm.treasurer.get(f"/v1/accounts/{firm.number}")).json()["held"]["value"] == "0.00"
    types = [one.type for one in await house.deliveries(told)]
    assert types == ["bulk_order.received", "bulk_order.rejected"]


async def test_a_file_is_rejected_too_when_who_sent_it_takes_it_back_or_nobody_decides(
    house: House, firm: Firm
) -> None:
    for number, (end, code) in enumerate(
        ((_withdraw, "approval_withdrawn"), (_let_expire, "approval_expired"))
    ):
        file = firm.payroll().replace(b"<MsgId>M-1<", b"<MsgId>M-%d<" % (number + 7))
        order = (await firm.treasurer.post("/v1/bulk-orders", content=file, headers=XML)).json()
        await end(house, firm, order["approval"])
        found = (await firm.treasurer.get(f"/v1/bulk-orders/{order['id']}")).json()
        assert (found["state"], found["code"]) == ("rejected", code)


async def _withdraw(_: House, firm: Firm, approval: str) -> None:
    done = await firm.treasurer.post(f"/v1/approvals/{approval}/withdraw", json={"reason": ""})
    assert done.is_success, done.text


async def _let_expire(house: House, _: Firm, __: str) -> None:
    async with house.database.transaction() as tx:
        later = datetime.now(UTC) + timedelta(days=400)
        assert await approvals.expire_approvals(tx, at=later) >= 1


async def test_a_yes_to_what_somebody_else_was_turned_down_for_pays_nothing(house: House, firm: Firm) -> None:
    """Two people may have asked for the same file: a no to one of them is a no to the file."""
    order = (await firm.treasurer.post("/v1/bulk-orders", content=firm.payroll(), headers=XML)).json()
    async with house.database.transaction() as tx:
        kept = await payments.bulk_order(tx, UUID(order["id"]))
        fault = Fault(reason_of("approval_rejected"), "approval_rejected", "no")
        await reject_bulk_order(tx, kept.id, fault)
    await _yes(firm.signers[0], order["approval"])
    last = await _yes(firm.signers[1], order["approval"])
    assert (last["state"], last["code"]) == ("failed", "invalid_payment")
    assert await house.call(payments.unfinished_bulk_orders) == []
