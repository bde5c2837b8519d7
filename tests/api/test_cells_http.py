"""Cells and business dates over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.wire import PAYER, Client, post, transfer

SHENZHEN = {"cell": 103, "name": "Shenzhen", "business_date": "2026-03-31"}


async def test_cells_are_listed_with_their_business_dates(client: Client) -> None:
    found = (await client.get("/v1/cells")).json()["cells"]
    assert found == [
        {"cell": 101, "name": "Shanghai", "business_date": "2026-03-31"},
        {"cell": 102, "name": "Beijing", "business_date": "2026-03-31"},
    ]


async def test_a_cell_is_created_once(client: Client) -> None:
    created = await client.post("/v1/cells", json=SHENZHEN)
    assert (created.status_code, created.json()) == (201, SHENZHEN)
    again = await client.post("/v1/cells", json={**SHENZHEN, "name": "Elsewhere"})
    assert again.status_code == 409


async def test_what_is_posted_after_the_date_advanced_belongs_to_the_new_date(client: Client) -> None:
    advanced = await client.post("/v1/cells/101/business-date", json={"to": "2026-04-01"})
    assert (advanced.status_code, advanced.json()["business_date"]) == (200, "2026-04-01"), advanced.text
    await post(client, transfer("1.00"))
    newest = (await client.get(f"/v1/accounts/{PAYER}/entries", params={"limit": 1})).json()["entries"][0]
    assert newest["business_date"] == "2026-04-01"


BAD: dict[str, tuple[str, dict[str, Any], int]] = {
    "backwards": ("/v1/cells/101/business-date", {"to": "2026-03-30"}, 422),
    "unknown cell": ("/v1/cells/999/business-date", {"to": "2026-04-01"}, 404),
    "no cell": ("/v1/cells/1/business-date", {"to": "2026-04-01"}, 400),
    "no date": ("/v1/cells/101/business-date", {"to": "soon"}, 400),
    "date out of range": ("/v1/cells/101/business-date", {"to": "9999-12-31"}, 400),
    "cell number": ("/v1/cells", {**SHENZHEN, "cell": 1000}, 400),
    "cell name": ("/v1/cells", {**SHENZHEN, "name": ""}, 400),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_command_to_a_cell_is_refused(client: Client, name: str) -> None:
    path, body, status = BAD[name]
    before = (await client.get("/v1/cells")).json()
    response = await client.post(path, json=body)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert (await client.get("/v1/cells")).json() == before
