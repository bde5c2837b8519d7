"""The token endpoint as OAuth clients use it, and what becomes of the tokens."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
import pytest_asyncio
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey

from sycee.database import Database
from sycee.kernel.clock import now
from sycee.kernel.ids import uuid7
from sycee.kernel.settings import Settings
from tests.api.small_bank import client_of
from tests.api.wire import Client
from tests.identity.people import make

# The library prefers a newer name for the algorithm.
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
TOKEN = "/v1/oauth/token"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest_asyncio.fixture
async def desk(bank: Database, tmp_path: Path) -> AsyncIterator[Client]:
    """A client without a token."""
    async with client_of(bank, settings=Settings(data_dir=tmp_path)) as opened:
        yield opened


@pytest_asyncio.fixture
async def erp(client: Client, bank: Database) -> dict[str, Any]:
    """An OAuth client with its secret, as it was answered."""
    machine = await make(bank, "erp", kind="machine", scopes=("accounts:read", "books:read"))
    body = {"principal": str(machine.id), "name": "ERP", "scopes": ["accounts:read", "books:read"]}
    response = await client.post("/v1/oauth/clients", json=body)
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


def form(erp: dict[str, Any], **changes: str | None) -> dict[str, str]:
    right = {
        "grant_type": "client_credentials",
        "client_id": erp["client"]["id"],
        "client_secret": erp["secret"],
        **changes,
    }
    return {name: value for name, value in right.items() if value is not None}


def basic(id: str, secret: str) -> dict[str, str]:
    text = base64.b64encode(f"{quote_plus(id)}:{quote_plus(secret)}".encode()).decode()
    return {"Authorization": f"Basic {text}"}


async def test_a_client_gets_a_token_by_form_and_by_basic_and_uses_it(
    desk: Client, erp: dict[str, Any]
) -> None:
    by_form = await desk.post(TOKEN, data=form(erp, scope="accounts:read"))
    id, secret = erp["client"]["id"], erp["secret"]
    by_basic = await desk.post(TOKEN, data={"grant_type": "client_credentials"}, headers=basic(id, secret))
    assert (by_form.json()["scope"], by_basic.json()["scope"]) == (
        "accounts:read",
        "accounts:read books:read",
    )
    for response in (by_form, by_basic):
        assert response.status_code == 200
        assert (response.json()["token_type"], response.json()["expires_in"]) == ("Bearer", 300)
    mine = {"Authorization": f"Bearer {by_form.json()['access_token']}"}
    assert (await desk.get("/v1/accounts", headers=mine)).status_code == 200
    assert (await desk.get("/v1/trial-balance", headers=mine)).json()["code"] == "insufficient_scope"
    keys = KeySet.import_key_set((await desk.get("/v1/oauth/jwks")).json())
    read = jwt.decode(by_basic.json()["access_token"], keys, algorithms=["EdDSA"])
    assert read.claims["sub"] == erp["client"]["principal"]


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": None}, 400, "unsupported_grant_type"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "cli_0000000000000000"}, 401, "invalid_client"),
        ({"client_id": None}, 401, "invalid_client"),
        ({"client_secret": None}, 400, "invalid_request"),
        ({"client_assertion": "x"}, 400, "invalid_request"),
        ({"client_secret": None, "client_assertion": "x"}, 400, "invalid_request"),
        ({"scope": "payments:write"}, 400, "invalid_scope"),
        ({"scope": ""}, 400, "invalid_scope"),
        ({"client_id": "a\x00"}, 400, "invalid_request"),
    ],
)
async def test_a_wrong_request_is_refused_as_oauth_has_it(
    desk: Client, erp: dict[str, Any], changes: dict[str, str | None], status: int, error: str
) -> None:
    response = await desk.post(TOKEN, data=form(erp, **changes))
    assert (response.status_code, response.json()["error"]) == (status, error), response.text


@pytest.mark.parametrize("header", ["Basic", "Basic !", "Bearer x", "Basic eA==", "Basic /w=="])
async def test_a_malformed_header_is_refused(desk: Client, header: str) -> None:
    headers = {"Authorization": header}
    response = await desk.post(TOKEN, data={"grant_type": "client_credentials"}, headers=headers)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


async def test_a_malformed_form_is_refused(desk: Client) -> None:
    for body in (b"grant_type=x&grant_type=x", b"a=%ff", b"\xff", b"&".join([b"a=1"] * 30)):
        response = await desk.post(TOKEN, content=body, headers=FORM)
        assert (response.status_code, response.json()["error"]) == (400, "invalid_request")
    response = await desk.post(TOKEN, json={})
    assert response.status_code == 415
    response = await desk.post(TOKEN, content=b"a=" + b"x" * 20_000, headers=FORM)
    assert response.status_code == 413


async def test_a_client_that_signs_gets_a_token_once_for_each_assertion(
    desk: Client, client: Client, bank: Database
) -> None:
    key = OKPKey.generate_key("Ed25519")
    machine = await make(bank, "erp", kind="machine", scopes=("accounts:read",))
    body = {
        "principal": str(machine.id),
        "name": "ERP",
        "scopes": ["accounts:read"],
        "public_key": key.as_dict(private=False),
    }
    made = (await client.post("/v1/oauth/clients", json=body)).json()
    assert made["secret"] is None
    assert made["client"]["public_key"]["x"] == key.as_dict()["x"]
    id = made["client"]["id"]
    claims = {
        "iss": id,
        "sub": id,
        "aud": "sycee",
        "exp": int(now().timestamp()) + 60,
        "jti": uuid7().hex,
    }
    sent = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": jwt.encode({"alg": "EdDSA"}, claims, key, algorithms=["EdDSA"]),
    }
    assert (await desk.post(TOKEN, data=sent)).status_code == 200
    again = await desk.post(TOKEN, data=sent)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")
    body["public_key"] = key.as_dict(private=True)
    refused = await client.post("/v1/oauth/clients", json=body)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_client_key")


async def test_clients_are_listed_and_revoked(client: Client, desk: Client, erp: dict[str, Any]) -> None:
    issued = (await desk.post(TOKEN, data=form(erp))).json()
    mine = {"Authorization": f"Bearer {issued['access_token']}"}
    assert (await client.get("/v1/accounts", headers=mine)).status_code == 200
    params = {"principal": erp["client"]["principal"]}
    listed = (await client.get("/v1/oauth/clients", params=params)).json()
    assert listed == {"clients": [erp["client"]]}
    path = f"/v1/oauth/clients/{erp['client']['id']}/revoke"
    assert (await client.post(path, json={})).json()["code"] == "schema_violation"
    first, second = [await client.post(path, json={"reason": "replaced"}) for _ in range(2)]
    assert first.json()["revoked_at"] == second.json()["revoked_at"] is not None
    assert (await client.get("/v1/accounts", headers=mine)).json()["code"] == "invalid_token"
    assert (await desk.post(TOKEN, data=form(erp))).json()["error"] == "invalid_client"


async def test_what_is_not_there_or_not_right_is_refused(client: Client, bank: Database) -> None:
    machine = await make(bank, "erp", kind="machine")
    right: dict[str, Any] = {"principal": str(machine.id), "name": "x", "scopes": ["accounts:read"]}
    for changes, code in (
        ({"principal": str(uuid7())}, "principal_not_found"),
        ({"scopes": []}, "invalid_input"),
        ({"scopes": ["accounts:burn"]}, "unknown_scope"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "invalid_input"),
        ({"public_key": {}}, "invalid_client_key"),
        ({"secret": "mine"}, "schema_violation"),
    ):
        response = await client.post("/v1/oauth/clients", json={**right, **changes})
        assert (response.status_code < 500, response.json()["code"]) == (True, code)
    missing = await client.post("/v1/oauth/clients/cli_0000000000000000/revoke", json={"reason": "x"})
    assert (missing.status_code, missing.json()["code"]) == (404, "client_not_found")
    assert (await client.get("/v1/oauth/clients")).json()["code"] == "invalid_parameter"


async def test_keys_made_anew_because_of_a_theft_refuse_the_tokens_of_the_old(
    client: Client, desk: Client, erp: dict[str, Any]
) -> None:
    issued = (await desk.post(TOKEN, data=form(erp))).json()
    mine = {"Authorization": f"Bearer {issued['access_token']}"}
    assert (await client.get("/v1/accounts", headers=mine)).status_code == 200
    assert (await client.post("/v1/oauth/keys/rotate", json={})).status_code == 201
    assert (await client.get("/v1/accounts", headers=mine)).status_code == 200
    assert len((await desk.get("/v1/oauth/jwks")).json()["keys"]) == 2
    made = await client.post("/v1/oauth/keys/rotate", json={"compromised": True})
    assert made.status_code == 201
    assert (await client.get("/v1/accounts", headers=mine)).json()["code"] == "invalid_token"
    assert [key["kid"] for key in (await desk.get("/v1/oauth/jwks")).json()["keys"]] == [made.json()["id"]]
