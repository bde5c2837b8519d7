"""Access tokens: signed by the bank, narrowed, short-lived; forged, expired and revoked ones refused."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey

from sycee.database import Database
from sycee.identity import (
    InvalidToken,
    InvalidTokenRequest,
    KeyFile,
    OAuthClient,
    PrincipalNotActive,
    authenticate,
    create_client,
    issue_access_token,
    key_set,
    revoke_client,
    rotate_signing_keys,
    security_events,
    signing_keys,
    suspend_principal,
)
from sycee.identity.signing_keys import PUBLISHED_BEFORE, ROTATED_AFTER, TOKEN_LASTS
from tests.identity.people import make

# The library prefers a newer name for the algorithm.
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")

SCOPES = ("payments:write", "accounts:read")


async def client_of_erp(database: Database, scopes: tuple[str, ...] = SCOPES) -> OAuthClient:
    principal = await make(database, "erp", kind="machine", scopes=SCOPES)
    async with database.transaction() as tx:
        return (await create_client(tx, principal.id, "ERP", scopes, by="tests")).client


async def token_of(database: Database, keys: KeyFile, client: OAuthClient) -> str:
    async with database.transaction() as tx:
        return (await issue_access_token(tx, keys, client)).text


def parts(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, payload, _ = text.split(".")
    return tuple(json.loads(base64.urlsafe_b64decode(one + "==")) for one in (header, payload))


async def test_a_token_stands_for_its_client_and_verifies_by_the_published_keys(
    database: Database, keys: KeyFile
) -> None:
    client = await client_of_erp(database)
    async with database.transaction() as tx:
        issued = await issue_access_token(tx, keys, client, ["accounts:read"])
        caller = await authenticate(tx, issued.text)
        published = await key_set(tx)
    assert caller.principal == client.principal
    assert caller.scopes == {"accounts:read"}
    assert caller.session is None
    assert issued.expires_in_s == TOKEN_LASTS.total_seconds() == 300
    read = jwt.decode(
        issued.text, KeySet([OKPKey.import_key(key) for key in published["keys"]]), algorithms=["EdDSA"]
    )
    assert read.header == {"alg": "EdDSA", "typ": "at+jwt", "kid": published["keys"][0]["kid"]}
    assert read.claims["exp"] - read.claims["iat"] == 300
    assert read.claims["client_id"] == client.id
    assert "d" not in published["keys"][0]


async def test_a_client_gets_no_more_than_itself_and_its_principal_may(
    database: Database, keys: KeyFile
) -> None:
    wide = await client_of_erp(database, ("admin",))
    async with database.transaction() as tx:
        narrow = (await create_client(tx, wide.principal, "x", ["accounts:read"], by="tests")).client
        assert (await issue_access_token(tx, keys, wide)).scopes == sorted(SCOPES)
        for client, asked in (
            (wide, ["admin"]),
            (wide, ["books:read"]),
            (wide, ["no:such"]),
            (wide, []),
            (narrow, ["payments:write"]),
        ):
            with pytest.raises(InvalidTokenRequest):
                await issue_access_token(tx, keys, client, asked)


Forgery = Callable[[str, OKPKey], str]


def _changed(text: str, **claims: Any) -> str:
    """The same header and signature around other claims."""
    header, _, signature = text.split(".")
    payload = json.dumps({**parts(text)[1], **claims}).encode()
    return f"{header}.{base64.urlsafe_b64encode(payload).decode().rstrip('=')}.{signature}"


def _unsigned(text: str) -> str:
    header = {**parts(text)[0], "alg": "none"}
    return (
        f"{base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip('=')}.{text.split('.')[1]}."
    )


def _signed_with(text: str, public: OKPKey) -> str:
    """By HMAC, with the public key as its secret: for verifiers that believe what the header says."""
    head = base64.urlsafe_b64encode(json.dumps({**parts(text)[0], "alg": "HS256"}).encode()).rstrip(b"=")
    signed = head + b"." + text.split(".")[1].encode()
    secret = base64.urlsafe_b64decode(str(public.as_dict(private=False)["x"]) + "=")
    digest = hmac.new(secret, signed, "sha256").digest()
    return (signed + b"." + base64.urlsafe_b64encode(digest).rstrip(b"=")).decode()


def _with_own_key(text: str) -> str:
    own = OKPKey.generate_key("Ed25519")
    header, claims = parts(text)
    return jwt.encode({**header, "jwk": own.as_dict(private=False)}, claims, own, algorithms=["EdDSA"])


FORGERIES: dict[str, Forgery] = {
    "other claims": lambda text, _: _changed(text, scope="admin"),
    "without a signature": lambda text, _: text.rpartition(".")[0] + ".",
    "algorithm none": lambda text, _: _unsigned(text),
    "signed by somebody": lambda text, _: jwt.encode(
        parts(text)[0], parts(text)[1], OKPKey.generate_key("Ed25519"), algorithms=["EdDSA"]
    ),
    "signed with the public key": _signed_with,
    "brings its own key": lambda text, _: _with_own_key(text),
    "names no key": lambda text, _: f"eyJhbGciOiJFZERTQSJ9.{text.split('.', 1)[1]}",
    "names another key": lambda text, _: "eyJhbGciOiJFZERTQSIsImtpZCI6IngifQ." + text.split(".", 1)[1],
    "not a JWT at all": lambda _text, _: "eyJ.eyJ.eyJ",
    "a header that is a list": lambda text, _: "eyJbMV0." + text.split(".", 1)[1],
    "endless": lambda text, _: text + "A" * 5_000,
}


@pytest.mark.parametrize("name", FORGERIES)
async def test_a_forged_token_is_refused(database: Database, keys: KeyFile, name: str) -> None:
    text = await token_of(database, keys, await client_of_erp(database))
    async with database.transaction() as tx:
        public = OKPKey.import_key((await key_set(tx))["keys"][0])
        with pytest.raises(InvalidToken):
            await authenticate(tx, FORGERIES[name](text, public))
        await authenticate(tx, text)


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1_700_000_000},
        {"exp": None},
        {"exp": "soon"},
        {"exp": 1e300},
        {"iss": "elsewhere"},
        {"aud": "elsewhere"},
        {"sub": "nobody"},
        {"sub": "00000000-0000-0000-0000-000000000000"},
        {"client_id": "cli_0000000000000000"},
        {"client_id": None},
        {"scope": None, "client_id": 5},
    ],
    ids=str,
)
async def test_even_signed_by_the_bank_wrong_claims_are_refused(
    database: Database, keys: KeyFile, claims: dict[str, Any]
) -> None:
    from sycee.identity.signing_keys import current_key

    text = await token_of(database, keys, await client_of_erp(database))
    header, right = parts(text)
    wrong = {name: value for name, value in {**right, **claims}.items() if value is not None}
    async with database.transaction() as tx:
        key = await current_key(tx, keys)
        with pytest.raises(InvalidToken):
            await authenticate(tx, jwt.encode(header, wrong, key, algorithms=["EdDSA"]))
        other = jwt.encode({**header, "typ": "JWT"}, right, key, algorithms=["EdDSA"])
        with pytest.raises(InvalidToken, match="not an access token"):
            await authenticate(tx, other)


async def test_the_token_of_whoever_is_revoked_or_suspended_is_refused(
    database: Database, keys: KeyFile
) -> None:
    client = await client_of_erp(database)
    text = await token_of(database, keys, client)
    async with database.transaction() as tx:
        await suspend_principal(tx, client.principal, by="ann", reason="x")
        with pytest.raises(PrincipalNotActive):
            await authenticate(tx, text)
        with pytest.raises(PrincipalNotActive):
            await issue_access_token(tx, keys, client)
        await tx.execute("UPDATE principals SET state = 'active'")
        await authenticate(tx, text)
        await revoke_client(tx, client.id, by="ann", reason="x")
        with pytest.raises(InvalidToken, match="revoked"):
            await authenticate(tx, text)


async def test_scopes_taken_from_the_principal_are_taken_from_its_tokens(
    database: Database, keys: KeyFile
) -> None:
    text = await token_of(database, keys, await client_of_erp(database))
    async with database.transaction() as tx:
        await tx.execute("UPDATE principals SET scopes = '{accounts:read}'")
        assert (await authenticate(tx, text)).scopes == {"accounts:read"}


async def test_a_new_key_is_published_before_it_signs_and_the_old_one_verifies_meanwhile(
    database: Database, keys: KeyFile
) -> None:
    client = await client_of_erp(database)
    before = await token_of(database, keys, client)
    async with database.transaction() as tx:
        new = await rotate_signing_keys(tx, keys, by="ann")
        old = (await signing_keys(tx))[1]
        assert new.signs_from - new.created_at == PUBLISHED_BEFORE
        assert old.verifies_until is not None
        assert old.verifies_until >= new.signs_from + TOKEN_LASTS
        assert [key["kid"] for key in (await key_set(tx))["keys"]] == [new.id, old.id]
    meanwhile = await token_of(database, keys, client)
    assert parts(meanwhile)[0]["kid"] == old.id
    async with database.transaction() as tx:
        await tx.execute("UPDATE signing_keys SET signs_from = signs_from - interval '10 minutes'")
    after = await token_of(database, keys, client)
    assert parts(after)[0]["kid"] == new.id
    async with database.transaction() as tx:
        for text in (before, meanwhile, after):
            await authenticate(tx, text)
        await tx.execute("UPDATE signing_keys SET verifies_until = now() WHERE verifies_until IS NOT NULL")
        with pytest.raises(InvalidToken, match="not any more"):
            await authenticate(tx, before)
        await authenticate(tx, after)


async def test_what_a_compromised_key_signed_is_refused_at_once(database: Database, keys: KeyFile) -> None:
    client = await client_of_erp(database)
    before = await token_of(database, keys, client)
    async with database.transaction() as tx:
        await rotate_signing_keys(tx, keys, by="ann")
        new = await rotate_signing_keys(tx, keys, by="ann", compromised=True)
        assert [key.id for key in await signing_keys(tx)] == [new.id]
        with pytest.raises(InvalidToken):
            await authenticate(tx, before)
    async with database.transaction() as tx:
        await authenticate(tx, await token_of(database, keys, client))
        (event, *_) = await security_events(tx, event="signing_key_made")
    assert event.detail == f"{new.id}, compromised"


async def test_an_old_key_is_followed_by_another_by_itself(database: Database, keys: KeyFile) -> None:
    client = await client_of_erp(database)
    await token_of(database, keys, client)
    async with database.transaction() as tx:
        past = ROTATED_AFTER + timedelta(days=1)
        await tx.execute("UPDATE signing_keys SET created_at = created_at - %s", (past,))
    await token_of(database, keys, client)
    await token_of(database, keys, client)
    async with database.transaction() as tx:
        assert len(await signing_keys(tx)) == 2
