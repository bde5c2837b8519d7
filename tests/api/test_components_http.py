"""Components over HTTP: found, shown, resolved, proposed by one token and released by another."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from sycee.database import Database
from sycee.identity import Scope, issue_token
from tests.api.served import Served
from tests.api.small_bank import client_of
from tests.api.wire import Client
from tests.components.another_house import ACME, installed

SPREAD = "interest.tiers.0.spread"
TITLE = {"en": "Growth", "zh": "成长"}
RATE: dict[str, Any] = {
    "id": "rate.growth",
    "uses": "acme.interest@1",
    "title": TITLE,
    "from": "2026-01-01",
    "with": {"tiers": [{"spread": "0.15"}]},
}
PRODUCT: dict[str, Any] = {
    "id": "growth",
    "title": TITLE,
    "from": "2026-01-01",
    "base": "acme-base",
    "slots": {"interest": "rate.growth"},
}
PROPOSAL = {"reason": "Growing firms", "document": {"conditions": [RATE], "products": [PRODUCT]}}
PROPOSALS = "/v1/component-proposals"


@pytest.fixture(autouse=True)
def _acme() -> Iterator[None]:
    with installed():
        yield


@pytest_asyncio.fixture
async def other(bank: Database) -> AsyncIterator[Client]:
    """A client of another person, who may release."""
    scopes = [Scope.PRODUCTS_READ, Scope.PRODUCTS_RELEASE, Scope.PRODUCTS_PROPOSE]
    async with bank.transaction() as tx:
        token = await issue_token(tx, "second person", scopes)
    async with client_of(bank, token.text) as opened:
        yield opened


async def proposed(client: Client, **change: Any) -> dict[str, Any]:
    response = await client.post(PROPOSALS, json={**PROPOSAL, **change})
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


async def test_components_are_found_page_by_page(client: Client) -> None:
    query: dict[str, Any] = {"q": "acme", "limit": 4}
    found: list[str] = []
    while True:
        page = (await client.get("/v1/components", params=query)).json()
        found += [f"{one['sort']} {one['id']}" for one in page["components"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert len(found) == len(set(found)) > 4
    assert {"condition acme.rate", "product acme-demand", "package acme-starter", "product_line acme"} <= set(
        found
    )
    chosen = await client.get("/v1/components", params={"q": "示例", "kind": "fee", "sort": "condition"})
    assert [one["id"] for one in chosen.json()["components"]] == ["acme.fee.monthly"]
    past = await client.get("/v1/components", params={"q": "acme", "sort": "product", "on": "2019-01-01"})
    assert past.json()["components"] == []


async def test_components_are_counted_by_sort_and_kind(client: Client) -> None:
    found = (await client.get("/v1/components/counts")).json()
    fees = next(one for one in found["kinds"] if one["kind"] == "fee")
    assert fees["capabilities"] >= 1
    assert sum(one["capabilities"] for one in found["kinds"]) == found["capabilities"]
    assert sum(one["conditions"] for one in found["kinds"]) == found["conditions"]
    assert found["release"] == 0


async def test_a_capability_is_shown_with_its_schema(client: Client) -> None:
    found = (await client.get("/v1/capabilities/acme.interest@1")).json()
    assert (found["kind"], found["owner"], found["title"]["zh"]) == ("interest", "acme", "示例计息")
    assert "tiers" in str(found["parameters"])


async def test_a_condition_a_product_and_a_package_are_shown_on_a_day(client: Client) -> None:
    condition = (await client.get("/v1/conditions/acme.rate", params={"on": "2026-03-31"})).json()
    assert condition["parameters"] == {"tiers": [{"above": 0, "spread": "0.10"}]}
    assert condition["source"] == "acme_components/data/acme.yaml:4"
    product = (await client.get("/v1/products/acme-demand")).json()
    assert product["base"] == ["acme-base"]
    assert product["slots"] == {"interest": ["acme.rate"], "fees": ["acme.fee.monthly"]}
    assert product["negotiable"][SPREAD]["max"] == "0.30"
    package = (await client.get("/v1/packages/acme-starter")).json()
    assert [(item["key"], item["over"]) for item in package["items"]] == [("main", None), ("second", "main")]


async def test_a_product_is_resolved_with_choices(client: Client) -> None:
    body = {"on": "2026-03-31", "choices": {SPREAD: "0.25"}}
    found = (await client.post("/v1/products/acme-demand/resolutions", json=body)).json()
    assert found["slots"]["interest"] == [
        {"id": "acme.rate", "uses": "acme.interest@1", "with": {"tiers": [{"above": 0, "spread": "0.25"}]}}
    ]
    assert (found["version"], found["negotiated"]) == ("2020-01-01", {SPREAD: "0.25"})


async def test_a_product_made_over_the_api_is_there_once_another_person_released_it(
    client: Client, other: Client
) -> None:
    made = await proposed(client)
    assert (made["state"], made["release"]) == ("proposed", None)
    assert (await client.get("/v1/products/growth")).status_code == 404
    released = await other.post(f"{PROPOSALS}/{made['id']}/release", json={"remark": "as agreed"})
    assert released.status_code == 200, released.text
    assert (released.json()["state"], released.json()["release"]) == ("released", 1)
    found = await client.post("/v1/products/growth/resolutions", json={"on": "2026-03-31"})
    assert found.json()["slots"]["interest"][0]["with"]["tiers"][0]["spread"] == "0.15"
    assert (await client.get(f"{PROPOSALS}/{made['id']}")).json() == released.json()
    assert (await client.get(PROPOSALS, params={"state": "released"})).json()["proposals"] == [
        released.json()
    ]


async def test_whoever_proposed_is_refused_to_release_and_to_reject(client: Client) -> None:
    made = await proposed(client)
    for action in ("release", "reject"):
        response = await client.post(f"{PROPOSALS}/{made['id']}/{action}", json={"remark": "mine"})
        assert (response.status_code, response.json()["code"]) == (422, "own_approval")
    assert (await client.get(f"{PROPOSALS}/{made['id']}")).json() == made


async def test_a_proposal_is_withdrawn_or_rejected_and_then_decided(client: Client, other: Client) -> None:
    mine, yours = await proposed(client), await proposed(client)
    refused = await other.post(f"{PROPOSALS}/{mine['id']}/withdraw", json={})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_the_maker")
    silent = await other.post(f"{PROPOSALS}/{yours['id']}/reject", json={})
    assert (silent.status_code, silent.json()["code"]) == (400, "invalid_decision")
    assert (await client.post(f"{PROPOSALS}/{mine['id']}/withdraw", json={})).json()["state"] == "withdrawn"
    rejected = (await other.post(f"{PROPOSALS}/{yours['id']}/reject", json={"remark": "Too dear"})).json()
    assert (rejected["state"], rejected["remark"]) == ("rejected", "Too dear")
    again = await other.post(f"{PROPOSALS}/{yours['id']}/release", json={})
    assert (again.status_code, again.json()["code"]) == (409, "component_proposal_decided")


async def test_a_dry_run_answers_and_keeps_nothing(client: Client) -> None:
    response = await client.post(PROPOSALS, json={**PROPOSAL, "dry_run": True})
    assert response.status_code == 200
    assert (await client.get(PROPOSALS)).json()["proposals"] == []


async def test_a_key_proposes_once(client: Client) -> None:
    headers = {"Idempotency-Key": "growth-1"}
    first = await client.post(PROPOSALS, json=PROPOSAL, headers=headers)
    second = await client.post(PROPOSALS, json=PROPOSAL, headers=headers)
    assert (first.json(), second.status_code) == (second.json(), 201)
    assert len((await client.get(PROPOSALS)).json()["proposals"]) == 1


async def test_proposals_are_paged(client: Client) -> None:
    made = [(await proposed(client))["id"] for _ in range(3)]
    first = (await client.get(PROPOSALS, params={"limit": 2})).json()
    second = (await client.get(PROPOSALS, params={"limit": 2, "cursor": first["next"]})).json()
    assert [one["id"] for one in first["proposals"] + second["proposals"]] == made[::-1]
    assert second["next"] is None


async def test_a_condition_is_ended(client: Client, other: Client) -> None:
    ends = [
        {"list": "packages", "id": "acme-starter", "to": "2027-01-01"},
        {"list": "products", "id": "acme-demand", "to": "2027-01-01"},
        {"list": "conditions", "id": "acme.fee.monthly", "to": "2027-01-01", "from": "2020-01-01"},
    ]
    made = await proposed(client, document={}, endings=ends)
    assert {ending["from"] for ending in made["endings"]} == {"2020-01-01"}
    await other.post(f"{PROPOSALS}/{made['id']}/release", json={})
    response = await client.get("/v1/conditions/acme.fee.monthly", params={"on": "2027-01-01"})
    assert (response.status_code, response.json()["code"]) == (404, "condition_not_found")
    assert "until before 2027-01-01" in response.json()["detail"]


# name: method, path, body, status, code, pointer of the first fault
BAD: dict[str, tuple[str, str, Any, int, str, str | None]] = {
    "unknown condition": ("GET", "/v1/conditions/nothing", None, 404, "condition_not_found", None),
    "unknown product": ("GET", "/v1/products/nothing", None, 404, "product_not_found", None),
    "unknown package": ("GET", "/v1/packages/nothing", None, 404, "package_not_found", None),
    "unknown capability": ("GET", "/v1/capabilities/nothing@1", None, 404, "capability_not_found", None),
    "no version": ("GET", "/v1/capabilities/acme.interest", None, 400, "invalid_parameter", None),
    "no date": ("GET", "/v1/products/acme-demand?on=soon", None, 400, "invalid_parameter", None),
    "unknown kind": ("GET", "/v1/components?kind=magic", None, 400, "invalid_parameter", None),
    "bad cursor": ("GET", "/v1/components?cursor=x", None, 400, "invalid_cursor", None),
    "bad cursor of proposals": ("GET", f"{PROPOSALS}?cursor=x", None, 400, "invalid_cursor", None),
    "no id": ("GET", f"{PROPOSALS}/x", None, 400, "invalid_identifier", None),
    "unknown proposal": (
        "POST",
        f"{PROPOSALS}/00000000-0000-0000-0000-000000000000/release",
        {},
        404,
        "component_proposal_not_found",
        None,
    ),
    "base product": ("POST", "/v1/products/acme-base/resolutions", {}, 422, "product_is_abstract", None),
    "choice out of bounds": (
        "POST",
        "/v1/products/acme-demand/resolutions",
        {"choices": {SPREAD: "0.31"}},
        422,
        "choice_out_of_bounds",
        None,
    ),
    "choice of nothing": (
        "POST",
        "/v1/products/acme-demand/resolutions",
        {"choices": {"fees.0.amount": 1}},
        422,
        "choice_not_negotiable",
        None,
    ),
    "nothing proposed": ("POST", PROPOSALS, {"reason": "none"}, 400, "nothing_proposed", None),
    "no reason": ("POST", PROPOSALS, {**PROPOSAL, "reason": ""}, 400, "schema_violation", "/reason"),
    "document that is none": (
        "POST",
        PROPOSALS,
        {**PROPOSAL, "document": []},
        400,
        "invalid_components",
        "/document",
    ),
    "unknown list": (
        "POST",
        PROPOSALS,
        {**PROPOSAL, "document": {"product": []}},
        400,
        "invalid_components",
        "/document/product",
    ),
    "unknown parameter": (
        "POST",
        PROPOSALS,
        {**PROPOSAL, "document": {"conditions": [{**RATE, "with": {"tears": []}}]}},
        400,
        "invalid_components",
        "/document/conditions/0/with/tears",
    ),
    "overlap with a file": (
        "POST",
        PROPOSALS,
        {**PROPOSAL, "document": {"conditions": [{**RATE, "id": "acme.rate", "from": "2020-01-01"}]}},
        400,
        "invalid_components",
        "/document/conditions/0/from",
    ),
    "end of nothing": (
        "POST",
        PROPOSALS,
        {"reason": "x", "endings": [{"list": "products", "id": "nothing", "to": "2027-01-01"}]},
        400,
        "invalid_components",
        "/endings/0",
    ),
    "end under a product": (
        "POST",
        PROPOSALS,
        {"reason": "x", "endings": [{"list": "conditions", "id": "acme.rate", "to": "2027-01-01"}]},
        400,
        "invalid_components",
        "",
    ),
    "NUL in a title": (
        "POST",
        PROPOSALS,
        {**PROPOSAL, "document": {"conditions": [{**RATE, "title": {"en": "a\0", "zh": "甲"}}]}},
        400,
        "forbidden_character",
        None,
    ),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.asyncio(loop_scope="module")
async def test_a_bad_request_about_components_is_refused_and_changes_nothing(
    steady_client: Client, steady_bank: Database, name: str
) -> None:
    method, path, body, status, code, pointer = BAD[name]
    response = await steady_client.request(method, path, json=body)
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    assert response.headers["content-type"] == "application/problem+json"
    if pointer is not None:
        assert response.json()["errors"][0]["pointer"] == pointer, response.text
    async with steady_bank.transaction() as tx:
        cursor = await tx.execute("SELECT count(*) FROM component_proposals")
        assert await cursor.fetchone() == (0,)


async def test_a_release_in_one_server_is_seen_at_once_by_another(
    bank: Database, client: Client, other: Client, database_url: str, tmp_path: Path
) -> None:
    made = await proposed(client)
    async with bank.transaction() as tx:
        token = await issue_token(tx, "reader", [Scope.PRODUCTS_READ])
    headers = {"Authorization": f"Bearer {token.text}"}
    with Served(database_url, tmp_path / "server.log", PYTHONPATH=str(ACME)) as running:
        async with httpx.AsyncClient(base_url=running.url, headers=headers, trust_env=False) as elsewhere:
            assert (await elsewhere.get("/v1/products/growth")).status_code == 404
            await other.post(f"{PROPOSALS}/{made['id']}/release", json={})
            found = await elsewhere.get("/v1/products/growth")
            assert (found.status_code, found.json()["source"]) == (200, f"proposal {made['id']}")
