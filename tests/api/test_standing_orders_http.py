"""/v1/standing-orders: looked at beforehand, made, changed, halted, ended, and what became of their dates."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio

from sycee import payments
from sycee.database import Database
from sycee.identity import Scope
from sycee.kernel.ids import uuid7
from tests.api.conftest import Books
from tests.api.small_bank import client_of
from tests.api.wire import PAYEE, PAYER, Client, money

PATH = "/v1/standing-orders"
NOBODY = "00000000-0000-0000-0000-000000000000"


def terms(value: str = "10.00", **said: Any) -> dict[str, Any]:
    """A rent at the end of every month; the bank's day is 31 March 2026."""
    schedule = {"rhythm": "monthly", "first_on": "2026-03-31", "day": 31, "calendar": "weekdays", **said}
    return {
        "amount": money(value),
        "creditor_account": PAYEE,
        "creditor_name": "Silk Road Properties Ltd",
        "schedule": schedule,
    }


def order(value: str = "10.00", **said: Any) -> dict[str, Any]:
    """A standing order from PAYER."""
    return {"id": str(uuid7()), "debit_account": PAYER, "terms": terms(value, **said)}


async def made(client: Client, body: dict[str, Any], status: int = 200) -> Any:
    """Make a standing order."""
    response = await client.post(PATH, json=body)
    assert response.status_code == status, response.text
    return response.json()


async def act(client: Client, id: str, what: str, status: int = 200, **body: Any) -> Any:
    """Do something to a standing order."""
    response = await client.post(f"{PATH}/{id}/{what}", json=body or {"reason": "for the tests"})
    assert response.status_code == status, response.text
    return response.json()


@pytest_asyncio.fixture(autouse=True)
async def screened(client: Client) -> None:
    """A list of names is loaded."""
    response = await client.put("/v1/screening-lists/own", json={"names": ["Evil Corp"]})
    assert response.status_code == 200, response.text


async def test_its_dates_are_shown_before_it_is_made(client: Client, books: Books) -> None:
    before = await books()
    found = await made(client, {**order(roll="modified_following"), "dry_run": True, "dates": 3})
    assert found["upcoming"] == [
        {"on": "2026-03-31", "due_on": "2026-03-31"},
        {"on": "2026-04-30", "due_on": "2026-04-30"},
        {"on": "2026-05-31", "due_on": "2026-05-29"},
    ]
    assert await books() == before
    assert (await client.get(f"{PATH}/{found['id']}")).status_code == 404


async def test_from_making_to_the_payment_and_the_end(client: Client, database: Database) -> None:
    body = order()
    assert (await made(client, body))["state"] == "active"
    assert await made(client, body) == (await client.get(f"{PATH}/{body['id']}")).json()
    assert await payments.sweep_standing_orders(database) == 2
    assert await payments.sweep_standing_orders(database) == 0
    (occurrence,) = (await client.get(f"{PATH}/{body['id']}/occurrences")).json()["occurrences"]
    assert (occurrence["scheduled_on"], occurrence["state"]) == ("2026-03-31", "submitted")
    payment = (await client.get(f"/v1/payments/{occurrence['payment']}")).json()
    assert (payment["state"], payment["order"]) == ("settled", body["id"])
    assert (await act(client, body["id"], "suspend"))["state"] == "suspended"
    assert (await act(client, body["id"], "resume"))["state"] == "active"
    changed = await act(client, body["id"], "change", terms=terms("11.00"))
    assert (changed["version"], changed["upcoming"][0]["on"]) == (2, "2026-04-30")
    ended = await act(client, body["id"], "end")
    assert (ended["state"], ended["upcoming"]) == ("ended", [])
    assert (await act(client, body["id"], "resume", 409))["code"] == "standing_order_state"
    events = (await client.get(f"{PATH}/{body['id']}/events")).json()["events"]
    assert [one["what"] for one in events] == [
        "made", "submitted", "suspended", "resumed", "changed", "ended",
    ]  # fmt: skip


