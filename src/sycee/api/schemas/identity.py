"""Principals, sessions, one's own credentials and the security log, on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from sycee.api.schemas.common import Cursor, Wire

Kind = Annotated[
    Literal["staff", "customer_user", "machine"],
    Meta(description="Staff of the bank, a user of a customer, or a program (of the bank or a customer)."),
]
State = Annotated[
    Literal["active", "suspended", "closed"],
    Meta(description="Suspended: can do nothing until resumed. Closed: never again."),
]
Login = Annotated[
    str,
    Meta(
        max_length=100,
        description="2 to 100 of a-z, 0-9 and . _ @ + -, a letter or digit first; capitals are made small.",
        examples=["li.wei"],
    ),
]
Name = Annotated[str, Meta(max_length=200, description="Name in Latin letters.", examples=["Li Wei"])]
LocalName = Annotated[
    str, Meta(max_length=200, description="Name as it is written at home.", examples=["李伟"])
]
ScopeNames = Annotated[
    list[str],
    Meta(max_length=100, description="What it may do at most.", examples=[["payments:write"]]),
]
Why = Annotated[str, Meta(min_length=1, max_length=500, description="Why: it goes on record.")]
Secret = Annotated[str, Meta(min_length=1, max_length=300)]
Code = Annotated[
    Annotated[str, Meta(max_length=20)] | None,
    Meta(description="The one-time code of the device.", examples=["492039"]),
]
RecoveryCode = Annotated[
    Annotated[str, Meta(max_length=40)] | None,
    Meta(description="One of the recovery codes, in place of a one-time code."),
]


class NewPrincipal(Wire):
    """Somebody or something that shall be able to ask the bank."""

    kind: Kind
    login: Login
    name: Name
    local_name: LocalName = ""
    customer: Annotated[
        UUID | None, Meta(description="Whose user or machine it is; absent for the bank's own.")
    ] = None
    person: Annotated[
        UUID | None, Meta(description="The person that signs under the customer's mandates.")
    ] = None
    scopes: ScopeNames = msgspec.field(default_factory=list)
    id: Annotated[UUID | None, Meta(description="Of your making, UUIDv7 recommended; absent: made here.")] = (
        None
    )


class NewPrincipals(Wire):
    """Principals to make: all of them or none."""

    principals: Annotated[list[NewPrincipal], Meta(min_length=1, max_length=1000)]


class Principal(Wire):
    """A principal, without its credentials."""

    id: UUID
    kind: Kind
    login: Login
    name: Name
    local_name: LocalName
    customer: UUID | None
    person: UUID | None
    scopes: ScopeNames
    state: State
    state_reason: str
    created_at: datetime
    created_by: str


class Principals(Wire):
    """The principals that were made, in the order of the request."""

    principals: list[Principal]


class PrincipalPage(Wire):
    """A page of principals, oldest first."""

    principals: list[Principal]
    next: Annotated[Cursor | None, Meta(description="Null on the last page.")]


class Reason(Wire):
    """Why something is done to somebody."""

    reason: Why


class CredentialReset(Wire):
    """What is to be reset, and why."""

    what: Annotated[
        Literal["password", "second_factor", "lock_out"],
        Meta(description="A first password is set; the device is forgotten; the pause is lifted."),
    ]
    reason: Why


class CredentialsReset(Wire):
    """What was reset. A first password is shown this once, and must be changed within three days."""

    principal: UUID
    what: Literal["password", "second_factor", "lock_out"]
    first_password: str | None
    approval: Annotated[
        UUID | None, Meta(description="The request for another's agreement, before which nothing is reset.")
    ] = None


class SignIn(Wire):
    """Login, password, and the code of one's device."""

    login: Annotated[str, Meta(min_length=1, max_length=200, examples=["li.wei"])]
    password: Secret
    code: Code = None
    recovery_code: RecoveryCode = None


class Session(Wire):
    """A session: over when it ended, is too old, or was idle for thirty minutes."""

    id: UUID
    principal: UUID
    second_factor: bool
    address: Annotated[str, Meta(description="From where it was opened.")]
    agent: Annotated[str, Meta(description="By which program it was opened.")]
    created_at: datetime
    last_seen_at: Annotated[datetime, Meta(description="To the minute.")]
    expires_at: datetime
    ended_at: datetime | None
    end_reason: str | None


class OpenedSession(Wire):
    """A new session. The token is shown this once; send it as `Authorization: Bearer ses_…`."""

    session: Session
    token: str
    must_change_password: Annotated[
        bool, Meta(description="Until it is done the session can do nothing but see to its credentials.")
    ]
    must_set_up_second_factor: bool


class Sessions(Wire):
    """Open sessions, newest first."""

    sessions: list[Session]


class EndedSessions(Wire):
    """How many sessions were ended."""

    ended: int


class Me(Wire):
    """Who asks, and what they may do by this session or token."""

    id: UUID
    kind: Kind
    login: Login
    name: Name
    local_name: LocalName
    customer: UUID | None
    person: UUID | None
    scopes: ScopeNames
    session: Annotated[UUID | None, Meta(description="Null for machines.")]
    second_factor: Annotated[bool, Meta(description="Whether this session was opened with a code.")]
    must_change_password: bool
    must_set_up_second_factor: bool
    recovery_codes_left: int


class PasswordChange(Wire):
    """The password as it is, the code of one's device, and the password as it shall be."""

    current: Secret
    new: Annotated[str, Meta(min_length=1, max_length=300, description="12 to 72 characters.")]
    code: Code = None
    recovery_code: RecoveryCode = None


class SecondFactorSetup(Wire):
    """What an authenticator app is told, this once."""

    secret: Annotated[str, Meta(description="Base32.")]
    uri: Annotated[str, Meta(description="`otpauth://` URI, for a QR code.")]


class OneTimeCode(Wire):
    """A code of one's device."""

    code: Annotated[str, Meta(min_length=6, max_length=20, examples=["492039"])]


class RecoveryCodes(Wire):
    """Ten codes for the day when the device is lost: shown this once, good once each."""

    recovery_codes: list[str]


class SecurityEvent(Wire):
    """One event of the security log."""

    position: int
    at: datetime
    event: Annotated[str, Meta(examples=["signed_in"])]
    principal: Annotated[UUID | None, Meta(description="Whom it is about, as far as is known.")]
    actor: Annotated[str, Meta(description="Who did it: id of a principal, or a name of a part of the bank.")]
    address: str
    detail: str
    seal: Annotated[str, Meta(description="SHA-512 over the seal before and this event, hexadecimal.")]


class SecurityEventPage(Wire):
    """A page of events, newest first."""

    events: list[SecurityEvent]
    next: Annotated[Cursor | None, Meta(description="Null on the last page.")]


class NotedSeal(Wire):
    """A position and its seal, as somebody noted them outside of the bank."""

    position: Annotated[int, Meta(ge=1, le=9007199254740991)]
    seal: Annotated[str, Meta(pattern="^[0-9a-f]{128}$")]


class VerificationOrder(Wire):
    """What to look at beside the chain itself."""

    noted: Annotated[list[NotedSeal], Meta(max_length=1000)] = msgspec.field(default_factory=list)


class LogBreak(Wire):
    """Where the log does not hold (position 0: as a whole)."""

    position: int
    detail: str


class LogVerification(Wire):
    """What was verified. Note `events` and `seal` elsewhere, and give them the next time."""

    events: int
    seal: str
    breaks: list[LogBreak]
