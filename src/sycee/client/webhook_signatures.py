"""Whether a webhook came from the bank: the signature scheme of Standard Webhooks, version 1.

For whoever receives: call ``verify_webhook`` with the headers and the body as they came, before anything is
believed, and pass over a ``webhook-id`` that was dealt with before: every event comes at least once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from sycee.kernel import clock
from sycee.kernel.errors import InvalidInput

TOLERANCE_S = 300
"""How far the time of an attempt may be from now: what is older may be somebody's recording."""

_PREFIX = "whsec_"


class WebhookRefused(InvalidInput):
    """The webhook does not prove that it comes from the bank"""

    code = "webhook_refused"


class WebhookEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What a webhook tells. ``id`` is the same however often the event comes."""

    id: UUID
    type: str
    timestamp: datetime
    data: dict[str, Any]


class _Body(msgspec.Struct, frozen=True):
    type: str
    timestamp: datetime
    data: dict[str, Any]


def verify_webhook(
    headers: Mapping[str, str], body: bytes, secret: str | Sequence[str], *, now: datetime | None = None
) -> WebhookEvent:
    """The event of a request that the bank signed with one of these secrets. Raises WebhookRefused.

    ``body`` is the bytes as they came: JSON that was read and written again has another signature.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        id, stamp, signatures = (given[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
    except KeyError as missing:
        raise WebhookRefused(f"the header {missing} is missing") from None
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
        raise WebhookRefused("webhook-timestamp is no number of seconds")
    at = (now or clock.now()).timestamp()
    if abs(at - int(stamp)) > TOLERANCE_S:
        raise WebhookRefused(f"webhook-timestamp is more than {TOLERANCE_S} seconds from now")
    content = f"{id}.{stamp}.".encode() + body
    wanted = [
        hmac.digest(_key(one), content, hashlib.sha256)
        for one in ([secret] if isinstance(secret, str) else secret)
    ]
    # Every pair is compared, and each in constant time: nothing is told by how long it takes.
    matches = [hmac.compare_digest(one, other) for one in wanted for other in _signatures(signatures)]
    if not any(matches):
        raise WebhookRefused("no signature is that of the secret")
    try:
        said = msgspec.json.decode(body, type=_Body)
        return WebhookEvent(id=UUID(id), type=said.type, timestamp=said.timestamp, data=said.data)
    except (msgspec.DecodeError, ValueError) as error:
        raise WebhookRefused(f"it is signed, and no event: {error}") from None


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise WebhookRefused(f"the secret is not {_PREFIX} and base64") from None


def _signatures(text: str) -> list[bytes]:
    found = []
    for one in text.split(" "):
        version, _, signature = one.partition(",")
        if version == "v1":
            try:
                found.append(base64.b64decode(signature, validate=True))
            except (binascii.Error, ValueError):
                continue
    return found
