"""Customers over HTTP: registering, finding, changing, groups, owners, contacts, due diligence, mandates."""

from __future__ import annotations

from typing import Any

import pytest

from sycee.database import Database
from sycee.kernel.ids import uuid7
from tests.api.wire import Client, money
from tests.parties.people import new_resident_id, new_uscc

NOBODY = "00000000-0000-0000-0000-000000000000"


def new_customer(name: str = "Silk Road Ltd", **fields: Any) -> dict[str, Any]:
    return {"name": name, "uscc": new_uscc(), "status": "active", **fields}


async def register(client: Client, *customers: dict[str, Any]) -> list[dict[str, Any]]:
    response = await client.post("/v1/customers", json={"customers": list(customers)})
    assert response.status_code == 201, response.text
    found: list[dict[str, Any]] = response.json()["customers"]
    return found


async def a_customer(client: Client, name: str = "Silk Road Ltd", **fields: Any) -> str:
    return str((await register(client, new_customer(name, **fields)))[0]["id"])


async def a_person(client: Client, name: str = "Li Wei") -> str:
    new = {"name": name, "document_number": new_resident_id()}
    response = await client.post("/v1/persons", json={"persons": [new]})
    assert response.status_code == 201, response.text
    return str(response.json()["persons"][0]["id"])


async def send(client: Client, path: str, body: dict[str, Any], status: int) -> Any:
    response = await client.post(f"/v1/customers/{path}", json=body)
    assert response.status_code == status, response.text
    return response.json()


async def read(client: Client, path: str, **params: Any) -> Any:
    response = await client.get(f"/v1/customers/{path}", params=params)
    assert response.status_code == 200, response.text
    return response.json()


async def test_customers_are_registered_in_order_and_seen_again(client: Client) -> None:
    wanted = new_customer(
        local_name="丝路公司",
        registered_capital=money("50000000.00"),
        established_on="1998-07-01",
        industry="F5179",
        cell=102,
    )
    first, second = await register(client, wanted, new_customer("Tea Ltd", status="prospect", uscc=None))
    assert {name: first[name] for name in wanted} == wanted
    assert (second["status"], second["uscc"], second["registered_capital"]) == ("prospect", None, None)
    assert await read(client, first["id"]) == first


