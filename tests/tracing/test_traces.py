"""Traces of a real server and a real worker, as a collector gets them: whole, linked, discreet."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sycee.database import Database, Transaction
from sycee.identity import KEY_FILE, KeyFile
from sycee.kernel import tracing
from sycee.kernel.settings import InvalidSetting
from sycee.main.traces import Traces, is_wanted, told
from tests.api.served import Served
from tests.api.small_bank import found_bank, issue_tokens
from tests.api.test_logs import lines
from tests.api.told_traffic import drive
from tests.api.wire import PAYER, transfer
from tests.payments.rails.bank import ConnectedBank, new_payment
from tests.tracing.collector import Collector, Seen, collector

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def collected() -> Iterator[Collector]:
    with collector() as seen:
        yield seen


def id_of(traceparent: str) -> str:
    return traceparent.split("-")[2]


def with_id(spans: list[Seen], id: str) -> Seen:
    (found,) = [span for span in spans if span.id == id]
    return found


async def test_a_request_is_followed_from_the_caller_to_the_transaction(
    database: Database, database_url: str, tmp_path: Path, collected: Collector
) -> None:
    bank = await found_bank(database)
    token = (await issue_tokens(bank))["admin"]
    headers = {"Authorization": f"Bearer {token}"}
    carried = {"traceparent": f"00-{TRACE}-{CALLER}-01", "tracestate": "vendor=1"}
    log = tmp_path / "server.log"
    keys = KeyFile.at(tmp_path / KEY_FILE)
    environment = {ENDPOINT: collected.url, "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test"}
    with Served(database_url, log, **environment) as served:
        traffic = await drive(served.url, bank, keys, token)
        async with httpx.AsyncClient(base_url=served.url, headers=headers, timeout=60) as client:
            posts = [client.post("/v1/transfers", json={"transfers": [transfer("0.01")]}) for _ in range(32)]
            together = await asyncio.gather(*posts)
            mine = await client.get(f"/v1/accounts/{PAYER}", headers=carried)
    assert {answer.status_code for answer in (*together, mine)} == {200}
    spans = collected.spans
    assert {span.service for span in spans} == {"sycee-api"}

    # The caller's trace is gone on with, told in the answer, and in the log.
    assert mine.headers["traceparent"].split("-")[1] == TRACE
    seen = with_id(spans, id_of(mine.headers["traceparent"]))
    assert (seen.name, seen.kind, seen.trace, seen.parent) == (
        "GET /v1/accounts/{number}",
        "server",
        TRACE,
        CALLER,
    )
    assert seen.attributes["http.route"] == "/v1/accounts/{number}"
    assert seen.attributes["http.response.status_code"] == 200
    assert seen.attributes["sycee.request_id"] == mine.headers["x-request-id"]
    line = next(line for line in lines(log) if line.get("request_id") == mine.headers["x-request-id"])
    assert line["trace_id"] == TRACE

    # A batch is linked to every request that it served, and its transaction stands below it.
    batches = collected.named("batch of transfers")
    for answer in together:
        request = with_id(spans, id_of(answer.headers["traceparent"]))
        serving = [batch for batch in batches if (request.trace, request.id) in batch.links]
        assert len(serving) == 1
    assert sum(batch.attributes["sycee.callers"] for batch in batches) == 32 + 1
    assert any(len(batch.links) > 1 for batch in batches)
    (batch, *_) = batches
    (transaction,) = [span for span in collected.named("database transaction") if span.parent == batch.id]
    assert (transaction.kind, transaction.attributes["sycee.attempt"]) == ("client", 1)

    # What failed says by which code, and nothing that was quoted.
    internal = with_id(spans, id_of(traffic.internal.headers["traceparent"]))
    assert (internal.failed, internal.attributes["error.type"]) == (True, "internal_error")
    assert not any(span.events for span in spans)
    told_of = b"".join(collected.bodies)
    for name, secret in {**traffic.secrets, **traffic.figures}.items():
        if name not in (
            "amount",
            "minor units",
            "one-time code",
        ):  # so short that they may stand in ids by chance
            assert secret.encode() not in told_of, f"traces tell the {name}"
    values = [str(value) for span in spans for value in (span.name, *span.attributes.values())]
    for name in ("amount", "minor units", "one-time code"):
        assert {**traffic.secrets, **traffic.figures}[name] not in values, f"traces tell the {name}"
    assert {key for span in spans for key in span.attributes} <= TOLD


# Everything that spans of the API may say: a new attribute is put here after asking what it could give away.
TOLD = {
    "http.request.method",
    "http.route",
    "http.response.status_code",
    "sycee.request_id",
    "sycee.principal",
    "sycee.problem",
    "sycee.commands",
    "sycee.callers",
    "sycee.attempt",
    "sycee.payment_ids",
    "db.system.name",
    "error.type",
}


@pytest.fixture
def telling(collected: Collector, monkeypatch: pytest.MonkeyPatch) -> Iterator[Traces]:
    """This process tells traces."""
    monkeypatch.setenv(ENDPOINT, collected.url)
    traces = Traces("sycee-test")
    tracing.use(traces)
    yield traces
    tracing.use(None)
    traces.close()


async def test_every_attempt_at_a_transaction_is_told(
    database: Database, telling: Traces, collected: Collector
) -> None:
    attempts = 0

    async def command(tx: Transaction) -> None:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            await tx.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with tracing.span("work"):
        await database.run(command)
    telling.close()
    (work,) = collected.named("work")
    told_of = [
        (span.attributes["sycee.attempt"], span.failed, span.attributes.get("error.type"))
        for span in collected.named("database transaction")
        if span.parent == work.id
    ]
    assert told_of == [(1, True, "database_unavailable"), (2, False, None)]


async def test_a_payment_is_found_in_every_message_by_its_id(
    database: Database, tmp_path: Path, telling: Traces, collected: Collector
) -> None:
    bank = await ConnectedBank.open(database, tmp_path / "central-bank.sqlite")
    new = new_payment(bank.accounts[0], 12_345)
    await bank.pay(new)
    await bank.rounds(2)
    assert await bank.state(new.id) == "settled"
    await bank.close()
    telling.close()
    (written,) = collected.named("rail message written")
    assert written.attributes["sycee.payment_ids"] == [str(new.id)]
    assert written.attributes["sycee.rail"] == "BEPS"
    message = written.attributes["sycee.message_id"]
    assert message in [
        span.attributes["sycee.message_id"] for span in collected.named("rail message delivered")
    ]
    answers = [
        span for span in collected.named("rail message taken") if "sycee.payment_ids" in span.attributes
    ]
    assert [span.attributes["sycee.payment_ids"] for span in answers] == [[str(new.id)]]
    body = b"".join(collected.bodies)
    assert new.creditor_name.encode() not in body
    assert new.creditor_account.encode() not in body


@pytest.mark.parametrize(
    ("headers", "continued"),
    [
        ({"traceparent": f"00-{TRACE}-{CALLER}-01"}, True),
        ({"traceparent": f"00-{TRACE}-{CALLER}-00"}, True),
        ({"traceparent": f"00-{TRACE.upper()}-{CALLER}-01"}, False),
        ({"traceparent": f"ff-{TRACE}-{CALLER}-01"}, False),
        ({"traceparent": f"00-{'0' * 32}-{CALLER}-01"}, False),
        ({"traceparent": f"00-{TRACE}-{'0' * 16}-01"}, False),
        ({"traceparent": f"00-{TRACE}-{CALLER}-01-more"}, False),
        ({"traceparent": "'; DROP TABLE spans"}, False),
    ],
)
def test_only_a_well_formed_traceparent_is_gone_on_with(
    headers: dict[str, str], continued: bool, telling: Traces
) -> None:
    with tracing.span("x", carried=headers) as span:
        assert span.traceparent is not None
        assert (span.traceparent.split("-")[1] == TRACE) == continued
    assert tracing.trace_of(headers["traceparent"]) == (TRACE if continued else None)


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, False),
        ({ENDPOINT: ""}, False),
        ({ENDPOINT: "http://c:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, True),
        ({ENDPOINT: "http://c:4318", "OTEL_SDK_DISABLED": "true"}, False),
        ({ENDPOINT: "http://c:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({ENDPOINT: "http://c:4318", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, True),
    ],
)
def test_traces_are_off_unless_the_standard_variables_ask_for_them(
    environ: dict[str, str], wanted: bool
) -> None:
    assert is_wanted(environ) == wanted


@pytest.mark.parametrize(
    "more", [{"OTEL_TRACES_EXPORTER": "zipkin"}, {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc"}]
)
def test_a_way_that_is_not_spoken_is_refused(more: dict[str, str]) -> None:
    with pytest.raises(InvalidSetting, match="only"), told("x", {ENDPOINT: "http://c:4318", **more}):
        pass


def test_off_no_library_of_traces_is_imported() -> None:
    program = "import sys, sycee.main.server, sycee.main.worker; print('opentelemetry' in sys.modules)"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_off_a_span_is_nothing() -> None:
    with tracing.span("x", attributes={"a": 1}) as span:
        span.set({"b": 2})
        span.fail("y")
        tracing.mark("ids", [1])
        assert (span.traceparent, tracing.here()) == (None, None)
