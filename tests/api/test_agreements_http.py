"""Agreements over HTTP: one click, and the same customer served call by call."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import httpx
import pytest
import pytest_asyncio

from sycee.database import Database
from sycee.kernel.ids import uuid7
from tests.api.conftest import Books
from tests.api.listening import Listening
from tests.api.small_bank import client_of
from tests.api.wire import Client
from tests.products.agreements.offering import Buyer, a_buyer, release_rates


@pytest_asyncio.fixture
async def buyer(bank: Database) -> Buyer:
    """A customer of the bank that may sign, and rates to sign at."""
    async with bank.transaction() as tx:
        await release_rates(tx)
        return await a_buyer(tx)


def agreement(buyer: Buyer, package: str = "settlement-starter", **fields: Any) -> dict[str, Any]:
    """An agreement on the wire."""
    return {
        "id": str(uuid7()),
        "customer": str(buyer.id),
        "package": package,
        "signers": [str(buyer.signer)],
        **fields,
    }


async def sign(client: Client, *agreements: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
    """Sign a list and return its outcomes."""
    response = await client.post("/v1/agreements", json={"agreements": list(agreements), **fields})
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["outcomes"]
    return found


SURPLUS = {"surplus": {"negotiated": {"interest.quota": "200000.00", "interest.spread": "0.10"}}}


async def test_one_click_opens_everything_and_answers_with_the_contract_as_data_and_pdf(
    client: Client, buyer: Buyer
) -> None:
    wanted = agreement(buyer, choices=SURPLUS)
    (outcome,) = await sign(client, wanted, pdf=True)
    assert outcome["status"] == "signed"
    assert base64.b64decode(outcome["pdf"]).startswith(b"%PDF-")
    main, surplus = outcome["contract"]["items"]
    account = (await client.get(f"/v1/accounts/{main['account']}")).json()
    assert (account["customer"], account["local_name"]) == (str(buyer.id), "基本存款账户")
    assert [rate["rate"] for rate in surplus["rates"]] == ["0.20", "1.00"]
    found = (await client.get(f"/v1/agreements/{wanted['id']}")).json()
    assert [one["key"] for one in found["arrangements"]] == ["main", "surplus"]
    assert found["arrangements"][1]["lies_over"] == found["arrangements"][0]["id"]
    conditions = await client.get(f"/v1/arrangements/{found['arrangements'][0]['id']}/conditions")
    assert {one["slot"] for one in conditions.json()["conditions"]} == {"limits", "channels", "fees"}


async def test_the_contract_is_served_word_for_word_and_on_paper(client: Client, buyer: Buyer) -> None:
    wanted = agreement(buyer)
    (outcome,) = await sign(client, wanted, pdf=True)
    path = f"/v1/agreements/{wanted['id']}/contract"
    data = await client.get(path)
    paper = await client.get(path, headers={"Accept": "application/pdf"})
    assert data.json() == outcome["contract"]
    assert (paper.headers["content-type"], paper.content) == (
        "application/pdf",
        base64.b64decode(outcome["pdf"]),
    )
    assert (await client.get(path, params={"revision": 2})).json()["code"] == "contract_not_found"
    assert (await client.get(path, headers={"Accept": "image/png"})).status_code == 406


async def test_a_preview_shows_what_would_be_opened_and_changes_nothing(
    client: Client, buyer: Buyer, books: Books
) -> None:
    wanted = agreement(buyer, choices=SURPLUS)
    before = await books()
    (preview,) = await sign(client, wanted, dry_run=True)
    assert preview["status"] == "preview"
    assert [item["account"] for item in preview["contract"]["items"]] == [None, None]
    assert await books() == before
    assert (await client.get(f"/v1/agreements/{wanted['id']}")).json()["code"] == "agreement_not_found"


async def test_the_same_again_is_a_duplicate_and_other_content_is_refused(
    client: Client, buyer: Buyer
) -> None:
    wanted = agreement(buyer)
    (first,) = await sign(client, wanted)
    (again,) = await sign(client, wanted)
    assert again == {**first, "status": "duplicate"}
    (other,) = await sign(client, {**wanted, "choices": SURPLUS})
    assert (other["status"], other["code"]) == ("rejected", "agreement_id_reused")


BAD_BODIES: dict[str, tuple[dict[str, Any], int, str]] = {
    "no agreements": ({"agreements": []}, 400, "schema_violation"),
    "unknown field": ({"agreements": [{"price": 1}]}, 400, "schema_violation"),
    "far year": ({"on": "3026-01-01"}, 400, "date_out_of_range"),
    "end in a far year": ({"choices": {"main": {"ends_on": "3026-01-01"}}}, 400, "date_out_of_range"),
    "malformed id": ({"id": "one"}, 400, "schema_violation"),
    "name with NUL": ({"choices": {"main": {"name": "a\x00"}}}, 400, "forbidden_character"),
}


@pytest.mark.parametrize("name", BAD_BODIES)
async def test_a_bad_body_is_refused_and_nothing_changes(
    client: Client, buyer: Buyer, books: Books, name: str
) -> None:
    changes, status, code = BAD_BODIES[name]
    before = await books()
    body = changes if "agreements" in changes else {"agreements": [{**agreement(buyer), **changes}]}
    response = await client.post("/v1/agreements", json=body)
    assert (response.status_code, response.json()["code"]) == (status, code), response.text
    assert await books() == before


async def test_a_rejection_names_the_rule_and_the_item(client: Client, buyer: Buyer) -> None:
    choices = {"surplus": {"negotiated": {"interest.quota": "1.00"}}}
    (outcome,) = await sign(client, agreement(buyer, choices=choices))
    assert (outcome["status"], outcome["code"]) == ("rejected", "choice_out_of_bounds")
    assert "interest.quota" in outcome["detail"]
    (outcome,) = await sign(client, agreement(buyer, choices={"gold": {}}))
    assert (outcome["code"], outcome["item"]) == ("unknown_item", "gold")


async def test_an_agreement_is_changed_extended_and_ended(client: Client, buyer: Buyer) -> None:
    wanted = agreement(buyer)
    await sign(client, wanted)
    said = {"signers": [str(buyer.signer)], "reason": "for the tests"}
    path = f"/v1/agreements/{wanted['id']}"
    extended = await client.post(f"{path}/items", json={"items": {"surplus": {}}, **said})
    assert (extended.status_code, extended.json()["revision"]) == (201, 2), extended.text
    change = {"key": "surplus", "negotiated": {"interest.spread": "0.20"}, **said}
    key = {"Idempotency-Key": "change-1"}
    changed = await client.post(f"{path}/changes", json=change, headers=key)
    assert changed.json()["revision"] == 3, changed.text
    again = await client.post(f"{path}/changes", json=change, headers=key)
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (changed.json(), "true")
    assert (await client.post(f"{path}/changes", json=change)).json()["code"] == "nothing_to_change"
    used = await client.post(f"{path}/end", json={"keys": ["main"], **said})
    assert (used.status_code, used.json()["code"]) == (422, "arrangement_in_use")
    ended = (await client.post(f"{path}/end", json=said)).json()
    assert [one["key"] for one in ended["ended"]] == ["surplus", "main"]
    assert ended["contract"] is None
    events = (await client.get(f"{path}/events")).json()["events"]
    assert [one["kind"] for one in events] == ["extended", "changed", "ended", "ended"]
    assert (await client.post(f"{path}/end", json=said)).json()["code"] == "agreement_ended"


async def test_agreements_are_listed_and_customers_on_versions_found_page_by_page(
    client: Client, buyer: Buyer, bank: Database
) -> None:
    async with bank.transaction() as tx:
        others = [await a_buyer(tx, f"Other {number}") for number in range(3)]
    await sign(client, *(agreement(one) for one in (buyer, *others)))
    mine = (await client.get("/v1/agreements", params={"customer": str(buyer.id)})).json()["agreements"]
    assert [one["customer"] for one in mine] == [str(buyer.id)]
    for path, name in (
        ("/v1/agreements", "agreements"),
        ("/v1/packages/settlement-starter/customers", "customers"),
    ):
        seen: list[str] = []
        params: dict[str, Any] = {"limit": 3}
        while True:
            page = (await client.get(path, params=params)).json()
            seen += [one["customer"] for one in page[name]]
            if page["next"] is None:
                break
            params["cursor"] = page["next"]
        assert sorted(seen) == sorted(str(one.id) for one in (buyer, *others))
    old = await client.get("/v1/packages/settlement-starter/customers", params={"older_than": "2019-01-01"})
    assert old.json()["customers"] == []


async def test_moving_what_is_on_the_newest_version_reports_so(client: Client, buyer: Buyer) -> None:
    wanted = agreement(buyer)
    await sign(client, wanted)
    body = {"agreements": [wanted["id"], str(uuid7())], "reason": "new prices"}
    moves = (await client.post("/v1/agreement-moves", json=body)).json()["moves"]
    assert [(one["status"], one["code"]) for one in moves] == [
        ("current", None),
        ("refused", "agreement_not_found"),
    ]


NOBODYS = "00000000-0000-0000-0000-000000000000"
SCOPES = [
    ("POST", "/v1/agreements", "agreements:write"),
    ("GET", "/v1/agreements", "agreements:read"),
    ("GET", f"/v1/agreements/{NOBODYS}/contract", "agreements:read"),
    ("POST", f"/v1/agreements/{NOBODYS}/changes", "agreements:write"),
    ("POST", f"/v1/agreements/{NOBODYS}/items", "agreements:write"),
    ("POST", f"/v1/agreements/{NOBODYS}/end", "agreements:write"),
    ("GET", "/v1/packages/x/customers", "agreements:read"),
    ("POST", "/v1/agreement-moves", "agreements:write"),
]


@pytest.mark.parametrize(("method", "path", "scope"), SCOPES)
async def test_each_operation_needs_its_scope(
    bank: Database, tokens: dict[str, str], method: str, path: str, scope: str
) -> None:
    other = "agreements:read" if scope == "agreements:write" else "agreements:write"
    async with client_of(bank, tokens[other]) as opened:
        response = await opened.request(method, path, json={} if method == "POST" else None)
    assert (response.status_code, response.json()["required_scope"]) == (403, scope)


async def test_single_signings_that_arrive_together_share_a_transaction_and_not_their_fate(
    listening: Listening, bank: Database, tokens: dict[str, str]
) -> None:
    async with bank.transaction() as tx:
        await release_rates(tx)
        buyers = [await a_buyer(tx, f"Customer {number}") for number in range(30)]
    wanted = [agreement(one) for one in buyers]
    wanted[7]["package"] = "nothing"
    headers = {"Authorization": f"Bearer {tokens['admin']}"}
    async with httpx.AsyncClient(base_url=listening.url, headers=headers, timeout=60) as client:
        bodies = [{"agreements": [one]} for one in wanted]
        answers = await asyncio.gather(*(client.post("/v1/agreements", json=body) for body in bodies))
    outcomes = [answer.json()["outcomes"][0] for answer in answers]
    assert [one["status"] for one in outcomes].count("signed") == 29
    assert outcomes[7]["code"] == "package_not_found"
    async with bank.transaction() as tx:
        cursor = await tx.execute("SELECT count(DISTINCT xmin::text) FROM agreements")
        row = await cursor.fetchone()
    assert row is not None
    assert row[0] < 29
