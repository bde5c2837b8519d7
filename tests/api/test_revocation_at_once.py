"""Whoever is revoked at one process is refused by all the others: real processes, real sockets."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from sycee.database import Database
from sycee.identity import KeyFile, Scope, issue_token
from tests.api.served import Served
from tests.identity.people import enter, keys_in, staff

# It takes milliseconds; a machine that is busy with other tests may take longer.
PATIENCE_S = 20.0


@pytest.fixture(scope="module")
def servers(
    steady_bank: Database,
    steady_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[list[Served]]:
    """Two servers of one bank, as on two machines."""
    logs = tmp_path_factory.mktemp("logs")
    with ExitStack() as stack:
        yield [stack.enter_context(Served(steady_url, logs / f"{name}.log")) for name in ("one", "two")]


@pytest_asyncio.fixture
async def bank(steady_url: str) -> AsyncIterator[Database]:
    """Their bank."""
    async with await Database.open(steady_url, max_size=2) as opened:
        yield opened


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return keys_in(tmp_path)


def status(server: Served, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{server.url}/v1/me", headers=headers, timeout=30.0).status_code


def refused_by(server: Served, token: str) -> None:
    """Return when the token is refused, once for all."""
    deadline = time.monotonic() + PATIENCE_S
    while status(server, token) != 401:
        assert time.monotonic() < deadline
    assert status(server, token) == 401


async def test_a_session_ended_at_one_process_is_refused_by_the_other(
    bank: Database, keys: KeyFile, servers: list[Served]
) -> None:
    one, two = servers
    opened = await enter(bank, keys, await staff(bank, keys))
    for server in servers:
        assert status(server, opened.token) == 200
    headers = {"Authorization": f"Bearer {opened.token}"}
    async with httpx.AsyncClient(base_url=one.url, headers=headers, timeout=30.0) as person:
        assert (await person.delete("/v1/sessions/current")).status_code == 200
    assert status(one, opened.token) == 401
    refused_by(two, opened.token)


async def test_a_principal_suspended_at_one_process_is_refused_by_the_other(
    bank: Database, servers: list[Served]
) -> None:
    one, two = servers
    async with bank.transaction() as tx:
        officer = (await issue_token(tx, "officer", [Scope.ADMIN])).text
        machine = await issue_token(tx, "machine", [Scope.ACCOUNTS_READ])
    for server in servers:
        assert status(server, machine.text) == 200
    headers = {"Authorization": f"Bearer {officer}"}
    path = f"/v1/principals/{machine.token.principal}/suspend"
    async with httpx.AsyncClient(base_url=one.url, headers=headers, timeout=30.0) as client:
        assert (await client.post(path, json={"reason": "x"})).status_code == 200
    assert status(one, machine.text) == 401
    refused_by(two, machine.text)
