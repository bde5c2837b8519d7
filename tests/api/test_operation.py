"""Health, metrics, the reference pages, and errors of our own."""

from __future__ import annotations

import logging
import re

import pytest
from litestar.testing import AsyncTestClient

from sycee.api import create_app
from sycee.database import Database
from sycee.kernel.errors import error_classes
from sycee.kernel.settings import Settings
from tests.api.wire import UNKNOWN, Client, post, transfer


async def test_health_needs_no_token_and_names_the_migration(anonymous: Client) -> None:
    response = await anonymous.get("/v1/health")
    assert response.status_code == 200
    found = response.json()
    assert found["status"] == "ready"
    assert found["database"]["state"] == "up"
    assert re.fullmatch(r"\d{4}_\w+", found["database"]["migration"])


async def test_without_a_database_the_process_lives_but_is_not_ready(database_url: str) -> None:
    database = await Database.open(database_url, timeout_s=1)
    await database.close()
    async with AsyncTestClient(create_app(database, Settings()), raise_server_exceptions=False) as client:
        assert (await client.get("/v1/health/live")).json()["status"] == "live"
        response = await client.get("/v1/health")
        assert response.status_code == 503
        assert response.json()["database"] == {"state": "down", "migration": None}
        headers = {"Authorization": "Bearer syc_000000000000_" + "0" * 64}
        refused = await client.get("/v1/accounts", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (503, "database_unavailable")
        assert "closed" not in refused.json()["detail"]
        assert refused.headers["retry-after"] == "1"


async def test_metrics_count_requests_by_route_and_outcomes_by_code(client: Client) -> None:
    await post(client, transfer("1.00"), transfer("1.00", credit=UNKNOWN))
    await client.get(f"/v1/accounts/{UNKNOWN}")
    await client.get("/v1/nowhere/at/all")
    text = (await client.get("/metrics")).text
    assert 'sycee_http_requests_total{method="POST",route="/v1/transfers",status="200"} 1.0' in text
    assert re.search(
        r'sycee_http_requests_total\{method="GET",route="/v1/accounts/[^"]*",status="404"\} 1.0', text
    )
    assert 'sycee_http_requests_total{method="GET",route="unknown",status="404"} 1.0' in text
    assert 'sycee_transfer_outcomes_total{code="account_not_found",status="rejected"} 1.0' in text
    assert 'sycee_http_request_duration_seconds_bucket{le="0.1",method="POST"' in text
    assert "process_resident_memory_bytes" in text
    assert UNKNOWN not in text


async def test_methods_out_of_nowhere_do_not_grow_the_metrics(client: Client) -> None:
    for n in range(20):
        await client.request(f"M{n}", "/v1/nothing")
    text = (await client.get("/metrics")).text
    assert "M7" not in text


async def test_a_defect_is_a_500_with_a_log_reference_and_no_internals(
    client: Client, bank: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with bank.transaction() as tx:
        await tx.execute("ALTER TABLE account_profiles RENAME TO elsewhere")
    with caplog.at_level(logging.ERROR, logger="sycee.api"):
        response = await client.get("/v1/accounts")
    problem = response.json()
    assert (response.status_code, problem["code"]) == (500, "internal_error")
    assert "account_profiles" not in response.text
    assert problem["log_reference"] in caplog.text


async def test_the_reference_page_loads_nothing_from_elsewhere(anonymous: Client) -> None:
    page = await anonymous.get("/docs")
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assets = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert assets
    for asset in assets:
        assert asset.startswith("/docs/")
        response = await anonymous.get(asset)
        assert response.status_code == 200
        assert response.content
    assert "/v1/openapi.json" in (await anonymous.get("/docs/assets/start.js")).text


async def test_the_document_is_served_without_a_token(anonymous: Client) -> None:
    response = await anonymous.get("/v1/openapi.json")
    assert response.status_code == 200
    assert response.json()["openapi"] == "3.1.0"


async def test_every_problem_code_is_described_where_its_type_points(anonymous: Client) -> None:
    problem = (await anonymous.get("/v1/nowhere")).json()
    path, _, code = problem["type"].partition("#")
    page = (await anonymous.get(path)).text
    assert code == problem["code"]
    for cls in error_classes():
        assert f"id='{cls.code}'" in page
    for rejection in ("insufficient_funds", "account_closed", "already_voided"):
        assert f"id='{rejection}'" in page
