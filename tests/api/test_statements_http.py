"""Entries, balances at any moment and statements over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Any

from lxml import etree

from sycee import ledger
from sycee.database import Database
from sycee.payments.iso20022.schemas import schema
from tests.api.wire import FAR, PAYEE, PAYER, Client, money, post, transfer

NEXT_DAY = date(2026, 4, 1)


async def pages(client: Client, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        response = await client.get(f"/v1/accounts/{PAYER}/entries", params=params)
        assert response.status_code == 200, response.text
        page = response.json()
        found += page["entries"]
        if page["next"] is None:
            return found
        params["cursor"] = page["next"]


async def test_entries_show_side_amount_balance_and_the_real_counterparty(client: Client) -> None:
    item = transfer("10.00", credit=FAR, reference="INV-1", description="Steel")
    await post(client, item)
    newest = (await client.get(f"/v1/accounts/{PAYER}/entries", params={"limit": 1})).json()["entries"][0]
    assert newest["transfer"] == item["id"]
    assert (newest["side"], newest["amount"], newest["balance"]) == ("debit", money("10.00"), money("990.00"))
    assert (newest["counterparty"], newest["kind"]) == (FAR, "transfer")
    assert (newest["reference"], newest["description"]) == ("INV-1", "Steel")
    assert newest["business_date"] == newest["value_date"] == "2026-03-31"
    assert newest["booked_at"].endswith("Z")


async def test_pages_are_complete_and_in_order_from_either_end(client: Client) -> None:
    await post(client, *(transfer(f"{n}.00") for n in range(1, 26)))
    newest_first = await pages(client, limit=7)
    oldest_first = await pages(client, limit=4, order="oldest_first")
    assert [one["amount"]["value"] for one in oldest_first] == [
        "1000.00",
        *(f"{n}.00" for n in range(1, 26)),
    ]
    assert newest_first == oldest_first[::-1]


async def advance(bank: Database) -> None:
    async with bank.transaction() as tx:
        for cell in (101, 102):
            await ledger.advance_business_date(tx, cell, NEXT_DAY)


async def test_entries_of_a_period_only(client: Client, bank: Database) -> None:
    await post(client, transfer("1.00"))
    await advance(bank)
    await post(client, transfer("2.00"))
    second = await pages(client, **{"from": "2026-04-01", "to": "2026-04-30"})
    assert [one["amount"]["value"] for one in second] == ["2.00"]
    first = await pages(client, to="2026-03-31", order="oldest_first")
    assert [one["amount"]["value"] for one in first] == ["1000.00", "1.00"]


async def test_a_balance_is_known_at_any_instant_and_business_date(client: Client, bank: Database) -> None:
    await post(client, transfer("1.00"))
    entry = (await client.get(f"/v1/accounts/{PAYER}/entries", params={"limit": 1})).json()["entries"][0]
    await advance(bank)
    await post(client, transfer("2.00"))

    async def at(**params: str) -> tuple[str, str]:
        response = await client.get(f"/v1/accounts/{PAYER}/balance", params=params)
        assert response.status_code == 200, response.text
        return response.json()["balance"]["value"], response.json()["as_of"]

    assert await at() == ("997.00", "now")
    assert await at(at="2026-03-31") == ("999.00", "business_date")
    assert await at(at="2026-04-01") == ("997.00", "business_date")
    assert await at(at=entry["booked_at"]) == ("999.00", "instant")
    assert await at(at="2020-01-01T00:00:00Z") == ("0.00", "instant")


async def test_an_offset_whose_plus_was_not_encoded_is_understood(client: Client) -> None:
    response = await client.get(f"/v1/accounts/{PAYER}/balance?at=2020-01-01T08:00:00+08:00")
    assert response.status_code == 200, response.text


async def test_a_statement_adds_up(client: Client) -> None:
    await post(client, transfer("1.00"), transfer("2.00"))
    await post(client, transfer("0.50", debit=PAYEE, credit=PAYER))
    response = await client.get(
        f"/v1/accounts/{PAYER}/statement", params={"from": "2026-03-31", "to": "2026-03-31"}
    )
    assert response.status_code == 200, response.text
    found = response.json()
    assert (found["opening"], found["closing"]) == (money("0.00"), money("997.50"))
    assert (found["debit_total"], found["debit_count"]) == (money("3.00"), 2)
    assert (found["credit_total"], found["credit_count"]) == (money("1000.50"), 2)
    assert [one["balance"]["value"] for one in found["entries"]] == ["1000.00", "999.00", "997.00", "997.50"]


async def test_a_statement_is_drawn_up_as_camt_053_by_header_or_parameter(client: Client) -> None:
    await post(client, transfer("1.00"))
    path, params = f"/v1/accounts/{PAYER}/statement", {"from": "2026-03-31", "to": "2026-03-31"}
    for extra, headers in (({}, {"Accept": "application/xml"}), ({"format": "camt.053"}, {})):
        response = await client.get(path, params={**params, **extra}, headers=headers)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"].startswith("application/xml")
        root = etree.fromstring(response.content)
        schema("camt.053.001.08").check(root)
        assert PAYER in response.text


async def test_a_format_that_is_not_spoken_is_refused(client: Client) -> None:
    response = await client.get(
        f"/v1/accounts/{PAYER}/statement",
        params={"from": "2026-03-31", "to": "2026-03-31"},
        headers={"Accept": "image/png"},
    )
    assert (response.status_code, response.json()["code"]) == (406, "not_acceptable")


async def test_the_trial_balance_balances_in_every_currency(client: Client) -> None:
    await post(client, transfer("10.00"), transfer("20.00", credit=FAR))
    found = (await client.get("/v1/trial-balance")).json()
    lines = {line["subject"]: line for line in found["lines"]}
    assert lines["1001"]["debit"] == money("1000.00")
    assert lines["2011"]["credit"] == money("1000.00")
    assert found["totals"][0]["balanced"] is True
    assert found["totals"][0]["debit"] == found["totals"][0]["credit"]


async def test_the_trial_balance_of_a_cell_on_a_date(client: Client, bank: Database) -> None:
    await advance(bank)
    await post(client, transfer("20.00", debit=PAYER, credit=FAR))
    before = (await client.get("/v1/trial-balance", params={"on": "2026-03-31", "cell": 102})).json()
    after = (await client.get("/v1/trial-balance", params={"cell": 102})).json()
    assert (before["on"], before["cell"]) == ("2026-03-31", 102)
    assert all(line["credit"]["value"] == "0.00" for line in before["lines"])
    assert any(line["credit"] == money("20.00") for line in after["lines"])
