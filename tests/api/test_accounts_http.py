"""Accounts over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from sycee.kernel.ids import account_number, uuid7
from tests.api.conftest import Books
from tests.api.wire import PAYER, UNKNOWN, Client, money, post, transfer


def new_account(**fields: Any) -> dict[str, Any]:
    return {"currency": "CNY", "subject": "2011", "cell": 101, **fields}


async def open_accounts(client: Client, *accounts: dict[str, Any]) -> list[dict[str, Any]]:
    response = await client.post("/v1/accounts", json={"accounts": list(accounts)})
    assert response.status_code == 201, response.text
    found: list[dict[str, Any]] = response.json()["accounts"]
    return found


async def test_accounts_are_opened_in_order_with_numbers_made_in_their_cell(client: Client) -> None:
    customer = str(uuid7())
    first, second = await open_accounts(
        client,
        new_account(name="Payroll", local_name="工资户", customer=customer),
        new_account(cell=102, currency="JPY", normal_side="debit", floor=None),
    )
    assert first["number"].startswith("101")
    assert len(first["number"]) == 18
    assert (first["name"], first["local_name"], first["customer"]) == ("Payroll", "工资户", customer)
    assert first["status"] == "open"
    assert first["balance"] == first["available"] == money("0.00")
    assert first["floor"] == money("0.00")
    assert second["number"].startswith("102")
    assert (second["normal_side"], second["floor"], second["balance"]) == ("debit", None, money("0", "JPY"))


async def test_an_overdraft_line_can_be_drawn_upon(client: Client) -> None:
    (account,) = await open_accounts(client, new_account(floor=money("-50.00")))
    outcomes = await post(
        client,
        transfer("50.00", debit=account["number"], credit=PAYER),
        transfer("0.01", debit=account["number"], credit=PAYER),
    )
    assert [one["status"] for one in outcomes] == ["posted", "rejected"]


async def test_a_numbered_account_may_be_opened_again_with_the_same_content_only(client: Client) -> None:
    number = str(account_number(101, 5000))
    wanted = new_account(number=number, name="Payroll")
    first = await open_accounts(client, wanted)
    assert await open_accounts(client, wanted) == first
    refused = await client.post("/v1/accounts", json={"accounts": [{**wanted, "currency": "USD"}]})
    assert (refused.status_code, refused.json()["code"]) == (409, "account_exists")


async def test_accounts_are_listed_in_pages_without_gaps_or_repeats(client: Client) -> None:
    everything = (await client.get("/v1/accounts")).json()["accounts"]
    collected: list[Any] = []
    params: dict[str, Any] = {"limit": 3}
    while True:
        page = (await client.get("/v1/accounts", params=params)).json()
        assert len(page["accounts"]) <= 3
        collected += page["accounts"]
        if page["next"] is None:
            break
        params["cursor"] = page["next"]
    assert collected == everything
    assert len({account["number"] for account in collected}) == len(collected) > 3


async def test_accounts_are_listed_by_customer_and_by_cell(client: Client) -> None:
    customer = str(uuid7())
    await open_accounts(client, new_account(customer=customer), new_account(customer=customer, cell=102))
    mine = (await client.get("/v1/accounts", params={"customer": customer})).json()["accounts"]
    assert [account["cell"] for account in mine] == [101, 102]
    far = (await client.get("/v1/accounts", params={"cell": 102})).json()["accounts"]
    assert {account["cell"] for account in far} == {102}


async def test_a_change_keeps_what_it_does_not_name(client: Client) -> None:
    response = await client.patch(
        f"/v1/accounts/{PAYER}", json={"reason": "renamed", "name": "Main", "floor": money("-10.00")}
    )
    assert response.status_code == 200, response.text
    found = response.json()
    assert (found["name"], found["local_name"]) == ("Main", "基本存款账户")
    assert (found["floor"], found["available"]) == (money("-10.00"), money("1010.00"))
    assert found["status"] == "open"


async def test_a_block_stops_debits(client: Client) -> None:
    await client.patch(f"/v1/accounts/{PAYER}", json={"reason": "court", "status": "debit_blocked"})
    (outcome,) = await post(client, transfer("1.00"))
    assert outcome["code"] == "debit_blocked"


BAD_CHANGES: dict[str, tuple[dict[str, Any], int, str]] = {
    "no reason": ({"name": "x"}, 400, "schema_violation"),
    "empty reason": ({"name": "x", "reason": ""}, 400, "schema_violation"),
    "nothing to change": ({"reason": "x"}, 400, "missing_field"),
    "unknown status": ({"reason": "x", "status": "asleep"}, 400, "schema_violation"),
    "null status": ({"reason": "x", "status": None}, 400, "schema_violation"),
    "floor in another currency": (
        {"reason": "x", "floor": money("-1.00", "USD")},
        400,
        "currency_mismatch",
    ),
    "floor as a number": ({"reason": "x", "floor": -1}, 400, "schema_violation"),
    "number cannot change": ({"reason": "x", "number": UNKNOWN}, 400, "schema_violation"),
}


@pytest.mark.parametrize("name", BAD_CHANGES)
async def test_a_bad_change_is_refused_and_nothing_changes(client: Client, books: Books, name: str) -> None:
    change, status, code = BAD_CHANGES[name]
    before = await books()
    response = await client.patch(f"/v1/accounts/{PAYER}", json=change)
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    assert await books() == before


BAD_ACCOUNTS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown currency": (new_account(currency="XXQ"), "unknown_currency"),
    "no subject": ({"currency": "CNY"}, "schema_violation"),
    "empty subject": (new_account(subject=""), "schema_violation"),
    "cell too small": (new_account(cell=99), "schema_violation"),
    "number with a wrong check digit": (new_account(number=PAYER[:-1] + "0"), "invalid_account_number"),
    "floor in another currency": (new_account(floor=money("-1.00", "USD")), "currency_mismatch"),
    "floor with too many decimals": (new_account(floor=money("-1.001")), "invalid_amount"),
    "name with NUL": (new_account(name="a\x00"), "forbidden_character"),
    "name too long": (new_account(name="x" * 201), "schema_violation"),
    "malformed customer": (new_account(customer="me"), "schema_violation"),
    "unknown field": (new_account(balance="1000000.00"), "schema_violation"),
}


@pytest.mark.parametrize("name", BAD_ACCOUNTS)
async def test_a_bad_account_is_refused_and_none_of_the_list_is_opened(
    client: Client, books: Books, name: str
) -> None:
    account, code = BAD_ACCOUNTS[name]
    before = await books()
    response = await client.post("/v1/accounts", json={"accounts": [new_account(), account]})
    assert (response.status_code, response.json()["code"]) == (400, code), response.text
    assert await books() == before


async def test_more_accounts_than_the_bound_are_refused(client: Client) -> None:
    response = await client.post("/v1/accounts", json={"accounts": [new_account()] * 10_001})
    assert (response.status_code, response.json()["code"]) == (413, "too_many_accounts")
