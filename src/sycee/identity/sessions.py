"""Sessions of people who signed in: an opaque token, over when idle, old or ended.

The token reads ``ses_<id>_<secret>``, and like a machine's only its secret's SHA-256 is kept. A session
of somebody who must change the password first, or has no second factor yet, may do that and nothing else.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from sycee.database import Transaction
from sycee.identity.callers import Caller, with_grants
from sycee.identity.errors import InvalidToken, PrincipalNotActive, SessionNotFound
from sycee.identity.principals import PrincipalKind, PrincipalState
from sycee.identity.security_log import record
from sycee.kernel.clock import now
from sycee.kernel.ids import uuid7

SESSION_PREFIX = "ses"
"""What the text of a session's token begins with."""

IDLE_FOR = timedelta(minutes=30)
"""A session that was not used for so long is over; looked at to SEEN_EVERY."""

LASTS = timedelta(hours=12)
"""A session is over after so long, however busy."""

SEEN_EVERY = timedelta(seconds=60)
HOME_FOR = timedelta(days=90)
"""For how long an address is known after somebody signed in from it."""

_SECRET_BYTES = 32
_LONGEST_TEXT = len(SESSION_PREFIX) + 2 + 32 + 2 * _SECRET_BYTES


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A session as its owner and the bank's security officers see it."""

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

    @property
    def is_open(self) -> bool:
        """Whether it can still be used."""
        return self.ended_at is None and now() < min(self.expires_at, self.last_seen_at + IDLE_FOR)


_COLUMNS = ", ".join(Session.__struct_fields__)


async def open_session(
    tx: Transaction, principal: UUID, *, second_factor: bool, address: str, agent: str
) -> tuple[Session, str]:
    """Begin a session; also the text of its token, which can be shown this once."""
    id, secret = uuid7(), secrets.token_hex(_SECRET_BYTES)
    cursor = await tx.execute(
        f"""
        INSERT INTO sessions (id, principal, secret_hash, second_factor, address, agent, expires_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING {_COLUMNS}
        """,  # noqa: S608 - names of columns
        (id, principal, _hash(secret), second_factor, address[:100], agent[:200], now() + LASTS),
    )
    row = await cursor.fetchone()
    assert row is not None
    return Session(**dict(zip(Session.__struct_fields__, row, strict=True))), f"ses_{id.hex}_{secret}"


_FIND = """
    SELECT s.secret_hash, s.second_factor, s.last_seen_at, s.expires_at, s.ended_at, s.end_reason,
           p.id, p.kind, p.name, p.customer, p.person, p.state,
           w.must_change OR coalesce(w.expires_at <= now(), false), c.confirmed_at IS NOT NULL
    FROM sessions s JOIN principals p ON p.id = s.principal
    LEFT JOIN passwords w ON w.principal = p.id
    LEFT JOIN one_time_code_secrets c ON c.principal = p.id
    WHERE s.id = %s
"""


async def caller_of_session(tx: Transaction, text: str) -> tuple[Caller, datetime]:
    """Who a session's token stands for, and when the session is over unless it is used again.

    Notes that the session was seen. Raises InvalidToken when wrong, idle for too long, expired or ended;
    PrincipalNotActive.
    """
    id, secret = refuse_malformed_session(text)
    row = await (await tx.execute(_FIND, (id,))).fetchone()
    stored = bytes(row[0]) if row is not None else bytes(32)
    if not hmac.compare_digest(stored, _hash(secret)) or row is None:
        raise InvalidToken("no such session, or its secret is wrong")
    second_factor, seen_at, expires_at, ended_at, end_reason = row[1:6]
    principal, kind, name, customer, person, state, must_change, has_codes = row[6:]
    if ended_at is not None:
        raise InvalidToken(f"the session was ended: {end_reason}")
    moment = now()
    if moment >= expires_at:
        raise InvalidToken("the session has expired; sign in again")
    if moment >= seen_at + IDLE_FOR:
        raise InvalidToken("the session was idle for too long; sign in again")
    if state != PrincipalState.ACTIVE:
        raise PrincipalNotActive(f"the principal that the session belongs to is {state}")
    if moment - seen_at > SEEN_EVERY:
        await tx.execute(
            "UPDATE sessions SET last_seen_at = greatest(last_seen_at, %s) WHERE id = %s", (moment, id)
        )
        seen_at = moment
    whole = second_factor and has_codes and not must_change
    caller = Caller(
        id=str(principal),
        principal=principal,
        kind=PrincipalKind(kind),
        name=name,
        customer=customer,
        person=person,
        scopes=frozenset(),
        session=id,
        second_factor=second_factor,
    )
    if whole:
        caller = await with_grants(tx, caller)
    return caller, min(expires_at, seen_at + IDLE_FOR)


