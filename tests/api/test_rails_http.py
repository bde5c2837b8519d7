"""/v1/rail-connections, reconciliations and cases: for the bank's own people alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest

from sycee import payments
from sycee.database import Database
from sycee.payments.rails.cases import NewCase, open_case
from sycee.payments.rails.outbox import Letter, keep_letters
from tests.api.wire import PAYEE, Client
from tests.payments.rails.processes import Control, simulated_rail

HERE = {"rail": "BEPS", "address": "http://127.0.0.1:9", "participant": "313100000013"}
NOBODY = "00000000-0000-0000-0000-000000000000"


async def test_a_rail_is_connected_and_connected_anew(client: Client) -> None:
    assert (await client.get("/v1/rail-connections")).json() == {"connections": []}
    for address in ("http://127.0.0.1:9", "https://rail.example:8443/gate"):
        made = await client.post("/v1/rail-connections", json={**HERE, "address": address})
        assert made.status_code == 200, made.text
        assert (made.json()["address"], made.json()["to_deliver"]) == (address, 0)
    assert len((await client.get("/v1/rail-connections")).json()["connections"]) == 1


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({"rail": "NONE"}, 404, "rail_not_found"),
        ({"address": "file:///etc/passwd"}, 400, "invalid_rail_connection"),
        ({"address": "http://"}, 400, "invalid_rail_connection"),
        ({"participant": "our bank"}, 400, "invalid_rail_connection"),
        ({"participant": "1"}, 400, "schema_violation"),
    ],
    ids=["unknown-rail", "file", "no-host", "no-code", "too-short"],
)
async def test_a_rail_that_cannot_be_is_not_connected(
    client: Client, wrong: dict[str, str], status: int, code: str
) -> None:
    answer = await client.post("/v1/rail-connections", json={**HERE, **wrong})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await client.get("/v1/rail-connections")).json() == {"connections": []}


async def test_a_date_is_reconciled_with_the_rails_report(
    client: Client, bank: Database, tmp_path: Path
) -> None:
    with simulated_rail(tmp_path) as (program, url):
        control = Control(program, url)
        control("PUT", "/control/faults", json=[])  # it answers now
        assert (await client.post("/v1/rail-connections", json={**HERE, "address": url})).status_code == 200
        path, asked = "/v1/rails/BEPS/reconciliations", {"date": "2026-01-05"}
        assert (await client.get(f"{path}/2026-01-05")).json()["code"] == "reconciliation_not_found"
        early = await client.post(path, json=asked)
        assert (early.status_code, early.json()["state"]) == (202, "fetching")
        assert (await client.post(path, json=asked)).json()["id"] == early.json()["id"], "it is under way"
        assert await payments.rails.sweep_reconciliations(bank) == 0
        failed = (await client.get(f"{path}/2026-01-05")).json()
        assert (failed["state"], failed["code"], failed["found"]) == ("failed", "rail_report_not_found", None)
        control("POST", "/control/day")
        assert (await client.post(path, json=asked)).json()["state"] == "fetching"
        assert await payments.rails.sweep_reconciliations(bank) == 1
        done = (await client.get(f"{path}/2026-01-05")).json()
        assert (done["state"], done["pages_taken"], done["pages"]) == ("done", 1, 1)
        assert done["found"]["clean"] is True
        assert done["found"]["opening"] == done["found"]["closing"]
        listed = (await client.get("/v1/rails/BEPS/reconciliations")).json()["reconciliations"]
        assert [one["date"] for one in listed] == ["2026-01-05"]


async def test_a_rail_that_is_silent_or_not_connected_is_said_so(client: Client, bank: Database) -> None:
    asked = {"date": "2026-01-05"}
    missing = await client.post("/v1/rails/BEPS/reconciliations", json=asked)
    assert (missing.status_code, missing.json()["code"]) == (404, "rail_not_connected")
    assert (await client.get("/v1/rails/BEPS/reconciliations")).status_code == 404
    await client.post("/v1/rail-connections", json=HERE)
    assert (await client.post("/v1/rails/BEPS/reconciliations", json=asked)).status_code == 202
    assert await payments.rails.sweep_reconciliations(bank) == 0
    silent = (await client.get("/v1/rails/BEPS/reconciliations/2026-01-05")).json()
    assert (silent["state"], silent["code"]) == ("fetching", "rail_unavailable"), "it waits"


@pytest.mark.parametrize(
    ("date", "code"), [("yesterday", "invalid_parameter"), ("0001-01-01", "date_out_of_range")]
)
async def test_a_date_that_is_none_is_not_reconciled(client: Client, date: str, code: str) -> None:
    await client.post("/v1/rail-connections", json=HERE)
    seen = await client.get(f"/v1/rails/BEPS/reconciliations/{date}")
    assert (seen.status_code, seen.json()["code"]) == (400, code)
    assert (await client.post("/v1/rails/BEPS/reconciliations", json={"date": date})).status_code == 400


async def a_case(bank: Database) -> None:
    async with bank.transaction() as tx:
        await open_case(
            tx,
            NewCase(
                rail="BEPS", cell=101, kind="missing_here", what="incoming", uetr=uuid4(), item_id="T1",
                payment=None, day=date(2026, 1, 5), ours=0, theirs=700, currency="CNY", detail="unknown here",
            ),
        )  # fmt: skip


async def test_a_case_is_worked_by_two_entries_and_no_more(client: Client, bank: Database) -> None:
    await a_case(bank)
    (case,) = (await client.get("/v1/rail-cases", params={"state": "open"})).json()["cases"]
    assert (case["kind"], case["theirs"]) == ("missing_here", {"currency": "CNY", "value": "7.00"})
    path = f"/v1/rail-cases/{case['id']}/actions"
    early = await client.post(path, json={"action": "explain", "reason": "never mind"})
    assert (early.status_code, early.json()["code"]) == (409, "rail_case_state")
    booked = await client.post(path, json={"action": "suspense", "reason": "the rail has it"})
    assert (booked.status_code, booked.json()["state"]) == (200, "in_suspense")
    again = await client.post(path, json={"action": "suspense", "reason": "once more"})
    assert again.status_code == 409
    nobody = await client.post(path, json={"action": "apply", "reason": "to whom?"})
    assert (nobody.status_code, nobody.json()["code"]) == (400, "account_missing")
    before = (await client.get(f"/v1/accounts/{PAYEE}")).json()["balance"]["value"]
    applied = await client.post(path, json={"action": "apply", "reason": "it was theirs", "account": PAYEE})
    assert (applied.status_code, applied.json()["state"]) == (200, "settled")
    after = (await client.get(f"/v1/accounts/{PAYEE}")).json()["balance"]["value"]
    assert float(after) - float(before) == pytest.approx(7)
    seen = (await client.get(f"/v1/rail-cases/{case['id']}")).json()
    assert len(seen["entries"]) == 2
    assert (seen["resolution"], seen["reason"]) == ("apply", "it was theirs")


async def test_a_case_that_is_not_there_and_an_act_that_is_none_are_refused(client: Client) -> None:
    assert (await client.get(f"/v1/rail-cases/{NOBODY}")).json()["code"] == "rail_case_not_found"
    assert (await client.get("/v1/rail-cases/x")).json()["code"] == "invalid_identifier"
    path = f"/v1/rail-cases/{NOBODY}/actions"
    assert (await client.post(path, json={"action": "forget", "reason": "x"})).status_code == 400
    assert (await client.post(path, json={"action": "explain", "reason": ""})).status_code == 400
    said = await client.post(path, json={"action": "explain", "reason": "x"})
    assert said.json()["code"] == "rail_case_not_found"


async def test_cases_are_read_page_by_page(client: Client, bank: Database) -> None:
    for _ in range(3):
        await a_case(bank)
    found, cursor = [], None
    while True:
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/v1/rail-cases", params=params)).json()
        found += [case["id"] for case in page["cases"]]
        if (cursor := page["next"]) is None:
            break
    assert len(set(found)) == 3
    assert (await client.get("/v1/rail-cases", params={"rail": "HVPS"})).json()["cases"] == []


async def a_refused_message(bank: Database) -> None:
    async with bank.transaction() as tx:
        await keep_letters(tx, "BEPS", [Letter(uuid4().hex, "", b"<what>?</what>")])
        await tx.execute("UPDATE rail_messages SET state = 'refused', error = 'unsupported'")


async def test_a_message_that_could_not_be_read_is_looked_at_tried_again_and_closed(
    client: Client, bank: Database
) -> None:
    await a_refused_message(bank)
    (listed,) = (await client.get("/v1/rail-messages")).json()["messages"]
    assert (listed["direction"], listed["state"], listed["error"]) == ("in", "refused", "unsupported")
    path = f"/v1/rail-messages/{listed['id']}"
    assert (await client.get(path)).json()["body"] == "<what>?</what>"
    again = await client.post(f"{path}/actions", json={"action": "retry", "reason": "a new release"})
    assert (again.status_code, again.json()["state"]) == (200, "waiting")
    twice = await client.post(f"{path}/actions", json={"action": "close", "reason": "never mind"})
    assert (twice.status_code, twice.json()["code"]) == (409, "rail_message_state")
    assert (await client.get("/v1/rail-messages", params={"state": "waiting"})).json()["messages"]
    await bank.run(lambda tx: tx.execute("UPDATE rail_messages SET state = 'refused'"))
    closed = await client.post(f"{path}/actions", json={"action": "close", "reason": "nobody reads it"})
    assert (closed.json()["state"], closed.json()["work_reason"]) == ("closed", "nobody reads it")


async def test_a_message_that_is_not_there_and_a_repair_that_is_none_are_refused(client: Client) -> None:
    assert (await client.get(f"/v1/rail-messages/{NOBODY}")).json()["code"] == "rail_message_not_found"
    assert (await client.get("/v1/rail-messages/x")).json()["code"] == "invalid_identifier"
    assert (await client.get("/v1/rail-messages", params={"state": "lost"})).status_code == 400
    path = f"/v1/rail-messages/{NOBODY}/actions"
    assert (await client.post(path, json={"action": "forget", "reason": "x"})).status_code == 400
    assert (await client.post(path, json={"action": "retry", "reason": ""})).status_code == 400
    said = await client.post(path, json={"action": "retry", "reason": "x"})
    assert said.json()["code"] == "rail_message_not_found"


async def test_messages_are_read_page_by_page(client: Client, bank: Database) -> None:
    for _ in range(3):
        await a_refused_message(bank)
    first = (await client.get("/v1/rail-messages", params={"limit": "2"})).json()
    rest = (await client.get("/v1/rail-messages", params={"limit": "2", "cursor": first["next"]})).json()
    assert len({message["id"] for message in first["messages"] + rest["messages"]}) == 3
    assert rest["next"] is None
    assert (await client.get("/v1/rail-messages", params={"rail": "HVPS"})).json()["messages"] == []
