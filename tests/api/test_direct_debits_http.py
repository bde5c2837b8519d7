"""/v1/direct-debit-mandates, /v1/direct-debits and what belongs to them, from both sides of a debit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio

from sycee import identity, ledger, parties, payments
from sycee.database import Database
from sycee.identity import NewGrant, NewPrincipal, PrincipalKind, Scope
from sycee.kernel.ids import account_number, uuid7
from tests.api.conftest import Books
from tests.api.wire import BANK, DAY, UNKNOWN, Client, money
from tests.parties.people import new_customer

CREDIT, DEBIT = str(account_number(101, 51)), str(account_number(101, 52))
NOBODY = "00000000-0000-0000-0000-000000000000"


class Desk(msgspec.Struct):
    """A client of the API, and the credentials of the payee's, the payer's and another customer's people."""

    client: Client
    payee: dict[str, str]
    payer: dict[str, str]
    other: dict[str, str]
    customers: dict[str, UUID]

    async def post(self, who: dict[str, str] | None, path: str, body: Any, status: int = 200) -> Any:
        response = await self.client.post(f"/v1/{path}", json=body, headers=who or {})
        assert response.status_code == status, response.text
        return response.json()

    async def get(self, who: dict[str, str] | None, path: str, status: int = 200, **params: Any) -> Any:
        response = await self.client.get(f"/v1/{path}", params=params, headers=who or {})
        assert response.status_code == status, response.text
        return response.json()

    async def mandate(self, **fields: Any) -> dict[str, Any]:
        """A mandate that the payer has signed."""
        proposed = await self.propose(**fields)
        found: dict[str, Any] = await self.post(
            self.payer, f"direct-debit-mandates/{proposed['id']}/sign", {}
        )
        return found

    async def propose(self, **fields: Any) -> dict[str, Any]:
        body = {"mandates": [proposal(**fields)]}
        (found,) = (await self.post(self.payee, "direct-debit-mandates", body, 201))["mandates"]
        made: dict[str, Any] = found
        return made

    async def collect(self, *debits: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
        body = {"debits": list(debits), **fields}
        found: list[dict[str, Any]] = (await self.post(self.payee, "direct-debits", body))["outcomes"]
        return found

    async def act(self, who: dict[str, str] | None, act: str, id: str) -> dict[str, Any]:
        body = {"debits": [id], "reason": "because"}
        (found,) = (await self.post(who, f"direct-debits/{act}", body))["outcomes"]
        told: dict[str, Any] = found
        return told


def proposal(**fields: Any) -> dict[str, Any]:
    given = {"id": str(uuid7()), "credit_account": CREDIT, "debit_account": DEBIT, "currency": "CNY"}
    return {**given, "reference": f"GRID-{uuid7().hex[-8:]}", **fields}


def debit(mandate: dict[str, Any], value: str = "10.00", **fields: Any) -> dict[str, Any]:
    return {
        "id": str(uuid7()),
        "mandate_reference": mandate["reference"],
        "credit_account": CREDIT,
        "debit_account": DEBIT,
        "amount": money(value),
        **fields,
    }


@pytest_asyncio.fixture
async def desk(client: Client, bank: Database) -> AsyncIterator[Desk]:
    """A payee, a payer with 100.00, and somebody else; a list of names is loaded."""
    async with bank.transaction() as tx:
        names = ("Power Grid Ltd", "Paper Mill Ltd", "Reef Ltd")
        made = await parties.register_customers(tx, [new_customer(name) for name in names], by="test")
        await payments.load_screening_names(tx, [], name="own", by="test")
        accounts = [
            ledger.NewAccount(currency="CNY", subject="2011", cell=101, number=int(number), customer=owner.id)
            for number, owner in zip((CREDIT, DEBIT), made, strict=False)
        ]
        await ledger.open_accounts(tx, accounts)
        transfer = ledger.NewTransfer(
            id=uuid7(), debit=int(BANK), credit=int(DEBIT), amount=100_00, currency="CNY"
        )
        await ledger.post_transfers(tx, [transfer])
        headers = [await _user(tx, one.id) for one in made]
    payee, payer, other = headers
    yield Desk(client, payee, payer, other, {name: one.id for name, one in zip(names, made, strict=True)})


async def _user(tx: Any, customer: UUID) -> dict[str, str]:
    login = f"u{customer.hex}"
    new = NewPrincipal(kind=PrincipalKind.CUSTOMER_USER, login=login, name=login, customer=customer)
    (made,) = await identity.create_principals(tx, [new], by="test")
    await identity.grant_role(
        tx, NewGrant(principal=made.id, role="customer_maker"), by="test", reason="for the tests"
    )
    token = await identity.issue_token(tx, login, list(Scope), principal=made.id, by="test")
    return {"Authorization": f"Bearer {token.text}"}


async def test_a_mandate_goes_from_the_payee_to_the_payer(desk: Desk) -> None:
    proposed = await desk.propose(per_month=money("50.00"), purpose="电费")
    assert (proposed["state"], proposed["creditor_name"], proposed["per_month"]) == (
        "proposed",
        "Power Grid Ltd",
        money("50.00"),
    )
    path = f"direct-debit-mandates/{proposed['id']}"
    refused = await desk.post(desk.payee, f"{path}/sign", {}, 403)
    assert refused["code"] == "not_the_debtor"
    signed = await desk.post(desk.payer, f"{path}/sign", {})
    assert (signed["state"], signed["signed_on"]) == ("active", str(DAY))
    for who, knows in ((desk.payee, [True, False]), (desk.payer, [False, True]), (None, [True, True])):
        assert await desk.get(who, path) == signed
        events = (await desk.get(who, f"{path}/events"))["events"]
        assert [event["actor"] is not None for event in events] == knows
        listed = (await desk.get(who, "direct-debit-mandates"))["mandates"]
        assert [one["id"] for one in listed] == [signed["id"]]
    await desk.get(desk.other, path, 404)
    await desk.get(desk.other, f"{path}/events", 404)
    assert (await desk.get(desk.other, "direct-debit-mandates"))["mandates"] == []
    assert (await desk.get(desk.payee, "direct-debit-mandates", side="debtor"))["mandates"] == []


async def test_the_bank_signs_only_with_a_paper(desk: Desk) -> None:
    proposed = await desk.propose()
    path = f"direct-debit-mandates/{proposed['id']}/sign"
    assert (await desk.post(None, path, {}, 400))["code"] == "invalid_debit_mandate"
    assert (await desk.post(desk.payer, path, {"paper": "x"}, 400))["code"] == "invalid_debit_mandate"
    assert (await desk.post(None, path, {"paper": "2026/114"}))["paper"] == "2026/114"


async def test_the_payer_stops_a_mandate_at_once(desk: Desk) -> None:
    mandate = await desk.mandate()
    path = f"direct-debit-mandates/{mandate['id']}"
    said = {"reason": "in dispute"}
    assert (await desk.post(desk.payee, f"{path}/suspend", said, 403))["code"] == "not_the_debtor"
    assert (await desk.post(desk.payer, f"{path}/resume", said))["state"] == "active"
    assert (await desk.post(desk.payer, f"{path}/suspend", said))["state"] == "suspended"
    (refused,) = await desk.collect(debit(mandate))
    assert (refused["code"], refused["reason"]) == ("mandate_suspended", "MS02")
    assert (await desk.post(desk.payer, f"{path}/resume", said))["state"] == "active"
    assert (await desk.post(desk.payer, f"{path}/cancel", said))["state"] == "cancelled"
    assert (await desk.post(desk.payer, f"{path}/suspend", said, 409))["code"] == "debit_mandate_state"
    for act in ("suspend", "resume", "cancel"):
        assert (await desk.post(desk.other, f"{path}/{act}", said, 404))["code"] == "debit_mandate_not_found"
        assert (await desk.post(None, f"direct-debit-mandates/{NOBODY}/{act}", said, 404))["status"] == 404


async def test_a_debit_is_collected_seen_by_both_and_returned(desk: Desk, books: Books) -> None:
    mandate = await desk.mandate()
    item = debit(mandate, "30.00", remittance="三月电费", end_to_end_id="E-1")
    (outcome,) = await desk.collect(item)
    assert outcome == {"id": item["id"], "state": "settled", "due_on": str(DAY)}
    before = await books()
    (again,) = await desk.collect(item)
    assert again["duplicate"] and await books() == before
    path = f"direct-debits/{item['id']}"
    for who in (desk.payee, desk.payer, None):
        found = await desk.get(who, path)
        assert {name: found[name] for name in ("amount", "remittance", "state")} == {
            "amount": money("30.00"),
            "remittance": "三月电费",
            "state": "settled",
        }
        assert len((await desk.get(who, "direct-debits", mandate=mandate["id"]))["debits"]) == 1
        assert len((await desk.get(who, f"{path}/events"))["events"]) == 2
    await desk.get(desk.other, path, 404)
    await desk.get(desk.other, f"{path}/events", 404)
    assert (await desk.get(desk.other, "direct-debits"))["debits"] == []
    for act in ("refuse", "cancel", "return", "reverse"):
        assert (await desk.act(desk.other, act, item["id"]))["code"] == "direct_debit_not_found"
    assert (await desk.act(desk.payer, "reverse", item["id"]))["code"] == "not_possible"
    returned = await desk.act(desk.payer, "return", item["id"])
    assert (returned["state"], returned["code"], returned["reason"]) == ("returned", "refunded", "MD06")
    assert (await desk.act(desk.payee, "reverse", item["id"]))["code"] == "not_possible"
    assert (await desk.get(None, f"accounts/{DEBIT}"))["balance"] == money("100.00")


async def test_what_waits_is_refused_by_the_payer_or_cancelled_by_the_payee(desk: Desk) -> None:
    mandate = await desk.mandate()
    one, two = (debit(mandate, due_on="2026-04-15") for _ in range(2))
    assert [told["state"] for told in await desk.collect(one, two)] == ["waiting", "waiting"]
    assert (await desk.act(desk.payer, "cancel", one["id"]))["code"] == "not_possible"
    assert (await desk.act(desk.payer, "refuse", one["id"]))["state"] == "refused"
    assert (await desk.act(desk.payee, "cancel", two["id"]))["state"] == "cancelled"


async def test_the_payee_reads_a_reason_and_no_figure_of_the_payers_account(desk: Desk) -> None:
    mandate = await desk.mandate()
    (poor,) = await desk.collect(debit(mandate, "100.01"))
    assert (poor["state"], poor["code"], poor["reason"]) == ("rejected", "insufficient_funds", "AM04")
    assert "100" not in poor["detail"]
    await desk.get(desk.payee, f"accounts/{DEBIT}", 404)


async def test_a_payer_blocks_a_payee_and_lifts_the_block(desk: Desk) -> None:
    mandate = await desk.mandate()
    payee, payer = desk.customers["Power Grid Ltd"], desk.customers["Paper Mill Ltd"]
    said = {"id": str(uuid7()), "debtor": str(payer), "creditor": str(payee), "reason": "in dispute"}
    assert (await desk.post(desk.other, "direct-debit-blocks", said, 404))["code"] == "customer_not_found"
    block = await desk.post(desk.payer, "direct-debit-blocks", said)
    assert (await desk.collect(debit(mandate)))[0]["code"] == "creditor_blocked"
    assert (await desk.get(desk.payer, "direct-debit-blocks"))["blocks"] == [block]
    assert (await desk.get(desk.payee, "direct-debit-blocks"))["blocks"] == []
    path = f"direct-debit-blocks/{block['id']}/lift"
    assert (await desk.post(desk.payee, path, {"reason": "x"}, 404))["code"] == "debit_block_not_found"
    assert (await desk.post(desk.payer, path, {"reason": "settled"}))["lifted_at"] is not None
    assert (await desk.collect(debit(mandate)))[0]["state"] == "settled"


async def test_terms_are_set_by_the_bank_for_days_to_come(desk: Desk) -> None:
    new = {"valid_from": "2026-04-01", "calendar": "CN", "refund_days": 30, "retry_days_most": 2}
    assert (await desk.post(desk.payer, "direct-debit-terms", new, 403))["code"] == "bank_only"
    made = await desk.post(None, "direct-debit-terms", new, 201)
    found = (await desk.get(desk.payer, "direct-debit-terms"))["terms"]
    assert found[0] == made and len(found) == 2
    for wrong in ({"valid_from": str(DAY)}, {"calendar": "MARS"}, {}):
        told = await desk.post(None, "direct-debit-terms", {**new, **wrong}, 400)
        assert told["code"] == "invalid_debit_terms"


async def test_a_customer_is_not_told_that_screening_stopped_a_debit(desk: Desk) -> None:
    response = await desk.client.put("/v1/screening-lists/own", json={"names": ["Power Grid Ltd"]})
    assert response.status_code == 200
    mandate = await desk.mandate()
    one, two = debit(mandate), debit(mandate)
    outcomes = await desk.collect(one, two)
    assert [sorted(outcome) for outcome in outcomes] == [["due_on", "id", "state"]] * 2
    assert (await desk.get(desk.payee, f"direct-debits/{one['id']}"))["state"] == "waiting"
    assert (await desk.get(None, f"direct-debits/{one['id']}"))["state"] == "stopped"
    assert (await desk.get(desk.payee, "direct-debits", state="stopped"))["debits"] == []
    assert len((await desk.get(desk.payee, "direct-debits", state="waiting"))["debits"]) == 2
    hidden = await desk.act(desk.payer, "return", one["id"])
    assert (hidden["state"], hidden["code"], hidden["detail"]) == (
        "waiting",
        "not_possible",
        "the debit is waiting",
    )
    said = {"debits": [one["id"]], "reason": "another company"}
    refused = await desk.client.post("/v1/stopped-direct-debits/release", json=said, headers=desk.payee)
    assert refused.json()["code"] == "bank_only"
    (released,) = (await desk.post(None, "stopped-direct-debits/release", said))["outcomes"]
    assert released["state"] == "settled"
    said = {"debits": [two["id"]], "reason": "the very one"}
    await desk.post(None, "stopped-direct-debits/refuse", said)
    rejected = await desk.get(desk.payee, f"direct-debits/{two['id']}")
    assert (rejected["state"], rejected["reason"], rejected["detail"]) == ("rejected", "MS03", None)
    events = (await desk.get(desk.payee, f"direct-debits/{one['id']}/events"))["events"]
    assert [event["state"] for event in events] == ["waiting", "settled"]


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("direct-debit-mandates", {"mandates": []}, "schema_violation"),
        ("direct-debit-mandates", {"mandates": [proposal(per_day=money("1.234"))]}, "invalid_amount"),
        (
            "direct-debit-mandates",
            {"mandates": [proposal(per_day=money("1.00", "USD"))]},
            "invalid_debit_mandate",
        ),
        ("direct-debit-mandates", {"mandates": [proposal(debit_account="1")]}, "invalid_account_number"),
        ("direct-debit-mandates", {"mandates": [proposal(debit_account=UNKNOWN)]}, "account_not_found"),
        ("direct-debits", {"debits": []}, "schema_violation"),
        ("direct-debits", {"debits": [debit({"reference": "x"}, "1.234")]}, "invalid_amount"),
        ("direct-debits", {"debits": [debit({"reference": "x"}, due_on="1000-01-01")]}, "date_out_of_range"),
        ("direct-debits/return", {"debits": [], "reason": "x"}, "schema_violation"),
        ("direct-debits/return", {"debits": [NOBODY], "reason": ""}, "schema_violation"),
        (f"direct-debit-mandates/{NOBODY}/sign", {}, "debit_mandate_not_found"),
        ("direct-debit-blocks", {"id": NOBODY}, "schema_violation"),
    ],
)
async def test_what_is_wrong_with_a_body_is_said(desk: Desk, path: str, body: Any, code: str) -> None:
    response = await desk.client.post(f"/v1/{path}", json=body, headers=desk.payee)
    assert (response.status_code >= 400, response.json()["code"]) == (True, code), response.text
