"""Whatever stands where a credential is read, the answer says what was wrong with it: never that we are."""

from __future__ import annotations

import base64
import json
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.api.wire import Client
from tests.security.test_requests import asked

SETTINGS = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")


def part(value: object) -> str:
    written = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(written).decode().rstrip("=")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
CLAIMS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("iss", "sub", "aud", "exp", "iat", "nbf", "jti", "kid", "alg", "typ", "crit"), JSON
    ),
)
HEADERS = CLAIMS | st.fixed_dictionaries(
    {"alg": st.sampled_from(["none", "None", "HS256", "EdDSA", "Ed25519", "RS256"]), "kid": JSON}
)
JWTS = st.builds(
    lambda header, claims, signature: f"{part(header)}.{part(claims)}.{part(signature)}",
    HEADERS | JSON | st.binary(max_size=40),
    CLAIMS | JSON | st.binary(max_size=40),
    st.binary(max_size=70),
)
TOKENS = (
    JWTS
    | st.text(max_size=120)
    | st.builds("syc_{}_{}".format, st.text(max_size=14), st.text(max_size=66))
    | st.builds("ses_{}_{}".format, st.text(max_size=34), st.text(max_size=66))
)


@SETTINGS
@given(token=TOKENS)
@example(token=f"{part({'alg': 'EdDSA', 'kid': chr(0)})}.{part({})}.{part(b'x')}")
@example(token=f"{part(b'[' * 900)}.{part({})}.{part(b'x')}")
@example(token="ses_" + "0" * 32 + "_" + "é" * 64)
async def test_no_token_breaks_the_bank(anonymous: Client, token: str) -> None:
    headers = [(b"authorization", b"Bearer " + token.encode(errors="surrogatepass"))]
    answer = await asked(anonymous.app, "GET", "/v1/accounts", headers)
    assert answer["status"] == 401, answer


@SETTINGS
@given(value=st.binary(max_size=200))
async def test_no_authorization_header_breaks_the_bank(anonymous: Client, value: bytes) -> None:
    for path in ("/v1/accounts", "/v1/oauth/token"):
        headers = [
            (b"authorization", value),
            (b"content-type", b"application/x-www-form-urlencoded"),
        ]
        method, pieces = ("GET", None) if path == "/v1/accounts" else ("POST", None)
        answer = await asked(anonymous.app, method, path, headers, pieces)
        assert answer["status"] in {400, 401, 429}, answer


NAMES = [
    "cookie", "host", "x-forwarded-for", "accept", "content-type", "content-length", "last-event-id",
    "idempotency-key", "if-none-match", "range", "x-http-method-override", "transfer-encoding",
]  # fmt: skip


@SETTINGS
@given(said=st.lists(st.tuples(st.sampled_from(NAMES), st.binary(max_size=60)), max_size=6))
async def test_no_headers_break_the_bank(client: Client, said: list[tuple[str, bytes]]) -> None:
    token = client.headers["Authorization"].encode()
    headers = [(b"authorization", token), *((name.encode(), value) for name, value in said)]
    for method, path in (("GET", "/v1/accounts"), ("POST", "/v1/transfers"), ("POST", "/v1/sessions")):
        answer = await asked(client.app, method, path, headers)
        assert answer["status"] < 500, answer


ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@SETTINGS
@given(assertion=JWTS | st.text(max_size=60))
@example(assertion=f"{part({'alg': 'EdDSA'})}.{part({'iss': 'a' + chr(0)})}.x")
async def test_no_assertion_breaks_the_bank(anonymous: Client, assertion: str) -> None:
    try:
        form = urlencode(
            {
                "grant_type": "client_credentials",
                "client_assertion_type": ASSERTION,
                "client_assertion": assertion,
            }
        )
    except UnicodeEncodeError:
        return
    response = await anonymous.post(
        "/v1/oauth/token",
        content=form.encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert response.status_code in {400, 401, 429}, response.text