async def sessions_of(
    tx: Transaction, principal: UUID, *, only_open: bool = True, limit: int = 100
) -> list[Session]:
    """A principal's sessions, newest first."""
    cursor = await tx.execute(
        f"""
        SELECT {_COLUMNS} FROM sessions
        WHERE principal = %s AND (NOT %s OR (
            ended_at IS NULL AND expires_at > now() AND last_seen_at + %s > now()))
        ORDER BY id DESC LIMIT %s
        """,  # noqa: S608 - names of columns
        (principal, only_open, IDLE_FOR, limit),
    )
    fields = Session.__struct_fields__
    return [Session(**dict(zip(fields, row, strict=True))) for row in await cursor.fetchall()]


async def signed_in_from(tx: Transaction, principal: UUID, address: str) -> bool:
    """Whether a principal signed in from an address within the last HOME_FOR."""
    cursor = await tx.execute(
        "SELECT EXISTS (SELECT FROM sessions"
        " WHERE principal = %s AND address = %s AND created_at > now() - %s)",
        (principal, address[:100], HOME_FOR),
    )
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


async def end_session(tx: Transaction, id: UUID, *, by: str, reason: str, of: UUID | None = None) -> Session:
    """End a session (of the principal ``of``, if named): refused from the next request on.

    Ending it again is harmless. Raises SessionNotFound.
    """
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM sessions WHERE id = %s AND (%s::uuid IS NULL OR principal = %s) FOR UPDATE",  # noqa: S608 - names of columns
        (id, of, of),
    )
    row = await cursor.fetchone()
    if row is None:
        raise SessionNotFound(f"no session has the id {id}")
    session = Session(**dict(zip(Session.__struct_fields__, row, strict=True)))
    if session.ended_at is not None:
        return session
    await _end(tx, [id], reason)
    await record(tx, "session_ended", principal=session.principal, actor=by, detail=f"{id}: {reason}")
    return msgspec.structs.replace(session, ended_at=now(), end_reason=reason)


async def end_sessions(tx: Transaction, principal: UUID, *, reason: str, but: UUID | None = None) -> int:
    """End all open sessions of a principal, but the one named; how many. What led to it is on record."""
    cursor = await tx.execute(
        """
        SELECT id FROM sessions
        WHERE principal = %s AND ended_at IS NULL AND id IS DISTINCT FROM %s ORDER BY id FOR UPDATE
        """,
        (principal, but),
    )
    ids = [row[0] for row in await cursor.fetchall()]
    await _end(tx, ids, reason)
    return len(ids)


async def _end(tx: Transaction, ids: list[UUID], reason: str) -> None:
    await tx.execute(
        "UPDATE sessions SET ended_at = now(), end_reason = %s WHERE id = ANY(%s)", (reason[:200], ids)
    )


def refuse_malformed_session(text: str) -> tuple[UUID, str]:
    """The id and the secret in a session's token. Raises InvalidToken when it cannot be one."""
    parts = text.split("_")
    if len(text) == _LONGEST_TEXT and len(parts) == 3 and parts[0] == SESSION_PREFIX and text.isascii():
        try:
            return UUID(hex=parts[1]), parts[2]
        except ValueError:
            pass
    raise InvalidToken("a session's token reads ses_<id>_<secret>")


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
