"""The keys that sign access tokens: Ed25519, in the database, private halves encrypted with the key file.

All processes of a bank so have the same keys at once. A new key is published before it signs, so that
whoever verifies has fetched it, and an old one verifies until the last token that it signed has expired.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc.jwk import OKPKey

from sycee.database import Transaction
from sycee.identity.key_file import KeyFile
from sycee.identity.security_log import record
from sycee.kernel.clock import now

TOKEN_LASTS = timedelta(minutes=5)
"""How long an access token is valid."""

PUBLISHED_BEFORE = timedelta(minutes=10)
"""How long a new key is shown before it signs."""

ROTATED_AFTER = timedelta(days=90)
"""How old a key gets before a new one follows by itself."""

_LEEWAY = timedelta(seconds=60)
_LOCK = 0x5359434510


class SigningKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key as it is shown: never its private half."""

    id: str
    created_at: datetime
    signs_from: datetime
    verifies_until: datetime | None


def _about(id: str) -> str:
    return f"signing key {id}"


async def rotate_signing_keys(
    tx: Transaction, keys: KeyFile, *, by: str, compromised: bool = False
) -> SigningKey:
    """Make a new key, which signs in ten minutes; the old ones verify until their tokens have expired.

    When they are ``compromised`` the new one signs at once and what the old ones signed is refused.
    """
    await tx.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    moment = now()
    first = await _newest(tx) is None
    signs_from = moment if compromised or first else moment + PUBLISHED_BEFORE
    over = moment if compromised else signs_from + TOKEN_LASTS + _LEEWAY
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    id = OKPKey.import_key(private.public_key()).thumbprint()[:16]
    await tx.execute(
        """
        UPDATE signing_keys SET verifies_until = least(verifies_until, %s)
        WHERE verifies_until IS NULL OR verifies_until > %s
        """,
        (over, over),
    )
    sealed = keys.encrypt(private.private_bytes_raw(), _about(id))
    await tx.execute(
        """
        INSERT INTO signing_keys (id, public_key, private_key, created_at, signs_from)
        VALUES (%s, %s, %s, %s, %s)
        """,
        (id, public, sealed, moment, signs_from),
    )
    why = "compromised" if compromised else "in turn"
    await record(tx, "signing_key_made", principal=None, actor=by, detail=f"{id}, {why}")
    return SigningKey(id=id, created_at=moment, signs_from=signs_from, verifies_until=None)


async def signing_keys(tx: Transaction) -> list[SigningKey]:
    """The keys that sign or still verify, newest first."""
    cursor = await tx.execute(
        """
        SELECT id, created_at, signs_from, verifies_until FROM signing_keys
        WHERE verifies_until IS NULL OR verifies_until > %s ORDER BY created_at DESC
        """,
        (now(),),
    )
    fields = SigningKey.__struct_fields__
    return [SigningKey(**dict(zip(fields, row, strict=True))) for row in await cursor.fetchall()]


async def current_key(tx: Transaction, keys: KeyFile) -> OKPKey:
    """The key that signs now; made when there is none, and followed by another when it is old."""
    newest = await _newest(tx)
    if newest is None or now() - newest > ROTATED_AFTER:
        await tx.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        newest = await _newest(tx)
        if newest is None or now() - newest > ROTATED_AFTER:
            await rotate_signing_keys(tx, keys, by="the bank itself")
    cursor = await tx.execute(
        """
        SELECT id, private_key FROM signing_keys
        WHERE signs_from <= %(now)s AND (verifies_until IS NULL OR verifies_until > %(now)s)
        ORDER BY signs_from DESC LIMIT 1
        """,
        {"now": now()},
    )
    row = await cursor.fetchone()
    assert row is not None, "an old key signs until the new one does"
    private = Ed25519PrivateKey.from_private_bytes(keys.decrypt(bytes(row[1]), _about(row[0])))
    return OKPKey.import_key(private, {"kid": row[0]})


async def verifying_key(tx: Transaction, id: str) -> OKPKey | None:
    """The public key with this id, if what it signed is still believed."""
    cursor = await tx.execute(
        """
        SELECT public_key FROM signing_keys
        WHERE id = %s AND (verifies_until IS NULL OR verifies_until > %s)
        """,
        (id, now()),
    )
    row = await cursor.fetchone()
    return OKPKey.import_key(Ed25519PublicKey.from_public_bytes(bytes(row[0])), {"kid": id}) if row else None


async def key_set(tx: Transaction) -> dict[str, Any]:
    """The public keys as a JWK set (RFC 7517), for whoever verifies access tokens elsewhere."""
    found = []
    for key in await signing_keys(tx):
        public = await verifying_key(tx, key.id)
        if public is not None:
            found.append({**public.as_dict(private=False), "kid": key.id, "use": "sig", "alg": "EdDSA"})
    return {"keys": found}


async def _newest(tx: Transaction) -> datetime | None:
    row = await (await tx.execute("SELECT max(created_at) FROM signing_keys")).fetchone()
    moment: datetime | None = row[0] if row else None
    return moment
