"""Signing in over HTTP, and what one may do about oneself."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pyotp
import pytest
import pytest_asyncio

from sycee.database import Database
from sycee.identity import KEY_FILE, KeyFile
from sycee.kernel.settings import Settings
from tests.api.small_bank import client_of
from tests.api.wire import Client
from tests.identity.people import PASSWORD, Person, make, staff

NEW_PASSWORD = "violet-harbour-mustard-9"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, sign_ins_per_minute=20, trusted_proxies="testclient, 192.0.2.1")


@pytest.fixture
def keys(settings: Settings) -> KeyFile:
    return KeyFile.at(settings.data_dir / KEY_FILE)


@pytest_asyncio.fixture
async def person(bank: Database, keys: KeyFile) -> Person:
    return await staff(bank, keys, scopes=("accounts:read", "identity:read"))


@pytest_asyncio.fixture
async def desk(bank: Database, settings: Settings) -> AsyncIterator[Client]:
    """A client without a token."""
    async with client_of(bank, settings=settings) as opened:
        yield opened


def said(person: Person, **changes: Any) -> dict[str, Any]:
    found = {**msgspec.structs.asdict(person.proof()), **changes}
    return {name: value for name, value in found.items() if value is not None}


async def signed_in(desk: Client, person: Person, **changes: Any) -> dict[str, str]:
    """The headers of a new session."""
    response = await desk.post("/v1/sessions", json=said(person, **changes))
    assert response.status_code == 201, response.text
    return {"Authorization": f"Bearer {response.json()['token']}"}


async def test_a_session_is_opened_used_seen_and_ended(desk: Client, person: Person) -> None:
    mine = await signed_in(desk, person)
    assert (await desk.get("/v1/accounts", headers=mine)).status_code == 200
    assert (await desk.get("/v1/trial-balance", headers=mine)).json()["code"] == "not_granted"
    me = (await desk.get("/v1/me", headers=mine)).json()
    assert (me["login"], me["kind"], me["second_factor"]) == ("li.wei", "staff", True)
    assert me["scopes"] == ["accounts:read", "identity:read"]
    assert me["recovery_codes_left"] == 10
    (kept,) = (await desk.get("/v1/sessions", headers=mine)).json()["sessions"]
    assert kept["id"] == me["session"]
    ended = await desk.delete("/v1/sessions/current", headers=mine)
    assert (ended.status_code, ended.json()["end_reason"]) == (200, "signed out")
    for path in ("/v1/accounts", "/v1/me"):
        assert (await desk.get(path, headers=mine)).json()["code"] == "invalid_token"


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"password": "wrong"}, 401, "sign_in_refused"),
        ({"login": "nobody"}, 401, "sign_in_refused"),
        ({"code": "000000"}, 401, "sign_in_refused"),
        ({"code": None}, 401, "second_factor_required"),
        ({"login": ""}, 400, "schema_violation"),
        ({"password": None}, 400, "schema_violation"),
        ({"password": 5}, 400, "schema_violation"),
        ({"admin": True}, 400, "schema_violation"),
        ({"login": "a\x00b"}, 400, "forbidden_character"),
    ],
)
async def test_what_is_wrong_is_refused(
    desk: Client, person: Person, changes: dict[str, Any], status: int, code: str
) -> None:
    response = await desk.post("/v1/sessions", json=said(person, **changes))
    assert (response.status_code, response.json()["code"]) == (status, code)


async def test_lock_outs_and_limits_say_when_to_come_again(desk: Client, person: Person) -> None:
    for _ in range(5):
        response = await desk.post("/v1/sessions", json=said(person, password="wrong"))
        assert response.status_code == 401
    response = await desk.post("/v1/sessions", json=said(person))
    assert (response.status_code, response.json()["code"]) == (429, "locked_out")
    assert int(response.headers["retry-after"]) == response.json()["retry_after_s"] > 0
    for _ in range(14):
        await desk.post("/v1/sessions", json=said(person, password="wrong"))
    response = await desk.post("/v1/sessions", json=said(person))
    assert (response.status_code, response.json()["code"]) == (429, "rate_limited")
    other = {"X-Forwarded-For": "203.0.113.7, 198.51.100.9"}
    response = await desk.post("/v1/sessions", json=said(person), headers=other)
    assert response.status_code == 201, "nobody is locked out by what others try elsewhere"


async def test_only_a_trusted_proxy_is_believed_about_addresses(
    bank: Database, keys: KeyFile, person: Person, tmp_path: Path
) -> None:
    believing = Settings(data_dir=tmp_path, trusted_proxies="testclient")
    for settings, address in ((believing, "198.51.100.9"), (Settings(data_dir=tmp_path), "testclient")):
        async with client_of(bank, settings=settings) as desk:
            code = person.recovery_codes.pop()
            headers = {"X-Forwarded-For": "10.0.0.1, 198.51.100.9"}
            body = said(person, code=None, recovery_code=code)
            response = await desk.post("/v1/sessions", json=body, headers=headers)
            assert response.json()["session"]["address"] == address


async def test_a_new_person_changes_the_password_sets_up_a_device_and_works(
    desk: Client, bank: Database, client: Client
) -> None:
    principal = await make(bank, "wang.fang", scopes=("accounts:read",))
    reset = await client.post(
        f"/v1/principals/{principal.id}/reset", json={"what": "password", "reason": "new on the desk"}
    )
    first = reset.json()["first_password"]
    opened = await desk.post("/v1/sessions", json={"login": "wang.fang", "password": first})
    assert opened.json()["must_change_password"]
    mine = {"Authorization": f"Bearer {opened.json()['token']}"}
    assert "device" in (await desk.get("/v1/accounts", headers=mine)).json()["detail"]
    changed = await desk.post("/v1/me/password", json={"current": first, "new": NEW_PASSWORD}, headers=mine)
    assert (changed.status_code, changed.json()["must_change_password"]) == (200, False)
    setup = await desk.post("/v1/me/second-factor", headers=mine)
    assert setup.status_code == 201
    codes = pyotp.TOTP(setup.json()["secret"])
    wrong = await desk.post("/v1/me/second-factor/confirm", json={"code": "000000"}, headers=mine)
    assert wrong.json()["code"] == "sign_in_refused"
    done = await desk.post("/v1/me/second-factor/confirm", json={"code": codes.now()}, headers=mine)
    assert len(done.json()["recovery_codes"]) == 10
    assert (await desk.get("/v1/accounts", headers=mine)).status_code == 200
    again = await desk.post("/v1/me/second-factor", headers=mine)
    assert (again.status_code, again.json()["code"]) == (409, "second_factor_exists")
    fresh = await desk.post("/v1/me/recovery-codes", json={"code": codes.at(time.time() + 30)}, headers=mine)
    assert fresh.status_code == 201
    assert not set(fresh.json()["recovery_codes"]) & set(done.json()["recovery_codes"])


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"current": "wrong", "new": NEW_PASSWORD}, 401, "sign_in_refused"),
        ({"current": PASSWORD, "new": "short"}, 400, "weak_password"),
        ({"current": PASSWORD, "new": NEW_PASSWORD}, 401, "second_factor_required"),
        ({"current": PASSWORD}, 400, "schema_violation"),
    ],
)
async def test_a_password_is_not_changed_by_a_wrong_request(
    desk: Client, person: Person, body: dict[str, str], status: int, code: str
) -> None:
    mine = await signed_in(desk, person)
    response = await desk.post("/v1/me/password", json=body, headers=mine)
    assert (response.status_code, response.json()["code"]) == (status, code)
    await signed_in(desk, person, code=None, recovery_code=person.recovery_codes[0])


async def test_a_machine_has_neither_password_nor_device(client: Client) -> None:
    for method, path, body in (
        ("POST", "/v1/me/password", {"current": "x", "new": NEW_PASSWORD}),
        ("POST", "/v1/me/second-factor", None),
        ("POST", "/v1/me/second-factor/confirm", {"code": "000000"}),
        ("POST", "/v1/me/recovery-codes", {"code": "000000"}),
    ):
        response = await client.request(method, path, json=body)
        assert (response.status_code, response.json()["code"]) == (403, "session_required")
    assert (await client.delete("/v1/sessions/current")).json()["code"] == "session_not_found"
    me = (await client.get("/v1/me")).json()
    assert (me["kind"], me["session"], me["must_set_up_second_factor"]) == ("machine", None, False)


async def test_a_session_is_ended_by_its_owner_or_by_those_in_charge(
    desk: Client, bank: Database, keys: KeyFile, person: Person, tokens: dict[str, str]
) -> None:
    other = await staff(bank, keys, "wang.fang")
    theirs = await signed_in(desk, other)
    id = (await desk.get("/v1/me", headers=theirs)).json()["session"]
    mine = await signed_in(desk, person)
    response = await desk.delete(f"/v1/sessions/{id}", headers=mine)
    assert (response.status_code, response.json()["code"]) == (404, "session_not_found")
    assert (await desk.get("/v1/me", headers=theirs)).status_code == 200
    charge = {"Authorization": f"Bearer {tokens['identity:write']}"}
    assert (await desk.delete(f"/v1/sessions/{id}", headers=charge)).status_code == 200
    assert (await desk.delete(f"/v1/sessions/{id}", headers=charge)).status_code == 200
    assert (await desk.get("/v1/me", headers=theirs)).status_code == 401
    assert (await desk.delete("/v1/sessions/x", headers=charge)).json()["code"] == "invalid_identifier"
