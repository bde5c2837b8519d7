"""What can be asked of a bank about who may ask: sessions, principals, OAuth clients, the security log."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote, urlencode
from uuid import UUID

import msgspec

from sycee.client.identity_records import (
    AccessToken,
    AskedClient,
    CredentialsReset,
    EndedSessions,
    IssuedClient,
    KeySet,
    LogVerification,
    Me,
    NewPrincipal,
    OAuthClient,
    OAuthClientList,
    OpenedSession,
    Principal,
    PrincipalKind,
    PrincipalList,
    PrincipalPage,
    PrincipalState,
    RecoveryCodes,
    SecondFactorSetup,
    SecurityEvent,
    SecurityEventPage,
    Session,
    SessionList,
    SigningKey,
)
from sycee.client.transport import Transport
from sycee.kernel.ids import uuid7

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class IdentityCalls:
    """The part of the client that is about identity."""

    _transport: Transport

    # Oneself

    async def sign_in(
        self, login: str, password: str, *, code: str | None = None, recovery_code: str | None = None
    ) -> OpenedSession:
        """Open a session; its token makes another ``Sycee``."""
        body = _given(login=login, password=password, code=code, recovery_code=recovery_code)
        return await self._transport.call("POST", "/v1/sessions", OpenedSession, body=body)

    async def sign_out(self, session: UUID | None = None) -> Session:
        """End a session: the one that asks, unless another is named."""
        return await self._transport.call("DELETE", f"/v1/sessions/{session or 'current'}", Session)

    async def sessions(self) -> list[Session]:
        """One's own open sessions, newest first."""
        return (await self._transport.call("GET", "/v1/sessions", SessionList)).sessions

    async def me(self) -> Me:
        """Who one is to the bank."""
        return await self._transport.call("GET", "/v1/me", Me)

    async def change_password(
        self, current: str, new: str, *, code: str | None = None, recovery_code: str | None = None
    ) -> Me:
        """Change one's own password; every other session is ended."""
        body = _given(current=current, new=new, code=code, recovery_code=recovery_code)
        return await self._transport.call("POST", "/v1/me/password", Me, body=body)

    async def begin_second_factor(self) -> SecondFactorSetup:
        """What to tell one's authenticator app; confirm it with a code."""
        return await self._transport.call("POST", "/v1/me/second-factor", SecondFactorSetup)

    async def confirm_second_factor(self, code: str) -> list[str]:
        """Confirm one's device; recovery codes, shown this once."""
        path = "/v1/me/second-factor/confirm"
        return (await self._transport.call("POST", path, RecoveryCodes, body={"code": code})).recovery_codes

    async def renew_recovery_codes(self, code: str) -> list[str]:
        """New recovery codes in place of the old ones, shown this once."""
        path = "/v1/me/recovery-codes"
        return (await self._transport.call("POST", path, RecoveryCodes, body={"code": code})).recovery_codes

    # Principals

    async def create_principals(self, principals: Sequence[NewPrincipal]) -> list[Principal]:
        """Make principals, all or none. Raises WaitsForApproval for a person who makes machines."""
        reply = await self._transport.change(
            "POST", "/v1/principals", PrincipalList, body={"principals": list(principals)}, key=str(uuid7())
        )
        return reply.principals

    async def principals(
        self,
        *,
        kind: PrincipalKind | None = None,
        login: str | None = None,
        customer: UUID | None = None,
        person: UUID | None = None,
        state: PrincipalState | None = None,
        page: int = 100,
    ) -> AsyncIterator[Principal]:
        """Principals that are all that is named, oldest first."""
        cursor: str | None = None
        while True:
            params = {
                "kind": kind,
                "login": login,
                "customer": str(customer) if customer else None,
                "person": str(person) if person else None,
                "state": state,
                "cursor": cursor,
                "limit": page,
            }
            reply = await self._transport.call("GET", "/v1/principals", PrincipalPage, params=params)
            for principal in reply.principals:
                yield principal
            if (cursor := reply.next) is None:
                return

    async def principal(self, id: UUID) -> Principal:
        """The principal as it stands now."""
        return await self._transport.call("GET", f"/v1/principals/{id}", Principal)

    async def suspend_principal(self, id: UUID, *, reason: str) -> Principal:
        """Refuse it everything, from the next request on."""
        return await self._move(id, "suspend", reason)

    async def resume_principal(self, id: UUID, *, reason: str) -> Principal:
        """Let it work again."""
        return await self._move(id, "resume", reason)

    async def close_principal(self, id: UUID, *, reason: str) -> Principal:
        """Refuse it everything for good."""
        return await self._move(id, "close", reason)

    async def _move(self, id: UUID, move: str, reason: str) -> Principal:
        path = f"/v1/principals/{id}/{move}"
        return await self._transport.call("POST", path, Principal, body={"reason": reason})

    async def reset_credentials(
        self, id: UUID, what: Literal["password", "second_factor", "lock_out"], *, reason: str
    ) -> CredentialsReset:
        """Set a first password, forget a lost device, or lift a lock-out; or ask another to agree to it."""
        body = {"what": what, "reason": reason}
        return await self._transport.call("POST", f"/v1/principals/{id}/reset", CredentialsReset, body=body)

    async def sessions_of(self, id: UUID) -> list[Session]:
        """Somebody's open sessions."""
        path = f"/v1/principals/{id}/sessions"
        return (await self._transport.call("GET", path, SessionList)).sessions

    async def end_sessions(self, id: UUID, *, reason: str) -> int:
        """End all of somebody's sessions; how many."""
        path = f"/v1/principals/{id}/sessions/end"
        return (await self._transport.call("POST", path, EndedSessions, body={"reason": reason})).ended

    # OAuth

    async def access_token(
        self, client_id: str, secret: str, *, scopes: Sequence[str] | None = None
    ) -> AccessToken:
        """An access token for a client, for these scopes (None: all it may have)."""
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        if scopes is not None:
            form["scope"] = " ".join(scopes)
        response = await self._transport.send(
            "POST", "/v1/oauth/token", content=urlencode(form).encode(), headers=_FORM, anonymous=True
        )
        return self._transport.read(response, AccessToken)

    async def public_keys(self) -> list[dict[str, Any]]:
        """The keys by which access tokens are verified, as JWKs."""
        return (await self._transport.call("GET", "/v1/oauth/jwks", KeySet)).keys

    async def rotate_signing_keys(self, *, compromised: bool = False) -> SigningKey:
        """Make a new key; when the old ones are compromised, what they signed is refused at once."""
        body = {"compromised": compromised}
        return await self._transport.call("POST", "/v1/oauth/keys/rotate", SigningKey, body=body)

    async def create_client(
        self,
        principal: UUID,
        name: str,
        scopes: Sequence[str],
        *,
        public_key: Mapping[str, Any] | None = None,
        expires_at: datetime | None = None,
    ) -> IssuedClient | AskedClient:
        """Make an OAuth client of a machine; with a public key (JWK) it has no secret.

        What a person of the bank makes waits for another: an AskedClient.
        """
        body = {
            "principal": principal,
            "name": name,
            "scopes": list(scopes),
            "public_key": dict(public_key) if public_key is not None else None,
            "expires_at": expires_at,
        }
        response = await self._transport.send(
            "POST",
            "/v1/oauth/clients",
            content=msgspec.json.encode(body),
            headers={"Content-Type": "application/json"},
        )
        if response.status_code == 202:
            return self._transport.read(response, AskedClient)
        return self._transport.read(response, IssuedClient)

    async def clients_of(self, principal: UUID) -> list[OAuthClient]:
        """Every OAuth client that a machine ever had, oldest first."""
        params = {"principal": str(principal)}
        return (
            await self._transport.call("GET", "/v1/oauth/clients", OAuthClientList, params=params)
        ).clients

    async def revoke_client(self, client_id: str, *, reason: str) -> OAuthClient:
        """Refuse a client and all its access tokens, from the next request on."""
        path = f"/v1/oauth/clients/{quote(client_id, safe='')}/revoke"
        return await self._transport.call("POST", path, OAuthClient, body={"reason": reason})

    # The security log

    async def security_events(
        self, *, principal: UUID | None = None, event: str | None = None, page: int = 100
    ) -> AsyncIterator[SecurityEvent]:
        """Events of the security log, newest first."""
        cursor: str | None = None
        while True:
            params = {
                "principal": str(principal) if principal else None,
                "event": event,
                "cursor": cursor,
                "limit": page,
            }
            path = "/v1/security-events"
            reply = await self._transport.call("GET", path, SecurityEventPage, params=params)
            for found in reply.events:
                yield found
            if (cursor := reply.next) is None:
                return

    async def verify_security_log(self, noted: Mapping[int, str] | None = None) -> LogVerification:
        """Recompute the log's chain; ``noted`` are seals by position that were kept elsewhere."""
        body = {"noted": [{"position": at, "seal": seal} for at, seal in (noted or {}).items()]}
        return await self._transport.call("POST", "/v1/security-events/verify", LogVerification, body=body)


def _given(**fields: str | None) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
