"""Secrets of endpoints, and the signatures made with them: the Standard Webhooks scheme, version 1.

A secret is 32 random bytes, written as ``whsec_`` and base64, kept encrypted. After a rotation the one
before stays valid for a while: deliveries then carry a signature of each. What is signed is the id, the time
of the attempt in seconds, and the body, with full stops between.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from sycee.database import Transaction
from sycee.identity import KeyFile
from sycee.kernel import clock
from sycee.operations.errors import WebhookIdReused
from sycee.operations.webhooks.records import Endpoint

OVERLAP = timedelta(days=1)
"""How long the secret before is valid beside a new one, unless somebody says otherwise."""

LONGEST_OVERLAP = timedelta(days=30)
_PREFIX = "whsec_"
_SECRET_BYTES = 32


class NewSecret(msgspec.Struct, frozen=True):
    """A secret as its owner is told it, and until when the one before is valid beside it."""

    text: str
    old_valid_to: datetime | None


def _about(endpoint: UUID) -> str:
    return f"webhook {endpoint}"


async def make_secret(
    tx: Transaction, keys: KeyFile, endpoint: Endpoint, id: UUID, *, by: str, overlap: timedelta = OVERLAP
) -> NewSecret:
    """Give an endpoint that the caller holds a new secret; the newest before is valid for ``overlap`` more.

    Older ones end at once, so that no more than two are valid at any time. The same id again is answered with
    the same secret, to who asked first. Raises WebhookIdReused.
    """
    now = clock.now()
    cursor = await tx.execute(
        "SELECT place, id, secret, made_by, valid_to FROM webhook_secrets WHERE cell = %s AND endpoint = %s"
        " ORDER BY place",
        (endpoint.cell, endpoint.id),
    )
    kept = await cursor.fetchall()
    for index, (_, known, sealed, maker, _) in enumerate(kept):
        if known == id:
            if maker != by:
                raise WebhookIdReused("somebody else asked for a secret under this id")
            text = _text(keys.decrypt(bytes(sealed), _about(endpoint.id)))
            return NewSecret(text, kept[index - 1][4] if index else None)
    place = kept[-1][0] if kept else 0
    await tx.execute(
        "UPDATE webhook_secrets SET valid_to = CASE WHEN place = %s THEN %s ELSE least(valid_to, %s) END"
        " WHERE cell = %s AND endpoint = %s",
        (place, now + overlap, now, endpoint.cell, endpoint.id),
    )
    secret = secrets.token_bytes(_SECRET_BYTES)
    await tx.execute(
        "INSERT INTO webhook_secrets (cell, endpoint, place, id, secret, made_at, made_by)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (endpoint.cell, endpoint.id, place + 1, id, keys.encrypt(secret, _about(endpoint.id)), now, by),
    )
    return NewSecret(_text(secret), now + overlap if place else None)


def _text(secret: bytes) -> str:
    return _PREFIX + base64.b64encode(secret).decode()


async def valid_secrets(tx: Transaction, keys: KeyFile, endpoint: Endpoint) -> list[bytes]:
    """The secrets that are valid now, the newest first."""
    cursor = await tx.execute(
        "SELECT secret FROM webhook_secrets WHERE cell = %s AND endpoint = %s"
        " AND (valid_to IS NULL OR valid_to > %s) ORDER BY place DESC",
        (endpoint.cell, endpoint.id, clock.now()),
    )
    return [keys.decrypt(bytes(sealed), _about(endpoint.id)) for (sealed,) in await cursor.fetchall()]


def signed_headers(id: UUID, body: bytes, secrets_: Sequence[bytes], at: datetime) -> dict[str, str]:
    """The three headers of a delivery."""
    stamp = int(at.timestamp())
    content = f"{id}.{stamp}.".encode() + body
    signatures = [
        "v1," + base64.b64encode(hmac.digest(secret, content, hashlib.sha256)).decode() for secret in secrets_
    ]
    return {
        "webhook-id": str(id),
        "webhook-timestamp": str(stamp),
        "webhook-signature": " ".join(signatures),
    }
