"""Deposits over HTTP: the figures to the fen, what is refused, and that nothing is done twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest
import pytest_asyncio

from sycee.database import Database
from sycee.kernel.ids import uuid7
from tests.api.small_bank import client_of, issue_tokens
from tests.api.wire import Client, money
from tests.products.deposits.counter import TODAY, Counter

Json = dict[str, Any]


class Window:
    """The API as the customer silk uses it, and the days that pass."""

    def __init__(self, counter: Counter, client: Client) -> None:
        self.counter = counter
        self.client = client
        self.silk, self.jade = counter.silk, counter.jade
        self.signers = [str(counter.silk.signer)]

    async def post(self, path: str, body: Json, *, status: int = 200, key: str | None = None) -> Json:
        """POST, which must answer with the status."""
        headers = {"Idempotency-Key": key} if key else {}
        response = await self.client.post(path, json=body, headers=headers)
        assert response.status_code == status, response.text
        found: Json = response.json()
        return found

    async def get(self, path: str, *, status: int = 200) -> Json:
        """GET, which must answer with the status."""
        response = await self.client.get(path)
        assert response.status_code == status, response.text
        found: Json = response.json()
        return found

    async def place(self, product: str, value: str, **fields: Any) -> Json:
        """A deposit from the general account."""
        body = {
            "id": str(uuid7()),
            "source": str(self.silk.general),
            "amount": money(value),
            "product": product,
            "signers": self.signers,
            **fields,
        }
        found: Json = (await self.post("/v1/deposits", body, status=201))["deposit"]
        return found

    def path(self, deposit: Json, *rest: str) -> str:
        """The path of a deposit, or of something of it."""
        return "/".join(["/v1/deposits", deposit["id"], *rest])

    async def withdraw(self, deposit: Json, value: str | None = None, **fields: Any) -> Json:
        """To the basic account."""
        body = {"to": str(self.silk.basic), "signers": self.signers, **fields}
        if value is not None:
            body["amount"] = money(value)
        return await self.post(self.path(deposit, "withdrawals"), body)


@pytest_asyncio.fixture
async def window(database: Database) -> AsyncIterator[Window]:
    """The window of a bank on its first day."""
    counter = await Counter.open(database)
    tokens = await issue_tokens(database)
    async with client_of(database, tokens["agreements:write"]) as client:
        client.headers["Authorization"] = f"Bearer {tokens['admin']}"
        yield Window(counter, client)
    await counter.check()


async def test_seven_days_notice_on_five_million_pays_6875_00(window: Window) -> None:
    deposit = await window.place("notice-7d", "5000000.00")
    assert (deposit["form"], deposit["rate"], deposit["maturity"]) == ("notice", None, None)
    await window.counter.advance(TODAY + timedelta(38))
    body = {"amount": money("5000000.00"), "pay_on": "2026-02-19", "signers": window.signers}
    given = await window.post(window.path(deposit, "notices"), body)
    assert given["deposit"]["notice"]["pay_on"] == "2026-02-19"
    await window.counter.advance(date(2026, 2, 19))
    told = await window.withdraw(deposit, dry_run=True)
    assert told["preview"]
    done = await window.withdraw(deposit)
    assert done["event"]["interest"] == told["event"]["interest"] == money("6875.00")
    assert done["lines"] == [
        {
            "start": "2026-01-05",
            "end": "2026-02-18",
            "days": 45,
            "balance": money("5000000.00"),
            "rate": "1.10",
            "why": "on_notified_day",
        }
    ]
    assert done["deposit"]["state"] == "closed"
    events = (await window.get(window.path(deposit, "events")))["events"]
    assert [one["kind"] for one in events] == ["placed", "notice_given", "withdrawn"]
    [notice] = (await window.get(window.path(deposit, "notices")))["notices"]
    assert (notice["state"], notice["resolved_on"]) == ("used", "2026-02-19")


async def test_a_year_at_1_35_paid_ten_days_late_pays_40666_67(window: Window) -> None:
    deposit = await window.place("time-1y", "3000000.00", renewal="none")
    assert (deposit["rate"], deposit["maturity"]) == ("1.35", "2027-01-05")
    await window.counter.advance(date(2027, 1, 5))
    assert (await window.get(window.path(deposit)))["state"] == "matured"
    await window.counter.advance(date(2027, 1, 15))
    done = await window.withdraw(deposit)
    assert done["event"]["interest"] == money("40666.67")
    assert [(line["days"], line["rate"]) for line in done["lines"]] == [(360, "1.35"), (10, "0.20")]


async def test_a_cancelled_notice_and_a_part_withdrawn(window: Window) -> None:
    deposit = await window.place("notice-7d", "5000000.00")
    given = await window.post(window.path(deposit, "notices"), {"signers": window.signers})
    notice = given["deposit"]["notice"]["id"]
    cancel = window.path(deposit, "notices", notice, "cancel")
    assert (await window.post(cancel, {"signers": window.signers}))["deposit"]["notice"] is None
    again = await window.post(cancel, {"signers": window.signers}, status=409)
    assert again["code"] == "notice_resolved"
    await window.counter.pass_days(10)
    done = await window.withdraw(deposit, "1000000.00")
    # 1,000,000 × 3 × 0.0020 / 360: 10 days less the 7 of the notice
    assert done["event"]["interest"] == money("16.67")
    assert done["deposit"]["principal"] == money("4000000.00")


async def test_renewal_is_instructed_and_what_is_due_is_listed(window: Window) -> None:
    deposit = await window.place("time-3m", "1000000.00")
    body = {"renewal": "principal", "signers": window.signers}
    changed = await window.post(window.path(deposit, "renewal"), body)
    assert changed["deposit"]["renewal"] == "principal"
    assert (await window.get("/v1/due-deposits?cell=101"))["events"] == []
    assert (await window.get("/v1/due-deposits?cell=101&by=2026-04-05"))["events"] == [
        {
            "deposit": deposit["id"],
            "account": deposit["account"],
            "kind": "maturity",
            "on": "2026-04-05",
        }
    ]
    assert (await window.get("/v1/due-deposits?cell=999", status=404))["code"] == "cell_not_found"


async def test_a_certificate_changes_hands(window: Window) -> None:
    deposit = await window.place("large-cd-1y", "20000000.00")
    body = {
        "price": money("20080000.00"),
        "pay_from": str(window.jade.general),
        "pay_to": str(window.silk.general),
        "signers": window.signers,
        "buyer_signers": [str(window.jade.signer)],
    }
    bought = (await window.post(window.path(deposit, "transfers"), body))["deposit"]
    assert (bought["customer"], bought["predecessor"]) == (str(window.jade.id), deposit["id"])
    assert (await window.get(window.path(deposit)))["successor"] == bought["id"]
    refused = await window.post(window.path(deposit, "transfers"), body, status=422)
    assert refused["code"] == "deposit_closed"


async def test_a_margin_is_frozen_and_deducted_only_when_its_obligation_is_discharged(window: Window) -> None:
    margin = await window.place(
        "margin-bank-acceptance",
        "3000000.00",
        maturity="2026-07-05",
        obligation="Acceptance 2026-0017",
        obliged=money("10000000.00"),
    )
    order = {"amount": money("1000000.00"), "authority": "Shanghai Court", "document": "2026-114"}
    frozen = await window.post(window.path(margin, "freezes"), order)
    assert frozen["deposit"]["frozen"] == money("1000000.00")
    freeze = frozen["event"]["id"]
    taking = {"amount": money("600000.00"), "to": str(window.jade.basic)}
    path = window.path(margin, "freezes", freeze, "deductions")
    assert (await window.post(path, taking, status=422))["code"] == "obligation_stands"
    await window.post(window.path(margin, "obligation"), {"obliged": money("0.00")})
    assert (await window.post(path, taking))["deposit"]["principal"] == money("2400000.00")
    await window.post(window.path(margin, "freezes", freeze, "lift"), {})
    [kept] = (await window.get(window.path(margin, "freezes")))["freezes"]
    assert (kept["deducted"], kept["lifted_on"]) == (money("600000.00"), "2026-01-05")


async def test_deposits_are_listed_page_by_page(window: Window) -> None:
    placed = [(await window.place("time-3m", "10000.00"))["id"] for _ in range(3)]
    first = await window.get(f"/v1/deposits?customer={window.silk.id}&form=time&state=active&limit=2")
    rest = await window.get(f"/v1/deposits?customer={window.silk.id}&limit=2&cursor={first['next']}")
    assert [one["id"] for one in first["deposits"] + rest["deposits"]] == sorted(placed)
    assert rest["next"] is None
    assert (await window.get(f"/v1/deposits?customer={window.jade.id}"))["deposits"] == []
    assert (await window.get("/v1/deposits?cursor=nonsense", status=400))["code"] == "invalid_cursor"


async def test_the_same_request_again_is_answered_and_done_once(window: Window) -> None:
    body = {
        "id": str(uuid7()),
        "source": str(window.silk.general),
        "amount": money("1000000.00"),
        "product": "notice-7d",
        "signers": window.signers,
    }
    first = await window.post("/v1/deposits", body, status=201)
    again = await window.post("/v1/deposits", body)
    assert (again["deposit"], again["repeated"]) == (first["deposit"], True)
    other = await window.post("/v1/deposits", {**body, "amount": money("1000000.01")}, status=409)
    assert other["code"] == "deposit_id_reused"
    nameless = {**body}
    del nameless["id"]
    one = await window.post("/v1/deposits", nameless, status=201, key="k-1")
    assert await window.post("/v1/deposits", nameless, status=201, key="k-1") == one


BAD: dict[str, tuple[Json, int, str]] = {
    "a float for an amount": ({"amount": {"currency": "CNY", "value": 5.0}}, 400, "schema_violation"),
    "half a fen": ({"amount": money("1000000.001")}, 400, "invalid_amount"),
    "an unknown currency": ({"amount": money("1000000.00", "ZZZ")}, 400, "unknown_currency"),
    "another currency": ({"amount": money("1000000.00", "USD")}, 422, "not_own_account"),
    "below the minimum": ({"amount": money("499999.99")}, 422, "placement_refused"),
    "a field that is not known": ({"ammount": 1}, 400, "schema_violation"),
    "an unknown product": ({"product": "notice-30d"}, 404, "product_not_found"),
    "no product": ({"product": None}, 400, "invalid_deposit"),
    "a rate out of bounds": ({"choices": {"interest.spread": "0.50"}}, 422, "choice_out_of_bounds"),
    "what is not negotiable": ({"choices": {"tenor": "tenor.1y"}}, 422, "choice_not_negotiable"),
    "nobody signs": ({"signers": []}, 422, "signer_not_mandated"),
    "a wrong check digit": ({"source": "101000000000000011"}, 400, "invalid_account_number"),
    "an unknown arrangement": (
        {"product": None, "arrangement": "0199a5c0-1c00-7000-8000-0000000000ff"},
        404,
        "arrangement_not_found",
    ),
    "a NUL among the choices": ({"choices": {"interest.spread": "\u0000"}}, 400, "forbidden_character"),
    "a day beyond all days": ({"maturity": "9999-12-31"}, 400, "date_out_of_range"),
}


@pytest.mark.parametrize("case", BAD)
async def test_a_bad_placement_is_a_problem_and_changes_nothing(window: Window, case: str) -> None:
    fields, status, code = BAD[case]
    before = await window.counter.everything()
    body = {
        "id": str(uuid7()),
        "source": str(window.silk.general),
        "amount": money("1000000.00"),
        "product": "notice-7d",
        "signers": window.signers,
        **fields,
    }
    problem = await window.post("/v1/deposits", body, status=status)
    assert problem["code"] == code, problem
    assert await window.counter.everything() == before


REQUESTS: dict[str, Json] = {
    "withdrawals": {"to": "101000000000000013"},
    "notices": {},
    "notices/0199a5c0-1c00-7000-8000-0000000000ff/cancel": {},
    "renewal": {"renewal": "none"},
    "transfers": {
        "price": money("1.00"),
        "pay_from": "101000000000000013",
        "pay_to": "101000000000000021",
    },
    "freezes": {"amount": money("1.00"), "authority": "Court", "document": "1"},
    "freezes/0199a5c0-1c00-7000-8000-0000000000ff/lift": {},
    "freezes/0199a5c0-1c00-7000-8000-0000000000ff/deductions": {
        "amount": money("1.00"),
        "to": "101000000000000013",
    },
    "obligation": {"obliged": money("0.00")},
}


@pytest.mark.parametrize("what", REQUESTS)
async def test_a_deposit_that_is_not_there_is_a_404(steady_client: Client, what: str) -> None:
    for id, status, code in (
        ("0199a5c0-1c00-7000-8000-0000000000ee", 404, "deposit_not_found"),
        ("nonsense", 400, "invalid_identifier"),
    ):
        response = await steady_client.post(f"/v1/deposits/{id}/{what}", json=REQUESTS[what])
        assert (response.status_code, response.json()["code"]) == (status, code)


@pytest.mark.parametrize("what", REQUESTS)
async def test_only_a_token_that_may_write_agreements_acts_on_deposits(
    steady_anonymous: Client, steady_tokens: dict[str, str], what: str
) -> None:
    path = f"/v1/deposits/0199a5c0-1c00-7000-8000-0000000000ee/{what}"
    headers = {"Authorization": f"Bearer {steady_tokens['agreements:read']}"}
    refused = await steady_anonymous.post(path, json=REQUESTS[what], headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")


async def test_only_a_token_that_may_read_agreements_sees_deposits(
    steady_anonymous: Client, steady_tokens: dict[str, str]
) -> None:
    headers = {"Authorization": f"Bearer {steady_tokens['agreements:write']}"}
    one = "/v1/deposits/0199a5c0-1c00-7000-8000-0000000000ee"
    for path in ("/v1/deposits", one, f"{one}/events", f"{one}/notices", f"{one}/freezes"):
        refused = await steady_anonymous.get(path, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