async def test_orders_are_listed_newest_first_page_by_page(client: Client) -> None:
    ids = [(await made(client, order("1.00")))["id"] for _ in range(3)]
    first = (await client.get(PATH, params={"limit": 2, "account": PAYER, "state": "active"})).json()
    rest = (await client.get(PATH, params={"limit": 2, "cursor": first["next"]})).json()
    assert [one["id"] for page in (first, rest) for one in page["standing_orders"]] == ids[::-1]
    assert rest["next"] is None


async def test_occurrences_are_read_page_by_page(client: Client, database: Database) -> None:
    body = order("1.00", rhythm="daily", day=None, calendar="every_day")
    await made(client, body)
    await payments.sweep_standing_orders(database)
    response = await client.post("/v1/cells/101/business-date", json={"to": "2026-04-02"})
    assert response.status_code == 200, response.text
    await payments.sweep_standing_orders(database)
    first = (await client.get(f"{PATH}/{body['id']}/occurrences", params={"limit": 2})).json()
    rest = await client.get(f"{PATH}/{body['id']}/occurrences", params={"cursor": first["next"]})
    found = [one["scheduled_on"] for page in (first, rest.json()) for one in page["occurrences"]]
    assert found == ["2026-04-02", "2026-04-01", "2026-03-31"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (order(first_on="2026-03-30", day=30), 400, "invalid_standing_order"),
        (order(day=30), 400, "invalid_standing_order"),
        (order(calendar="MARS"), 404, "calendar_not_found"),
        (order(rhythm="hourly"), 400, "schema_violation"),
        (order(times=0), 400, "schema_violation"),
        (order("1.234"), 400, "invalid_amount"),
        (order(first_on="1000-01-31"), 400, "date_out_of_range"),
        ({**order(), "debit_account": "123"}, 400, "invalid_account_number"),
        ({**order(), "customer": NOBODY}, 400, "schema_violation"),
    ],
)
async def test_a_body_that_is_wrong_is_refused_with_why(
    client: Client, books: Books, body: dict[str, Any], status: int, code: str
) -> None:
    before = await books()
    assert (await made(client, body, status))["code"] == code
    assert await books() == before


async def test_another_order_under_the_same_id_is_refused(client: Client) -> None:
    body = order()
    await made(client, body)
    assert (await made(client, {**body, "terms": terms("99.00")}, 409))["code"] == "standing_order_id_reused"


async def test_what_is_not_there_is_not_found(client: Client) -> None:
    for what in ("suspend", "resume", "end"):
        assert (await act(client, NOBODY, what, 404))["code"] == "standing_order_not_found"
    assert (await act(client, NOBODY, "change", 404, terms=terms()))["code"] == "standing_order_not_found"
    for path in ("", "/occurrences", "/events"):
        assert (await client.get(f"{PATH}/{NOBODY}{path}")).status_code == 404
    assert (await client.get(f"{PATH}/x")).json()["code"] == "invalid_identifier"
    response = await client.get(f"{PATH}/{(await made(client, order()))['id']}/occurrences?cursor=YTA")
    assert response.json()["code"] == "invalid_cursor"


async def test_who_may_only_read_makes_and_ends_nothing(database: Database, tokens: dict[str, str]) -> None:
    body = order()
    async with client_of(database, tokens[Scope.PAYMENTS_WRITE]) as writer:
        await made(writer, body)
        assert (await writer.get(PATH)).status_code == 403
    async with client_of(database, tokens[Scope.PAYMENTS_READ]) as reader:
        for path in ("", f"/{body['id']}", f"/{body['id']}/occurrences", f"/{body['id']}/events"):
            assert (await reader.get(PATH + path)).status_code == 200
        await made(reader, order(), 403)
        for what in ("suspend", "resume", "end"):
            await act(reader, body["id"], what, 403)
        await act(reader, body["id"], "change", 403, terms=terms())
