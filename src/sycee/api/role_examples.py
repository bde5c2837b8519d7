"""Examples of roles and grants, as the OpenAPI document shows them."""

from __future__ import annotations

from typing import Any

from sycee.api.examples import money
from sycee.api.identity_examples import PRINCIPAL_ID

GRANT_ID = "0199a5c0-1c00-7000-8000-00000000d001"
_OFFICER = "0199a5c0-1c00-7000-8000-00000000d003"

NEW_ROLE: dict[str, Any] = {
    "id": "counter_clerk",
    "audience": "bank",
    "title": "Counter clerk",
    "local_title": "柜台经办",
    "permissions": ["accounts:read", "transfers:write"],
}
ROLE: dict[str, Any] = {
    **NEW_ROLE,
    "created_at": "2026-03-31T01:00:00Z",
    "created_by": _OFFICER,
    "changed_at": None,
    "changed_by": None,
}
NEW_GRANT: dict[str, Any] = {
    "role": "teller",
    "reason": "Posted to the counter in Pudong",
    "valid_until": "2026-12-31T16:00:00Z",
    "branch": "SH-PUDONG",
    "amount": money("50000.00"),
}
GRANT: dict[str, Any] = {
    "id": GRANT_ID,
    "principal": PRINCIPAL_ID,
    "role": "teller",
    "permissions": ["accounts:read", "transfers:read", "transfers:write"],
    "valid_from": "2026-03-31T01:00:00Z",
    "valid_until": "2026-12-31T16:00:00Z",
    "customer": None,
    "cell": None,
    "branch": "SH-PUDONG",
    "product": None,
    "amount": money("50000.00"),
    "reason": "Posted to the counter in Pudong",
    "granted_at": "2026-03-31T01:00:00Z",
    "granted_by": _OFFICER,
    "revoked_at": None,
    "revoked_by": None,
    "revoke_reason": None,
}
REVOKED: dict[str, Any] = {
    **GRANT,
    "revoked_at": "2026-06-30T02:00:00Z",
    "revoked_by": _OFFICER,
    "revoke_reason": "Moved to another post",
}
