"""Requests that are written to be read in two ways, to hold something up, or to come from somewhere else."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from sycee.api import bodies, create_app, exchanges, spooling
from sycee.api.app import SyceeApp
from sycee.database import Database
from sycee.identity import CHECKS_PER_MINUTE
from sycee.kernel.settings import Settings
from tests.api.wire import PAYER, Client

VERIFY = "/v1/receipts/1010000000000000000000/verification"


@pytest.mark.parametrize(
    "path",
    [
        "//v1/accounts",
        "/v1//accounts",
        f"/v1/accounts%2F{PAYER}",
        f"/v1/accounts%5c{PAYER}",
        f"/v1/accounts/{PAYER}%00",
        f"/v1/accounts%252f{PAYER}",
        "/v1/receipts/%2e%2e%2faccounts",
    ],
)
async def test_a_path_that_a_proxy_could_read_otherwise_is_refused(client: Client, path: str) -> None:
    token = client.headers["Authorization"].encode()
    answer = await asked(client.app, "GET", path, [(b"authorization", token)])
    assert (answer["status"], b"ambiguous_path" in answer["body"]) == (400, True)


async def asked(
    app: SyceeApp,
    method: str,
    path: str,
    headers: list[tuple[bytes, bytes]],
    pieces: list[bytes] | None = None,
    query: bytes = b"",
) -> dict[str, Any]:
    """The answer to a request whose body comes in these pieces, and then no more of it, ever."""
    waiting = list(pieces or [])
    found: dict[str, Any] = {"body": b""}

    async def receive() -> dict[str, Any]:
        if pieces is None:
            return {"type": "http.request", "body": b"", "more_body": False}
        if waiting:
            return {"type": "http.request", "body": waiting.pop(0), "more_body": True}
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            found["status"] = message["status"]
        else:
            found["body"] += message.get("body", b"")

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query,
        "headers": headers,
        "client": ("192.0.2.1", 1),
        "server": ("bank", 80),
        "state": {},
    }
    await app(scope, receive, send)
    return found


async def test_a_body_that_never_ends_is_not_waited_for(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "BODY_WITHIN_S", 0.01)
    monkeypatch.setattr(spooling, "PATIENCE_S", 0.01)
    monkeypatch.setattr(exchanges, "DRAINED_FOR_S", 0.01)
    token = client.headers["Authorization"].encode()
    for path, media in (("/v1/transfers", b"application/json"), ("/v1/bulk-orders", b"application/xml")):
        headers = [(b"authorization", token), (b"content-type", media)]
        answer = await asked(client.app, "POST", path, headers, pieces=[b"{", b" "])
        assert (answer["status"], b"body_too_slow" in answer["body"]) == (408, True)


async def test_nobody_is_listened_to_for_ever_to_be_told_no(
    anonymous: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchanges, "DRAINED_FOR_S", 0.01)
    answer = await asked(anonymous.app, "POST", "/v1/transfers", [], pieces=[b"{"])
    assert answer["status"] == 401


async def test_a_credential_that_is_sent_twice_is_none(client: Client) -> None:
    token = client.headers["Authorization"].encode()
    for other in (b"Bearer x", token):
        headers = [(b"authorization", token), (b"authorization", other)]
        answer = await asked(client.app, "GET", "/v1/accounts", headers)
        assert (answer["status"], b"invalid_token" in answer["body"]) == (401, True)


async def test_checks_of_receipts_are_limited_by_address(anonymous: Client) -> None:
    codes = [
        (await anonymous.get(VERIFY, params={"code": "AAAA"})).json()["code"]
        for _ in range(CHECKS_PER_MINUTE + 2)
    ]
    assert codes == ["receipt_not_found"] * CHECKS_PER_MINUTE + ["rate_limited"] * 2


@pytest.mark.parametrize("trusted", [True, False])
async def test_an_address_that_a_client_makes_up_opens_no_new_room(
    bank: Database, tmp_path: Path, trusted: bool
) -> None:
    settings = Settings(data_dir=tmp_path, trusted_proxies="192.0.2.1" if trusted else "")
    app = create_app(bank, settings)
    statuses = []
    for place in range(CHECKS_PER_MINUTE + 1):
        # What the client wrote comes first; a proxy adds what it saw, here in a line of its own.
        made_up = (b"x-forwarded-for", b"198.51.100.%d" % place)
        headers = [made_up, (b"x-forwarded-for", b"203.0.113.7")]
        statuses.append((await asked(app, "GET", VERIFY, headers, query=b"code=AAAA"))["status"])
    assert statuses == [404] * CHECKS_PER_MINUTE + [429]


async def test_addresses_that_a_trusted_proxy_tells_apart_have_room_of_their_own(
    bank: Database, tmp_path: Path
) -> None:
    app = create_app(bank, Settings(data_dir=tmp_path, trusted_proxies="192.0.2.1"))
    statuses = set()
    for place in range(CHECKS_PER_MINUTE + 1):
        headers = [(b"x-forwarded-for", b"10.0.0.1, 203.0.113.%d" % place)]
        statuses.add((await asked(app, "GET", VERIFY, headers, query=b"code=AAAA"))["status"])
    assert statuses == {404}
