"""OAuth clients: proving oneself by a secret or by a signed assertion, once."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from sycee.database import Database
from sycee.identity import (
    ClientNotFound,
    ClientProof,
    InvalidClient,
    InvalidClientKey,
    InvalidPrincipal,
    KeyFile,
    PrincipalNotFound,
    UnknownScope,
    authenticate,
    clients_of,
    close_principal,
    create_client,
    forget_old_assertions,
    grant_access_token,
    revoke_client,
    security_events,
)
from sycee.kernel.clock import now
from sycee.kernel.errors import InvalidInput
from sycee.kernel.ids import uuid7
from tests.identity.people import ADDRESS, make

# The library prefers a newer name for the algorithm.
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")

BANK = "https://bank.example/v1/oauth/token"
AnyKey = OKPKey | ECKey | RSAKey


async def grant(database: Database, keys: KeyFile, **proof: str) -> str:
    token = await grant_access_token(
        database, keys, ClientProof(**proof), audiences=["sycee", BANK], scopes=None, address=ADDRESS
    )
    return token.text


async def with_key(database: Database, key: AnyKey) -> str:
    """The id of a client that signs with the key."""
    machine = await make(database, "erp", kind="machine", scopes=("accounts:read",))
    public = json.dumps(key.as_dict(private=False))
    async with database.transaction() as tx:
        made = await create_client(tx, machine.id, "x", ["accounts:read"], by="ann", public_key=public)
    assert made.secret is None
    return made.client.id


def assertion(key: AnyKey, id: str, algorithm: str = "EdDSA", **changes: Any) -> str:
    claims = {
        "iss": id,
        "sub": id,
        "aud": BANK,
        "exp": int(now().timestamp()) + 120,
        "jti": uuid7().hex,
        **changes,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": algorithm}, kept, key, algorithms=[algorithm])


async def test_a_client_with_its_secret_gets_a_token(database: Database, keys: KeyFile) -> None:
    machine = await make(database, "erp", kind="machine", scopes=("accounts:read",))
    async with database.transaction() as tx:
        made = await create_client(tx, machine.id, "ERP", ["accounts:read"], by="ann")
    assert made.secret is not None
    text = await grant(database, keys, client_id=made.client.id, secret=made.secret)
    async with database.transaction() as tx:
        assert (await authenticate(tx, text)).principal == machine.id
        row = await (await tx.execute("SELECT c::text FROM oauth_clients c")).fetchone()
        assert [one.event for one in await security_events(tx, principal=machine.id)] == [
            "access_token_issued",
            "client_created",
            "principal_created",
        ]
    assert row is not None
    assert made.secret not in row[0]


@pytest.mark.parametrize(
    "spoil",
    [
        {"secret": "syk_" + "0" * 64},
        {"secret": ""},
        {"client_id": "cli_0000000000000000"},
        {"client_id": ""},
        {"client_id": "x" * 10_000},
    ],
    ids=str,
)
async def test_a_wrong_secret_or_client_is_refused_on_record(
    database: Database, keys: KeyFile, spoil: dict[str, str]
) -> None:
    machine = await make(database, "erp", kind="machine", scopes=("accounts:read",))
    async with database.transaction() as tx:
        made = await create_client(tx, machine.id, "ERP", ["accounts:read"], by="ann")
    right = {"client_id": made.client.id, "secret": made.secret or ""}
    with pytest.raises(InvalidClient, match="no such client") as refused:
        await grant(database, keys, **{**right, **spoil})
    assert refused.value.facts["error"] == "invalid_client"
    async with database.transaction() as tx:
        (event, *_) = await security_events(tx)
    assert (event.event, event.address) == ("client_refused", ADDRESS)


async def test_a_revoked_or_expired_client_is_refused(database: Database, keys: KeyFile) -> None:
    machine = await make(database, "erp", kind="machine", scopes=("accounts:read",))
    async with database.transaction() as tx:
        first = await create_client(tx, machine.id, "1", ["accounts:read"], by="ann")
        later = now() + timedelta(hours=1)
        second = await create_client(tx, machine.id, "2", ["accounts:read"], by="ann", expires_at=later)
        revoked = await revoke_client(tx, first.client.id, by="ann", reason="x")
        assert (
            await revoke_client(tx, first.client.id, by="ann", reason="x")
        ).revoked_at == revoked.revoked_at
        await tx.execute("UPDATE oauth_clients SET expires_at = now() WHERE id = %s", (second.client.id,))
        assert [one.is_valid for one in await clients_of(tx, machine.id)] == [False, False]
        with pytest.raises(ClientNotFound):
            await revoke_client(tx, "cli_0000000000000000", by="ann", reason="x")
    for made in (first, second):
        with pytest.raises(InvalidClient, match="revoked or has expired"):
            await grant(database, keys, client_id=made.client.id, secret=made.secret or "")


async def test_only_machines_at_work_have_clients(database: Database) -> None:
    person = await make(database, "li.wei", scopes=("accounts:read",))
    machine = await make(database, "erp", kind="machine")
    closed = await make(database, "old", kind="machine")
    async with database.transaction() as tx:
        await close_principal(tx, closed.id, by="ann", reason="x")
        for one in (person, closed):
            with pytest.raises(InvalidPrincipal):
                await create_client(tx, one.id, "x", ["accounts:read"], by="ann")
        with pytest.raises(PrincipalNotFound):
            await create_client(tx, uuid7(), "x", ["accounts:read"], by="ann")
        with pytest.raises(UnknownScope):
            await create_client(tx, machine.id, "x", ["accounts:burn"], by="ann")
        with pytest.raises(InvalidInput):
            await create_client(tx, machine.id, "x", [], by="ann")
        with pytest.raises(InvalidInput):
            await create_client(tx, machine.id, "x", ["admin"], by="ann", expires_at=now())


KEYS: dict[str, AnyKey] = {
    "EdDSA": OKPKey.generate_key("Ed25519"),
    "ES256": ECKey.generate_key("P-256"),
    "PS256": RSAKey.generate_key(2048),
}


@pytest.mark.parametrize("algorithm", KEYS)
async def test_a_client_that_signs_gets_a_token_for_each_assertion_once(
    database: Database, keys: KeyFile, algorithm: str
) -> None:
    key = KEYS[algorithm]
    id = await with_key(database, key)
    for audience in (BANK, "sycee"):
        signed = assertion(key, id, algorithm, aud=audience)
        await grant(database, keys, assertion=signed)
        with pytest.raises(InvalidClient, match="taken before"):
            await grant(database, keys, assertion=signed)


async def test_of_races_with_one_assertion_one_wins(database: Database, keys: KeyFile) -> None:
    key = KEYS["EdDSA"]
    signed = assertion(key, await with_key(database, key))
    tries = [grant(database, keys, assertion=signed) for _ in range(5)]
    found = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, str) for one in found) == 1
    assert sum(isinstance(one, InvalidClient) for one in found) == 4


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://elsewhere.example"},
        {"aud": None},
        {"sub": "cli_0000000000000000"},
        {"iss": "cli_0000000000000000"},
        {"iss": None},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"exp": 4_000_000_000},
        {"jti": None},
        {"jti": "short"},
        {"jti": 123456789},
    ],
    ids=str,
)
async def test_an_assertion_with_wrong_claims_is_refused(
    database: Database, keys: KeyFile, changes: dict[str, Any]
) -> None:
    key = KEYS["EdDSA"]
    id = await with_key(database, key)
    with pytest.raises(InvalidClient):
        await grant(database, keys, assertion=assertion(key, id, **changes))


async def test_an_assertion_that_another_key_signed_is_refused(database: Database, keys: KeyFile) -> None:
    key = KEYS["EdDSA"]
    id = await with_key(database, key)
    secret = OctKey.import_key(key.raw_value.public_key().public_bytes_raw())  # type: ignore[union-attr]
    stranger = assertion(OKPKey.generate_key("Ed25519"), id)
    confused = jwt.encode({"alg": "HS256"}, {"iss": id}, secret, algorithms=["HS256"])
    for text in (stranger, confused, "a.b.c", "", "a", "." * 100):
        with pytest.raises(InvalidClient):
            await grant(database, keys, assertion=text)


async def test_a_key_that_cannot_be_used_is_refused(database: Database) -> None:
    machine = await make(database, "erp", kind="machine", scopes=("accounts:read",))
    wrong = [
        "{}",
        "[]",
        "x",
        '{"kty": "OKP"}',
        json.dumps(OctKey.generate_key(256).as_dict()),
        json.dumps(OKPKey.generate_key("X25519").as_dict(private=False)),
        json.dumps(ECKey.generate_key("P-521").as_dict(private=False)),
        json.dumps(KEYS["EdDSA"].as_dict(private=True)),
    ]
    for text in wrong:
        async with database.transaction() as tx:
            with pytest.raises(InvalidClientKey):
                await create_client(tx, machine.id, "x", ["accounts:read"], by="ann", public_key=text)


async def test_assertions_that_have_expired_are_forgotten(database: Database, keys: KeyFile) -> None:
    key = KEYS["EdDSA"]
    await grant(database, keys, assertion=assertion(key, await with_key(database, key)))
    async with database.transaction() as tx:
        assert await forget_old_assertions(tx) == 0
        await tx.execute("UPDATE oauth_assertions SET expires_at = now() - interval '2 minutes'")
        assert await forget_old_assertions(tx) == 1
