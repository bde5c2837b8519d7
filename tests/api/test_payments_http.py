"""/v1/payments and what belongs to it: instructing, seeing, following, taking back, screening, rails."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio

from sycee import ledger, payments
from sycee.database import Database
from sycee.identity import NewPrincipal, PrincipalKind, Scope, create_principals, issue_token
from sycee.kernel.ids import uuid7
from tests.api.conftest import Books
from tests.api.small_bank import client_of
from tests.api.wire import DAY, PAYEE, PAYER, UNKNOWN, Client, money

AWAY = {"creditor_agent": "102290000013", "creditor_account": "6222020200112233445"}
NOBODY = "00000000-0000-0000-0000-000000000000"


def instruction(value: str = "10.00", **fields: Any) -> dict[str, Any]:
    """An instruction on the wire, from PAYER to PAYEE unless told otherwise."""
    return {
        "id": str(uuid7()),
        "debit_account": PAYER,
        "creditor_account": PAYEE,
        "creditor_name": "Silk Road Steel Ltd",
        "amount": money(value),
        **fields,
    }


async def submit(client: Client, *items: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
    """Submit payments and return their outcomes."""
    response = await client.post("/v1/payments", json={"payments": list(items), **fields})
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["outcomes"]
    return found


@pytest_asyncio.fixture(autouse=True)
async def screened(client: Client) -> None:
    """A list of names is loaded."""
    response = await client.put("/v1/screening-lists/own", json={"names": ["Evil Corp"]})
    assert response.status_code == 200, response.text


async def events(client: Client, id: str) -> list[str]:
    found = (await client.get(f"/v1/payments/{id}/events")).json()["events"]
    return [state for event in found for state in event["states"]]


async def test_a_list_is_answered_with_an_outcome_each_in_order(client: Client) -> None:
    items = [instruction(), instruction("99999.00"), instruction(**AWAY)]
    home, refused, away = await submit(client, *items)
    assert home == {"id": items[0]["id"], "state": "settled", "due_on": "2026-03-31"}
    assert (refused["state"], refused["code"]) == ("rejected", "insufficient_funds")
    assert (away["state"], away["rail"], away["fee"]) == ("held", "BEPS", money("2.50"))
    balance = (await client.get(f"/v1/accounts/{PAYER}")).json()
    assert (balance["balance"], balance["held"]) == (money("990.00"), money("12.50"))


async def test_sending_the_same_list_again_moves_nothing(client: Client, books: Books) -> None:
    items = [instruction(), instruction(**AWAY)]
    await submit(client, *items)
    before = await books()
    again = await submit(client, *items)
    assert [one["duplicate"] for one in again] == [True, True]
    assert await books() == before


async def test_a_dry_run_and_a_list_of_all_or_nothing_change_nothing(client: Client, books: Books) -> None:
    before = await books()
    (told,) = await submit(client, instruction(**AWAY), dry_run=True)
    assert (told["rail"], told["fee"]) == ("BEPS", money("2.50"))
    found = await submit(client, instruction(), instruction("99999.00"), all_or_nothing=True)
    assert [one["code"] for one in found] == ["order_refused", "insufficient_funds"]
    assert await books() == before


async def test_what_is_wrong_with_a_body_is_said_with_its_place(client: Client, books: Books) -> None:
    before = await books()
    cases: list[tuple[Any, int, str]] = [
        ({"payments": []}, 400, "schema_violation"),
        ({"payments": [instruction("1.234")]}, 400, "invalid_amount"),
        ({"payments": [instruction(debit_account="123")]}, 400, "invalid_account_number"),
        ({"payments": [instruction(execute_on="1000-01-01")]}, 400, "date_out_of_range"),
        ({"payments": [instruction(state="settled")]}, 400, "schema_violation"),
        ({"payments": [instruction(creditor_name="")]}, 400, "schema_violation"),
        ({"payments": [instruction() for _ in range(20_001)]}, 413, "too_many_transfers"),
    ]
    for body, status, code in cases:
        response = await client.post("/v1/payments", json=body)
        assert (response.status_code, response.json()["code"]) == (status, code), response.text[:300]
    response = await client.post("/v1/payments", json={"payments": [instruction(), instruction("1.234")]})
    assert response.json()["errors"][0]["pointer"] == "/payments/1/amount"
    assert await books() == before


async def test_a_payment_can_be_seen_with_its_steps(client: Client) -> None:
    item = instruction("12.34", remittance="铁板", end_to_end_id="E-1", order=str(uuid7()))
    await submit(client, item)
    found = (await client.get(f"/v1/payments/{item['id']}")).json()
    assert {name: found[name] for name in item} == item
    assert (found["state"], found["rail"], found["fee"]) == ("settled", None, money("0.00"))
    assert await events(client, item["id"]) == ["received", "validated", "approved", "screened", "settled"]
    for path in (f"/v1/payments/{NOBODY}", f"/v1/payments/{NOBODY}/events"):
        response = await client.get(path)
        assert (response.status_code, response.json()["code"]) == (404, "payment_not_found")
    assert (await client.get("/v1/payments/x")).json()["code"] == "invalid_identifier"


async def test_payments_are_listed_newest_first_page_by_page(client: Client) -> None:
    order = str(uuid7())
    items = [instruction("1.00", order=order) for _ in range(5)]
    away = instruction("1.00", **AWAY)
    await submit(client, *items, away)
    first = (await client.get("/v1/payments", params={"order": order, "limit": 3})).json()
    second = (
        await client.get("/v1/payments", params={"order": order, "limit": 3, "cursor": first["next"]})
    ).json()
    assert [one["id"] for one in first["payments"] + second["payments"]] == [
        item["id"] for item in reversed(items)
    ]
    assert second["next"] is None
    held = (await client.get("/v1/payments", params={"state": "held", "account": PAYER})).json()["payments"]
    assert [one["id"] for one in held] == [away["id"]]
    for params, code in (
        ({"cursor": "x"}, "invalid_cursor"),
        ({"state": "gone"}, "invalid_parameter"),
        ({"account": "1"}, "invalid_account_number"),
    ):
        assert (await client.get("/v1/payments", params=params)).json()["code"] == code


async def test_what_has_not_gone_out_is_cancelled(client: Client) -> None:
    away, home = instruction(**AWAY), instruction()
    await submit(client, away, home)
    body = {"payments": [away["id"], home["id"], NOBODY], "reason": "twice"}
    found = (await client.post("/v1/payments/cancel", json=body)).json()["outcomes"]
    assert [one.get("code") for one in found] == [None, "not_possible", "payment_not_found"]
    assert found[0] == {"payment": away["id"], "state": "cancelled"}
    assert (await client.get(f"/v1/payments/{away['id']}")).json()["reason"] == "twice"
    refused = await client.post("/v1/payments/cancel", json={"payments": []})
    assert refused.json()["code"] == "schema_violation"


async def test_what_has_gone_out_is_recalled(client: Client, bank: Database) -> None:
    away = instruction(**AWAY)
    await submit(client, away)
    path = f"/v1/payments/{away['id']}/recall"
    asked = {"reason_code": "DUPL", "reason": "twice"}
    assert (await client.post(path, json=asked)).json()["code"] == "not_possible"
    async with bank.transaction() as tx:
        sent = payments.Sent(payment=UUID(away["id"]), message_id="M", rail_id="R")
        await payments.mark_sent(tx, [sent])
    assert (await client.post(path, json=asked)).json() == {"payment": away["id"], "state": "sent"}
    assert (await client.post(path, json=asked)).json()["again"] is True
    assert (await client.post(f"/v1/payments/{NOBODY}/recall", json=asked)).status_code == 404
    assert (await client.post(path, json={"reason_code": "x"})).json()["code"] == "schema_violation"


async def test_a_stopped_payment_is_released_or_refused_by_the_bank(client: Client) -> None:
    one, two = (instruction(creditor_name="EVIL corp") for _ in range(2))
    found = await submit(client, one, two)
    assert [outcome["state"] for outcome in found] == ["stopped", "stopped"]
    said = {"payments": [one["id"]], "reason": "another of that name"}
    released = await client.post("/v1/stopped-payments/release", json=said)
    assert released.json()["outcomes"] == [{"payment": one["id"], "state": "settled"}]
    said = {"payments": [two["id"], one["id"]], "reason": "the very one"}
    refused = (await client.post("/v1/stopped-payments/refuse", json=said)).json()["outcomes"]
    assert [one.get("code") for one in refused] == [None, "not_possible"]
    assert (await client.get(f"/v1/payments/{two['id']}")).json()["state"] == "rejected"
    nothing = {"payments": [one["id"]], "reason": ""}
    for path in ("/v1/stopped-payments/release", "/v1/stopped-payments/refuse"):
        assert (await client.post(path, json=nothing)).json()["code"] == "schema_violation"


async def test_a_customer_is_not_told_that_screening_stopped_its_payment(
    client: Client, bank: Database
) -> None:
    async with bank.transaction() as tx:
        silk = uuid7()
        account = ledger.NewAccount(currency="CNY", subject="2011", cell=101, customer=silk, floor=-10_000)
        (opened,) = await ledger.open_accounts(tx, [account])
        new = NewPrincipal(
            kind=PrincipalKind.MACHINE, login="silk", name="silk", customer=silk, scopes=list(Scope)
        )
        (made,) = await create_principals(tx, [new], by="test")
        token = (await issue_token(tx, "silk", list(Scope), principal=made.id)).text
    item = instruction(debit_account=str(opened.number), creditor_name="Evil Corp")
    async with client_of(bank, token) as own:
        (told,) = await submit(own, item)
        assert told == {"id": item["id"], "state": "approved", "due_on": "2026-03-31"}
        (again,) = await submit(own, item)
        assert (again["state"], again.get("code")) == ("approved", None)
        seen = (await own.get(f"/v1/payments/{item['id']}")).json()
        assert (seen["state"], seen["reason_code"], seen["reason"]) == ("approved", None, None)
        listed = (await own.get("/v1/payments", params={"state": "approved"})).json()["payments"]
        assert [one["id"] for one in listed] == [item["id"]]
        assert (await own.get("/v1/payments", params={"state": "stopped"})).json()["payments"] == []
        assert await events(own, item["id"]) == ["received", "validated", "approved"]
        cancelled = (await own.post("/v1/payments/cancel", json={"payments": [item["id"]]})).text
        streamed = (await own.get("/v1/payments/events", params={"after": "0", "follow": "false"})).text
        for text in (cancelled, streamed):
            assert item["id"] in text
            assert "stopped" not in text
            assert "list" not in text.replace("listening", "")
    assert await events(client, item["id"]) == ["received", "validated", "approved", "stopped"]


def read_stream(text: str) -> list[tuple[str, dict[str, Any]]]:
    """The id and the data of each event of a stream."""
    found = []
    for block in text.split("\n\n"):
        said = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in said:
            found.append((said["id"], msgspec.json.decode(said["data"])))
    return found


async def test_the_stream_goes_on_where_it_was_left_and_misses_nothing(client: Client) -> None:
    items = [instruction("1.00") for _ in range(3)]
    await submit(client, *items)
    away = instruction(**AWAY)
    await submit(client, away)
    await client.post("/v1/payments/cancel", json={"payments": [away["id"]]})
    path, once = "/v1/payments/events", {"follow": "false"}
    response = await client.get(path, params={**once, "after": "0"})
    assert response.headers["content-type"] == "text/event-stream"
    whole = read_stream(response.text)
    assert [step["payment"] for _, step in whole] == [*(item["id"] for item in items), away["id"], away["id"]]
    assert whole[-1][1]["states"] == ["cancelled"]
    for place, (id, _) in enumerate(whole):
        rest = await client.get(path, params=once, headers={"Last-Event-ID": id})
        assert read_stream(rest.text) == whole[place + 1 :]
    assert read_stream((await client.get(path, params=once)).text) == []
    for wrong in ("x", "101.", "101.1_", "101.1,102.2"):
        refused = await client.get(path, params={**once, "after": wrong})
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_parameter")


TERMS = {
    "cap": money("5000.00"),
    "urgent": True,
    "calendar": "CN",
    "windows": [{"opens": "20:30:00", "closes": "17:15:00", "opens_day": -1}],
    "fees": [
        {"up_to": money("1000.00"), "price": money("1.00")},
        {"parts_per_million": 20, "most": money("200.00")},
    ],
}


def new_terms(**fields: Any) -> dict[str, Any]:
    return {
        "rail": "BEPS",
        "currency": "CNY",
        "valid_from": "2018-06-01",
        "terms": TERMS,
        "reason": "ccms.909",
        **fields,
    }


async def test_terms_are_proposed_by_one_and_released_by_another(
    client: Client, bank: Database, tokens: dict[str, str]
) -> None:
    made = await client.post("/v1/rail-terms", json=new_terms())
    assert made.status_code == 201, made.text
    id = made.json()["id"]
    own = await client.post(f"/v1/rail-terms/{id}/release", json={})
    assert (own.status_code, own.json()["code"]) == (422, "own_approval")
    async with client_of(bank, tokens["payments:operate"]) as officer:
        taken = await officer.post(f"/v1/rail-terms/{id}/withdraw", json={})
        assert taken.json()["code"] == "not_the_maker"
        released = await officer.post(f"/v1/rail-terms/{id}/release", json={"remark": "as in the message"})
        assert (released.status_code, released.json()["state"]) == (200, "released")
        again = await officer.post(f"/v1/rail-terms/{id}/reject", json={})
        assert (again.status_code, again.json()["code"]) == (409, "rail_terms_decided")
    rails = {one["rail"]: one for one in (await client.get("/v1/rails")).json()["rails"]}
    assert rails["BEPS"]["terms"]["cap"] == money("5000.00")
    assert rails["BEPS"]["terms"]["windows"] == TERMS["windows"]
    before = (await client.get("/v1/rails", params={"on": "2018-05-31"})).json()["rails"]
    assert {one["rail"]: one["terms"]["cap"] for one in before}["BEPS"] == money("1000000.00")
    listed = (await client.get("/v1/rail-terms", params={"rail": "BEPS", "state": "released"})).json()
    assert listed["terms"][0]["id"] == id
    assert (await client.get(f"/v1/rail-terms/{id}")).json()["remark"] == "as in the message"


async def test_terms_can_be_rejected_and_withdrawn_and_are_then_never_in_force(
    client: Client, bank: Database, tokens: dict[str, str]
) -> None:
    one, two = [(await client.post("/v1/rail-terms", json=new_terms())).json()["id"] for _ in range(2)]
    assert (await client.post(f"/v1/rail-terms/{one}/withdraw", json={})).json()["state"] == "withdrawn"
    async with client_of(bank, tokens["payments:operate"]) as officer:
        rejected = await officer.post(f"/v1/rail-terms/{two}/reject", json={"remark": "wrong cap"})
        assert rejected.json()["state"] == "rejected"
    rails = {one["rail"]: one for one in (await client.get("/v1/rails")).json()["rails"]}
    assert rails["BEPS"]["valid_from"] == "2018-05-02"
    missing = await client.post(f"/v1/rail-terms/{NOBODY}/release", json={})
    assert (missing.status_code, missing.json()["code"]) == (404, "rail_terms_not_found")
    assert (await client.get(f"/v1/rail-terms/{NOBODY}")).json()["code"] == "rail_terms_not_found"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"rail": "SWIFT"}, "rail_not_found"),
        ({"currency": "XYZ", "terms": {}}, "unknown_currency"),
        ({"terms": {"calendar": "MARS"}}, "calendar_not_found"),
        ({"terms": {"cap": money("0.00")}}, "invalid_rail_terms"),
        ({"terms": {"cap": money("1.00", "USD")}}, "invalid_rail_terms"),
        ({"terms": {"fees": [{"up_to": money("2.00")}, {"up_to": money("1.00")}]}}, "invalid_rail_terms"),
        ({"terms": {"fees": [{"up_to": money("2.00")}]}}, "invalid_rail_terms"),
        ({"terms": {"windows": [{"opens": "18:00:00", "closes": "08:00:00"}]}}, "invalid_rail_terms"),
        ({"valid_from": "1000-01-01"}, "date_out_of_range"),
    ],
)
async def test_terms_that_cannot_hold_are_refused(client: Client, fields: dict[str, Any], code: str) -> None:
    response = await client.post("/v1/rail-terms", json=new_terms(**fields))
    assert response.json()["code"] == code, response.text


async def test_lists_of_names_are_loaded_and_listed(client: Client) -> None:
    await client.put("/v1/screening-lists/un", json={"names": ["A", "B", "a "]})
    lists = (await client.get("/v1/screening-lists")).json()["lists"]
    assert [(one["name"], one["entries"]) for one in lists] == [("own", 1), ("un", 2)]
    refused = await client.put("/v1/screening-lists/un", json={"names": ["!?"]})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_screening_list")


async def test_a_payment_for_later_waits(client: Client) -> None:
    (later,) = await submit(client, instruction(execute_on=(DAY + timedelta(1)).isoformat()))
    assert (later["state"], later["due_on"]) == ("approved", "2026-04-01")
    (unknown,) = await submit(client, instruction(debit_account=UNKNOWN))
    assert unknown["code"] == "account_not_found"


async def test_single_salaries_are_seen_with_a_permission_of_their_own(
    client: Client, tokens: dict[str, str]
) -> None:
    salary, plain = instruction(purpose="SALA"), instruction()
    await submit(client, salary, plain)
    reader = {"Authorization": f"Bearer {tokens['payments:read']}"}
    path = f"/v1/payments/{salary['id']}"
    for hidden in (path, f"{path}/events"):
        refused = await client.get(hidden, headers=reader)
        assert (refused.status_code, refused.json()["code"]) == (403, "confidential_payment")
        assert (await client.get(hidden)).status_code == 200  # an administrator
    listed = (await client.get("/v1/payments", headers=reader)).json()["payments"]
    assert [one["id"] for one in listed] == [plain["id"]]
    assert len((await client.get("/v1/payments")).json()["payments"]) == 2
    stream = {"after": "0", "follow": "false"}
    seen = (await client.get("/v1/payments/events", params=stream, headers=reader)).text
    assert (salary["id"] in seen, plain["id"] in seen) == (False, True)
    assert salary["id"] in (await client.get("/v1/payments/events", params=stream)).text