async def test_a_registration_is_done_once_for_its_key(client: Client) -> None:
    body, headers = {"customers": [new_customer()]}, {"Idempotency-Key": "one"}
    answers = [await client.post("/v1/customers", json=body, headers=headers) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert len((await read(client, ""))["customers"]) == 1


BAD: dict[str, tuple[dict[str, Any], int, str]] = {
    "wrong check character": (new_customer(uscc="91110000600037341A"), 400, "invalid_credit_code"),
    "wrong check digits": (new_customer(lei="213800KUD8LAJWSQ9D16"), 400, "invalid_lei"),
    "no code": (new_customer(uscc=None), 400, "invalid_customer"),
    "empty name": (new_customer(""), 400, "schema_violation"),
    "blank name": (new_customer(" "), 400, "invalid_customer"),
    "name with NUL": (new_customer("a\x00"), 400, "forbidden_character"),
    "unknown status": (new_customer(status="closed"), 400, "schema_violation"),
    "unknown country": (new_customer(country="China"), 400, "invalid_customer"),
    "capital as a number": (new_customer(registered_capital=5), 400, "schema_violation"),
    "capital with too many decimals": (
        new_customer(registered_capital=money("1.001")),
        400,
        "invalid_amount",
    ),
    "unknown currency": (new_customer(registered_capital=money("1.00", "XXQ")), 400, "unknown_currency"),
    "unknown cell": (new_customer(cell=999), 404, "cell_not_found"),
    "valid from the future": (new_customer(valid_from="2026-04-01"), 400, "invalid_effective_date"),
    "unknown field": (new_customer(colour="red"), 400, "schema_violation"),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_customer_is_refused_and_none_of_the_list_is_registered(
    client: Client, name: str
) -> None:
    customer, status, code = BAD[name]
    response = await client.post("/v1/customers", json={"customers": [new_customer(), customer]})
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    if code in ("invalid_credit_code", "invalid_lei"):
        assert response.json()["position"] == 1
    assert (await read(client, ""))["customers"] == []


async def test_a_code_that_is_taken_is_a_conflict(client: Client) -> None:
    (first,) = await register(client, new_customer())
    response = await client.post("/v1/customers", json={"customers": [new_customer(uscc=first["uscc"])]})
    assert (response.status_code, response.json()["code"]) == (409, "customer_exists")
    assert response.json()["customer"] == first["id"]


async def test_more_customers_or_persons_than_the_bound_are_refused(client: Client) -> None:
    response = await client.post("/v1/customers", json={"customers": [{"name": "x"}] * 10_001})
    assert (response.status_code, response.json()["code"]) == (413, "too_many_customers")
    persons = [{"name": "x", "document_number": "1"}] * 10_001
    response = await client.post("/v1/persons", json={"persons": persons})
    assert (response.status_code, response.json()["code"]) == (413, "too_many_persons")


async def test_customers_are_found_in_pages_without_gaps_or_repeats(client: Client) -> None:
    made = await register(client, *(new_customer(f"Company {number}") for number in range(7)))
    collected: list[Any] = []
    params: dict[str, Any] = {"name": "COMPANY", "limit": 3}
    while True:
        page = await read(client, "", **params)
        collected += page["customers"]
        if page["next"] is None:
            break
        params["cursor"] = page["next"]
    assert collected == made
    assert [one["id"] for one in (await read(client, "", uscc=made[3]["uscc"]))["customers"]] == [
        made[3]["id"]
    ]
    assert (await read(client, "", status="suspended", risk_grade="low", cell=101))["customers"] == []


async def test_a_change_holds_from_its_day_and_what_was_said_is_kept(client: Client) -> None:
    id = await a_customer(client, valid_from="2026-01-01")
    change = {"name": "New Name", "reason": "renamed", "effective_from": "2026-02-01"}
    changed = await client.patch(f"/v1/customers/{id}", json=change)
    assert changed.status_code == 200, changed.text
    assert changed.json()["name"] == "New Name"
    assert (await read(client, id, on="2026-01-31"))["name"] == "Silk Road Ltd"
    cleared = await client.patch(f"/v1/customers/{id}", json={"established_on": None, "reason": "unknown"})
    assert cleared.status_code == 200
    versions = (await read(client, f"{id}/versions", superseded=True))["versions"]
    assert [(one["customer"]["name"], one["valid_to"]) for one in versions] == [
        ("Silk Road Ltd", "2026-02-01"),
        ("New Name", None),
    ]
    first = await read(client, f"{id}/changes", limit=1)
    assert [one["what"] for one in first["changes"]] == ["changed"]
    rest = await read(client, f"{id}/changes", cursor=first["next"])
    assert [(one["what"], one["effective"]) for one in rest["changes"]] == [("registered", "2026-01-01")]
    missing = await client.get(f"/v1/customers/{id}", params={"on": "2025-12-31"})
    assert (missing.status_code, missing.json()["code"]) == (404, "customer_not_found")


BAD_CHANGES: dict[str, tuple[dict[str, Any], int, str]] = {
    "no reason": ({"name": "x"}, 400, "schema_violation"),
    "nothing": ({"reason": "x"}, 400, "missing_field"),
    "no code left": ({"reason": "x", "uscc": None}, 400, "invalid_customer"),
    "null name": ({"reason": "x", "name": None}, 400, "schema_violation"),
    "another cell": ({"reason": "x", "cell": 102}, 400, "schema_violation"),
    "before it was known": (
        {"reason": "x", "name": "x", "effective_from": "2026-03-30"},
        400,
        "invalid_effective_date",
    ),
    "back to prospect": ({"reason": "x", "status": "prospect"}, 422, "status_change_refused"),
}


@pytest.mark.parametrize("name", BAD_CHANGES)
async def test_a_bad_change_is_refused_and_changes_nothing(client: Client, name: str) -> None:
    change, status, code = BAD_CHANGES[name]
    (before,) = await register(client, new_customer())
    response = await client.patch(f"/v1/customers/{before['id']}", json=change)
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    assert await read(client, before["id"]) == before


async def test_a_customer_with_an_open_account_does_not_close(client: Client) -> None:
    id = await a_customer(client, cell=101)
    account = {"currency": "CNY", "subject": "2011", "cell": 101, "customer": id}
    (opened,) = (await client.post("/v1/accounts", json={"accounts": [account]})).json()["accounts"]
    response = await client.patch(f"/v1/customers/{id}", json={"reason": "x", "status": "closed"})
    assert (response.status_code, response.json()["code"]) == (422, "customer_has_accounts")
    assert response.json()["account"] == opened["number"]


async def test_a_group_is_put_together_and_a_circle_is_refused(client: Client) -> None:
    top, child = await a_customer(client, "Top"), await a_customer(client, "Child")
    body = {"parent": top, "percent": "51.50", "reason": "acquired"}
    assert (await send(client, f"{child}/parent", body, 200))["parent"] == {
        "customer": top,
        "percent": "51.5",
    }
    group = await read(client, f"{child}/group")
    assert [(one["name"], one["depth"], one["percent"]) for one in group["members"]] == [
        ("Top", 0, None),
        ("Child", 1, "51.5"),
    ]
    circle = await send(client, f"{top}/parent", {**body, "parent": child}, 422)
    assert (circle["code"], circle["path"]) == ("circular_group", [top, child, top])
    for percent in ("0", "101", "1e1", "-1", "1.1234567"):
        bad = await client.post(f"/v1/customers/{top}/parent", json={**body, "percent": percent})
        assert (bad.status_code, bad.json()["code"]) == (400, "invalid_customer"), bad.text


async def test_owners_are_recorded_and_found_in_the_end(client: Client) -> None:
    target, holding = await a_customer(client, "Target"), await a_customer(client, "Holding")
    ann, bob = await a_person(client, "Ann"), await a_person(client, "Bob")
    register_of_target = {
        "reason": "register of 2026",
        "holdings": [{"customer": holding, "percent": "33.333333"}, {"person": bob, "percent": "10"}],
    }
    made = await send(client, f"{target}/ownership-registers", register_of_target, 201)
    assert made["holdings"][0]["percent"] == "33.333333"
    body = {"reason": "x", "holdings": [{"person": ann, "percent": "99.999999"}]}
    await send(client, f"{holding}/ownership-registers", body, 201)
    report = await read(client, f"{target}/beneficial-owners")
    (owner,) = report["owners"]
    assert (owner["name"], owner["rule"], owner["percent"]) == ("Ann", "equity", "33.33333266666667")
    assert [step["owner_name"] for step in owner["paths"][0]["steps"]] == ["Ann", "Holding"]
    assert (report["untraced"], report["exempt"]) == ("56.66666733333333", False)
    assert (await read(client, f"{target}/ownership-registers"))["registers"] == [made]
    circle = {"reason": "x", "holdings": [{"customer": target, "percent": "1"}]}
    refused = await send(client, f"{holding}/ownership-registers", circle, 422)
    assert (refused["code"], refused["path"]) == ("circular_ownership", [holding, target, holding])


BAD_HOLDINGS: dict[str, tuple[list[dict[str, Any]], int, str]] = {
    "nobody": ([{"percent": "1"}], 400, "invalid_ownership"),
    "words": ([{"person": NOBODY, "percent": "half"}], 400, "invalid_ownership"),
    "a number": ([{"person": NOBODY, "percent": 50}], 400, "schema_violation"),
    "full-width digits": ([{"person": NOBODY, "percent": "５０"}], 400, "invalid_ownership"),
    "unknown person": ([{"person": NOBODY, "percent": "1"}], 404, "person_not_found"),
    "unknown customer": ([{"customer": NOBODY, "percent": "1"}], 404, "customer_not_found"),
    "control by percent": ([{"person": NOBODY, "kind": "control", "percent": "1"}], 400, "invalid_ownership"),
    "more than the whole": (
        [{"person": NOBODY, "percent": "60"}, {"customer": NOBODY[:-1] + "1", "percent": "41"}],
        422,
        "more_than_the_whole",
    ),
}


@pytest.mark.parametrize("name", BAD_HOLDINGS)
async def test_a_bad_register_of_owners_is_refused(client: Client, name: str) -> None:
    holdings, status, code = BAD_HOLDINGS[name]
    id = await a_customer(client)
    refused = await send(client, f"{id}/ownership-registers", {"reason": "x", "holdings": holdings}, status)
    assert refused["code"] == code
    assert (await read(client, f"{id}/ownership-registers"))["registers"] == []


async def test_a_person_is_known_by_the_document(client: Client) -> None:
    new = {"name": "Jane Doe", "document_kind": "passport", "document_number": "P1234567", "country": "GB"}
    made, again = [
        (await client.post("/v1/persons", json={"persons": [new]})).json()["persons"][0] for _ in range(2)
    ]
    assert made == again
    assert (await client.get(f"/v1/persons/{made['id']}")).json() == made
    other = await client.post("/v1/persons", json={"persons": [{**new, "name": "John Doe"}]})
    assert (other.status_code, other.json()["code"]) == (409, "person_exists")
    bad = await client.post("/v1/persons", json={"persons": [{"name": "X", "document_number": "1"}]})
    assert (bad.status_code, bad.json()["code"]) == (400, "invalid_person")
    for path in ("", "/mandates"):
        response = await client.get(f"/v1/persons/{NOBODY}{path}")
        assert (response.status_code, response.json()["code"]) == (404, "person_not_found")


async def test_contacts_come_and_go(client: Client) -> None:
    id, person = await a_customer(client), await a_person(client)
    new = {"person": person, "post": "legal_representative", "email": "li@example.com"}
    made = await send(client, f"{id}/contacts", new, 201)
    assert (made["name"], made["valid_from"], made["valid_to"]) == ("Li Wei", "2026-03-31", None)
    assert (await read(client, f"{id}/contacts", on="2026-03-31"))["contacts"] == [made]
    assert (await read(client, f"{id}/contacts", on="2026-03-30"))["contacts"] == []
    ending = {"reason": "retired", "on": "2026-06-01"}
    ended = await send(client, f"{id}/contacts/{made['id']}/end", ending, 200)
    assert (
        (await read(client, f"{id}/contacts"))["contacts"] == [ended] == [{**made, "valid_to": "2026-06-01"}]
    )
    assert (await send(client, f"{id}/contacts/{NOBODY}/end", ending, 404))["code"] == "contact_not_found"
    assert (await send(client, f"{id}/contacts", {**new, "post": "CEO!"}, 400))["code"] == "invalid_contact"


async def test_a_customer_is_fit_while_due_diligence_is_valid(client: Client) -> None:
    id = await a_customer(client)

    async def problem(**params: Any) -> str:
        response = await client.get(f"/v1/customers/{id}/fitness", params=params)
        assert response.status_code == 422, response.text
        return str(response.json()["code"])

    assert await problem() == "due_diligence_missing"
    assert (await read(client, f"{id}/due-diligence"))["status"] == "missing"
    new = {"outcome": "passed", "valid_until": "2026-12-31", "risk_grade": "high", "note": "visited"}
    made = await send(client, f"{id}/due-diligence", new, 201)
    record = await read(client, f"{id}/due-diligence")
    assert (record["on"], record["status"], record["rounds"]) == ("2026-03-31", "valid", [made])
    assert (await read(client, f"{id}/fitness"))["risk_grade"] == "high"
    assert await problem(on="2027-01-01") == "due_diligence_expired"
    await client.patch(f"/v1/customers/{id}", json={"status": "suspended", "reason": "court"})
    assert await problem() == "customer_not_active"
    bad = await send(client, f"{id}/due-diligence", {**new, "valid_until": "2026-01-01"}, 400)
    assert bad["code"] == "invalid_due_diligence"


async def test_signatures_are_checked_against_mandates(client: Client) -> None:
    id = await a_customer(client)
    a1, a2, b1 = [await a_person(client, name) for name in ("A1", "A2", "B1")]
    rule = {"operations": ["pay"], "signatures": ["A+A", "A+B"], "up_to": money("1000.00")}
    signatories = [{"person": a1}, {"person": a2}, {"group": "B", "person": b1}]
    body = {"mandates": [{"signatories": signatories, "rules": [rule], "reference": "Board 7"}]}
    (made,) = (await send(client, f"{id}/mandates", body, 201))["mandates"]
    assert made["rules"][0]["up_to"] == money("1000.00")

    async def check(status: int, *signers: str, value: str = "1000.00", operation: str = "pay") -> Any:
        question = {"operation": operation, "signers": list(signers), "amount": money(value)}
        return await send(client, f"{id}/mandates/check", question, status)

    decision = await check(200, b1, a2)
    assert (decision["mandate"], decision["signatures"], decision["signers"]) == (made["id"], "A+B", [a2, b1])
    missing = await check(422, a1)
    assert (missing["code"], missing["missing"]) == ("signatures_missing", 1)
    assert (await check(422, a1, a2, value="1000.01"))["code"] == "mandate_exceeded"
    assert (await check(422, await a_person(client)))["code"] == "signer_not_mandated"
    assert (await check(422, a1, a2, operation="withdraw"))["code"] == "mandate_missing"
    assert (await check(400, a1, a2, value="1.001"))["code"] == "invalid_amount"
    assert (await client.get(f"/v1/persons/{a1}/mandates")).json()["mandates"] == [made]
    ending = {"reason": "new board"}
    revoked = await send(client, f"{id}/mandates/{made['id']}/revoke", ending, 200)
    assert revoked["valid_to"] == "2026-03-31"
    assert (await check(422, a1, a2))["code"] == "mandate_missing"
    assert (await read(client, f"{id}/mandates", on="2026-03-31"))["mandates"] == []
    assert (await read(client, f"{id}/mandates"))["mandates"] == [revoked]
    gone = await send(client, f"{id}/mandates/{NOBODY}/revoke", ending, 404)
    assert gone["code"] == "mandate_not_found"


async def test_a_mandate_that_cannot_be_is_refused(client: Client) -> None:
    id, person = await a_customer(client), await a_person(client)
    rule = {"operations": ["pay"]}
    for change, code in (
        ({"rules": [{"operations": ["fly"]}]}, "invalid_mandate"),
        ({"rules": [{**rule, "signatures": ["A+A"]}]}, "invalid_mandate"),
        ({"rules": [{**rule, "up_to": money("1.00"), "currency": "USD"}]}, "invalid_mandate"),
        ({"rules": [{**rule, "up_to": money("1.00", "XXQ")}]}, "unknown_currency"),
        ({"rules": []}, "schema_violation"),
        ({"signatories": [{}]}, "invalid_mandate"),
    ):
        mandate = {"signatories": [{"person": person}], "rules": [rule], **change}
        assert (await send(client, f"{id}/mandates", {"mandates": [mandate]}, 400))["code"] == code
    assert (await read(client, f"{id}/mandates"))["mandates"] == []


READINGS = (
    "",
    "/versions",
    "/changes",
    "/group",
    "/ownership-registers",
    "/beneficial-owners",
    "/contacts",
    "/due-diligence",
    "/fitness",
    "/mandates",
)


@pytest.mark.parametrize("path", READINGS)
@pytest.mark.asyncio(loop_scope="module")
async def test_a_customer_that_is_not_there_is_not_found(steady_client: Client, path: str) -> None:
    for id, status, code in ((str(uuid7()), 404, "customer_not_found"), ("me", 400, "invalid_identifier")):
        response = await steady_client.get(f"/v1/customers/{id}{path}")
        assert (response.status_code, response.json()["code"]) == (status, code), response.text


@pytest.mark.parametrize(
    "query", ["limit=0", "cursor=x", "status=asleep", "on=never", "name=", "cell=99", "colour=red"]
)
@pytest.mark.asyncio(loop_scope="module")
async def test_a_bad_query_is_a_clear_problem(steady_client: Client, query: str) -> None:
    response = await steady_client.get(f"/v1/customers?{query}")
    code = "invalid_cursor" if query.startswith("cursor") else "invalid_parameter"
    assert (response.status_code, response.json()["code"]) == (400, code)


async def test_whoever_changes_a_customer_is_named_by_the_token(
    client: Client, bank: Database, tokens: dict[str, str]
) -> None:
    headers = {"Authorization": f"Bearer {tokens['customers:write']}"}
    me = (await client.get("/v1/me", headers=headers)).json()["id"]
    made = await client.post("/v1/customers", json={"customers": [new_customer()]}, headers=headers)
    (change,) = (await read(client, f"{made.json()['customers'][0]['id']}/changes"))["changes"]
    assert change["changed_by"] == me
