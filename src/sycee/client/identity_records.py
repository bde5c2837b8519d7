"""Principals, sessions, OAuth clients and the security log as the bank answers with them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

PrincipalKind = Literal["staff", "customer_user", "machine"]
PrincipalState = Literal["active", "suspended", "closed"]


class NewPrincipal(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody or something that shall be able to ask the bank; ``scopes`` are what it may do at most."""

    kind: PrincipalKind
    login: str
    name: str
    local_name: str = ""
    customer: UUID | None = None
    person: UUID | None = None
    scopes: tuple[str, ...] = ()
    id: UUID | None = None


class Principal(Struct, frozen=True, kw_only=True):
    """A principal, without its credentials."""

    id: UUID
    kind: PrincipalKind
    login: str
    name: str
    local_name: str
    customer: UUID | None
    person: UUID | None
    scopes: tuple[str, ...]
    state: PrincipalState
    state_reason: str
    created_at: datetime
    created_by: str


class PrincipalList(Struct, frozen=True, kw_only=True):
    """Principals that were made together."""

    principals: list[Principal]


class PrincipalPage(Struct, frozen=True, kw_only=True):
    """A page of principals and the cursor of the next page (None on the last)."""

    principals: list[Principal]
    next: str | None = None


class CredentialsReset(Struct, frozen=True, kw_only=True):
    """What was reset; a first password is shown this once.

    With ``approval`` nothing was reset yet: that request waits for another person.
    """

    principal: UUID
    what: Literal["password", "second_factor", "lock_out"]
    first_password: str | None
    approval: UUID | None = None


class Session(Struct, frozen=True, kw_only=True):
    """A session of a person."""

    id: UUID
    principal: UUID
    second_factor: bool
    address: str
    agent: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    end_reason: str | None


class SessionList(Struct, frozen=True, kw_only=True):
    """Open sessions, newest first."""

    sessions: list[Session]


class EndedSessions(Struct, frozen=True, kw_only=True):
    """How many sessions were ended."""

    ended: int


class OpenedSession(Struct, frozen=True, kw_only=True):
    """A new session and its token, shown this once."""

    session: Session
    token: str
    must_change_password: bool
    must_set_up_second_factor: bool


class Me(Struct, frozen=True, kw_only=True):
    """Who asks, and what they may do by this session or token."""

    id: UUID
    kind: PrincipalKind
    login: str
    name: str
    local_name: str
    customer: UUID | None
    person: UUID | None
    scopes: tuple[str, ...]
    session: UUID | None
    second_factor: bool
    must_change_password: bool
    must_set_up_second_factor: bool
    recovery_codes_left: int


class SecondFactorSetup(Struct, frozen=True, kw_only=True):
    """What an authenticator app is told: the secret in base32, and the same as a URI for a QR code."""

    secret: str
    uri: str


class RecoveryCodes(Struct, frozen=True, kw_only=True):
    """Codes for the day when the device is lost, good once each."""

    recovery_codes: list[str]


class OAuthClient(Struct, frozen=True, kw_only=True):
    """An OAuth client of a machine, without its secret."""

    id: str
    principal: UUID
    name: str
    scopes: tuple[str, ...]
    public_key: dict[str, Any] | None
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None


class IssuedClient(Struct, frozen=True, kw_only=True):
    """A new OAuth client and its secret, shown this once; None when it has a public key."""

    client: OAuthClient
    secret: str | None


class AskedClient(Struct, frozen=True, kw_only=True):
    """A client that waits for another person's yes, and the secret that it will have, shown this once."""

    approval: UUID
    id: str
    secret: str | None


class OAuthClientList(Struct, frozen=True, kw_only=True):
    """The OAuth clients of a machine."""

    clients: list[OAuthClient]


class AccessToken(Struct, frozen=True, kw_only=True):
    """An access token (RFC 6749, 5.1), valid for ``expires_in`` seconds."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str


class KeySet(Struct, frozen=True, kw_only=True):
    """The bank's public keys (RFC 7517)."""

    keys: list[dict[str, Any]]


class SigningKey(Struct, frozen=True, kw_only=True):
    """A key that signs access tokens, from when on."""

    id: str
    created_at: datetime
    signs_from: datetime
    verifies_until: datetime | None


class SecurityEvent(Struct, frozen=True, kw_only=True):
    """One event of the security log."""

    position: int
    at: datetime
    event: str
    principal: UUID | None
    actor: str
    address: str
    detail: str
    seal: str


class SecurityEventPage(Struct, frozen=True, kw_only=True):
    """A page of events and the cursor of the next page (None on the last)."""

    events: list[SecurityEvent]
    next: str | None = None


class LogBreak(Struct, frozen=True, kw_only=True):
    """Where the security log does not hold."""

    position: int
    detail: str


class LogVerification(Struct, frozen=True, kw_only=True):
    """What was verified; note ``events`` and ``seal`` elsewhere and give them the next time."""

    events: int
    seal: str
    breaks: list[LogBreak]
