"""Examples of principals, sessions and OAuth in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from sycee.api.examples import CUSTOMER

PRINCIPAL_ID = "0199a5c0-1c00-7000-8000-000000000101"
SESSION_ID = "0199a5c0-1c00-7000-8000-000000000102"
CLIENT_ID = "cli_0123456789abcdef"
_SEAL = "5e" * 64

NEW_PRINCIPAL: dict[str, Any] = {
    "kind": "customer_user",
    "login": "li.wei",
    "name": "Li Wei",
    "local_name": "李伟",
    "customer": CUSTOMER,
    "scopes": ["payments:write", "accounts:read"],
    "id": PRINCIPAL_ID,
}
PRINCIPAL: dict[str, Any] = {
    **NEW_PRINCIPAL,
    "person": None,
    "state": "active",
    "state_reason": "",
    "created_at": "2026-03-31T01:00:00Z",
    "created_by": "0199a5c0-1c00-7000-8000-000000000100",
}
SESSION: dict[str, Any] = {
    "id": SESSION_ID,
    "principal": PRINCIPAL_ID,
    "second_factor": True,
    "address": "203.0.113.7",
    "agent": "sycee-python",
    "created_at": "2026-03-31T01:00:00Z",
    "last_seen_at": "2026-03-31T01:20:00Z",
    "expires_at": "2026-03-31T13:00:00Z",
    "ended_at": None,
    "end_reason": None,
}
ME: dict[str, Any] = {
    **{name: PRINCIPAL[name] for name in ("id", "kind", "login", "name", "local_name", "customer", "person")},
    "scopes": PRINCIPAL["scopes"],
    "session": SESSION_ID,
    "second_factor": True,
    "must_change_password": False,
    "must_set_up_second_factor": False,
    "recovery_codes_left": 10,
}
EVENT: dict[str, Any] = {
    "position": 41,
    "at": "2026-03-31T01:00:00Z",
    "event": "signed_in",
    "principal": PRINCIPAL_ID,
    "actor": PRINCIPAL_ID,
    "address": "203.0.113.7",
    "detail": f"{SESSION_ID}: with a one-time code",
    "seal": _SEAL,
}
VERIFICATION: dict[str, Any] = {"events": 41, "seal": _SEAL, "breaks": []}
NOTED: dict[str, Any] = {"position": 40, "seal": _SEAL}
CLIENT: dict[str, Any] = {
    "id": CLIENT_ID,
    "principal": PRINCIPAL_ID,
    "name": "ERP of Silk Road Ltd",
    "scopes": ["payments:write"],
    "public_key": None,
    "created_at": "2026-03-31T01:00:00Z",
    "created_by": "0199a5c0-1c00-7000-8000-000000000100",
    "expires_at": None,
    "revoked_at": None,
}
JWK: dict[str, Any] = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "kid": "kPrK_qmxVWaYVA9w",
    "use": "sig",
    "alg": "EdDSA",
}
SIGNING_KEY: dict[str, Any] = {
    "id": JWK["kid"],
    "created_at": "2026-03-31T01:00:00Z",
    "signs_from": "2026-03-31T01:10:00Z",
    "verifies_until": None,
}
