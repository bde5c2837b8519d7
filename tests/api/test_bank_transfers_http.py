"""Transfers of the bank's own money over HTTP: asked for by one, agreed to by another, refused in words."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from sycee import ledger, payments
from sycee.database import Database
from sycee.identity import Scope, issue_token
from tests.api.small_bank import client_of
from tests.api.wire import Client, money


@pytest_asyncio.fixture
async def own(bank: Database) -> str:
    """An account of the bank's own."""
    async with bank.transaction() as tx:
        await payments.load_screening_names(tx, [], name="own", by="test")
        new = ledger.NewAccount(currency="CNY", subject="1011", cell=101, floor=None, name="treasury")
        (opened,) = await ledger.open_accounts(tx, [new])
    return str(opened.number)


def wanted(own: str, **more: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()), "debit_account": own, "bank": "102100099996", "bank_name": "工商银行",
        "amount": money("50000000.00"), **more,
    }  # fmt: skip


async def test_a_transfer_is_asked_for_and_is_a_payment_once_somebody_else_agrees(
    client: Client, bank: Database, own: str
) -> None:
    body = wanted(own)
    asked = await client.post("/v1/bank-transfers", json=body)
    assert asked.status_code == 202, asked.text
    assert (asked.json()["state"], asked.json()["command"]) == ("waiting", "payments.bank_transfer")
    assert asked.json()["amount"] == money("50000000.00")
    assert (await client.post("/v1/bank-transfers", json=body)).json()["id"] == asked.json()["id"]
    other = await client.post("/v1/bank-transfers", json={**body, "amount": money("1.00")})
    assert (other.status_code, other.json()["code"]) == (409, "approval_id_reused")
    said = {"approval": asked.json()["id"], "vote": "yes", "digest": asked.json()["digest"]}
    mine = await client.post("/v1/approval-decisions", json={"decisions": [said]})
    assert mine.json()["outcomes"][0]["code"] == "own_approval"
    async with bank.transaction() as tx:
        token = (await issue_token(tx, "colleague", [Scope.APPROVALS_DECIDE])).text
    async with client_of(bank, token) as colleague:
        done = await colleague.post("/v1/approval-decisions", json={"decisions": [said]})
    assert done.json()["outcomes"][0]["state"] == "executed", done.text
    found = (await client.get(f"/v1/payments/{body['id']}")).json()
    assert (found["kind"], found["rail"], found["customer"]) == ("bank", "HVPS", None)
    assert found["state"] in {"held", "queued"}, "as HVPS is open or not"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"bank": "no bank!"}, "invalid_payment"),
        ({"bank": "1"}, "schema_violation"),
        ({"bank_name": ""}, "schema_violation"),
        ({"amount": money("0.00")}, "invalid_payment"),
        ({"amount": money("1.001")}, "invalid_amount"),
        ({"debit_account": "101000000000009996"}, "invalid_account_number"),
        ({"debit_account": "x"}, "invalid_account_number"),
        ({"customer": str(uuid4())}, "schema_violation"),
    ],
    ids=["no-bank", "short-code", "no-name", "nothing", "decimals", "no-check-digit", "no-number", "more"],
)
async def test_a_transfer_that_cannot_be_is_refused(
    client: Client, own: str, wrong: dict[str, Any], code: str
) -> None:
    answer = await client.post("/v1/bank-transfers", json=wanted(own, **wrong))
    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text


async def test_only_who_operates_payments_may_ask(bank: Database, own: str) -> None:
    async with bank.transaction() as tx:
        token = (await issue_token(tx, "clerk", [Scope.PAYMENTS_WRITE])).text
    async with client_of(bank, token) as clerk:
        assert (await clerk.post("/v1/bank-transfers", json=wanted(own))).status_code == 403
