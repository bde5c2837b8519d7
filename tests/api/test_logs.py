"""The log of a server: JSON lines that name the request, and tell nothing that opens or identifies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from sycee.database import Database
from sycee.identity import KEY_FILE, KeyFile
from sycee.kernel.settings import InvalidSetting, Settings
from tests.api.served import Served
from tests.api.told_traffic import drive
from tests.api.wire import PAYER, Client


def lines(log: Path) -> list[dict[str, Any]]:
    """The log; every line of it has to be a JSON object."""
    return [msgspec.json.decode(line, type=dict[str, Any]) for line in log.read_bytes().splitlines()]


def of_requests(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """What the lines of requests say."""
    return [vars(record)["facts"] for record in caplog.records if record.name == "sycee.requests"]


async def test_the_log_names_requests_and_tells_no_secret(
    bank: Database, database_url: str, tokens: dict[str, str], tmp_path: Path
) -> None:
    keys = KeyFile.at(tmp_path / KEY_FILE)
    with Served(database_url, tmp_path / "server.log", SYCEE_LOG_LEVEL="debug") as served:
        traffic = await drive(served.url, bank, keys, tokens["admin"])
    assert [answer.status_code for answer in traffic.answers] == [401, 201, 200, 201, 200, 200, 200, 401, 500]
    text = served.log.read_text()
    for name, secret in {**traffic.secrets, **traffic.figures}.items():
        assert secret not in text, f"the log tells the {name}"

    log = lines(served.log)
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in log)
    written = {line["request_id"]: line for line in log if line["logger"] == "sycee.requests"}
    for answer in traffic.answers:
        line = written[answer.headers["x-request-id"]]
        assert (line["method"], line["status"]) == (answer.request.method, answer.status_code)
        assert line["duration_ms"] > 0
        if answer.is_error:
            assert answer.json()["request_id"] == answer.headers["x-request-id"]
            assert line["code"] == answer.json()["code"]
    assert written["mine-1"]["route"] == "/v1/accounts/{number}"
    assert "principal" in written["mine-1"]
    assert "principal" not in written[traffic.answers[0].headers["x-request-id"]]

    reference = traffic.internal.json()["log_reference"]
    (broken,) = [line for line in log if reference in line["message"]]
    assert broken["level"] == "error"
    assert broken["request_id"] == traffic.internal.headers["x-request-id"]
    assert broken["exception"]["type"] == "psycopg.errors.CheckViolation"
    assert broken["exception"]["sqlstate"] == "23514"
    assert broken["exception"]["constraint_name"] == "nobody_new"
    assert any("persons" in frame for frame in broken["exception"]["stack"])


@pytest.mark.parametrize(("logged", "statuses"), [("all", [200, 404]), ("failed", []), ("none", [])], ids=str)
async def test_what_is_logged_of_requests_is_a_setting(
    logged: Any, statuses: list[int], client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    edge = client.app.edge
    edge.settings = msgspec.structs.replace(edge.settings, log_requests=logged)
    with caplog.at_level("INFO", logger="sycee.requests"):
        await client.get(f"/v1/accounts/{PAYER}")
        await client.get("/v1/nowhere")
    assert [facts["status"] for facts in of_requests(caplog)] == statuses


@pytest.mark.parametrize("logged", ["failed", "none"])
async def test_of_requests_that_we_failed_there_is_a_line_unless_none_is_wanted(
    logged: Any, client: Client, bank: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with bank.transaction() as tx:
        await tx.execute("ALTER TABLE accounts RENAME TO accounts_hidden")
    edge = client.app.edge
    edge.settings = msgspec.structs.replace(edge.settings, log_requests=logged)
    assert (await client.get(f"/v1/accounts/{PAYER}")).status_code == 500
    found = [record.levelname for record in caplog.records if record.name == "sycee.requests"]
    assert found == (["ERROR"] if logged == "failed" else [])


@pytest.mark.parametrize("sent", ["a", "0f9c1b7e-68a1-7000-8000-1b2c3d4e5f60", "x" * 64, "A.b_c-9"])
async def test_a_well_formed_request_id_is_the_callers(sent: str, anonymous: Client) -> None:
    answer = await anonymous.get("/v1/accounts", headers={"X-Request-Id": sent})
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == sent


@pytest.mark.parametrize("sent", ["", "x" * 65, "a b", '"quoted"', "-a", "a\tb", "{}", "é"])
async def test_any_other_is_replaced(sent: str, anonymous: Client) -> None:
    answer = await anonymous.get("/v1/accounts", headers=[(b"X-Request-Id", sent.encode())])
    given = answer.headers["x-request-id"]
    assert len(given) == 32
    assert given == answer.json()["request_id"] != sent


async def test_two_ids_are_none(anonymous: Client) -> None:
    answer = await anonymous.get("/v1/health/live", headers=[("X-Request-Id", "a"), ("X-Request-Id", "b")])
    assert answer.headers.get_list("x-request-id") not in (["a"], ["b"])
    assert len(answer.headers.get_list("x-request-id")) == 1


async def test_every_answer_has_an_id_of_its_own(anonymous: Client) -> None:
    paths = ["/v1/health/live", "/v1/health", "/metrics", "/v1/openapi.json", "/v1//x", "/nowhere"]
    given = [(await anonymous.get(path)).headers["x-request-id"] for path in paths]
    given.append((await anonymous.options("/v1/transfers")).headers["x-request-id"])
    assert len(set(given)) == len(given)


@pytest.mark.parametrize(("variable", "value"), [("SYCEE_LOG_FORMAT", "xml"), ("SYCEE_LOG_REQUESTS", "some")])
def test_settings_that_make_no_sense_are_refused(variable: str, value: str) -> None:
    with pytest.raises(InvalidSetting, match=variable):
        Settings.load({variable: value})
