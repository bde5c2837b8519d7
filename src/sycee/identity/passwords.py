"""Passwords of people: argon2id (RFC 9106), long enough, not to be guessed, changed when they must be.

Hashing takes tens of milliseconds and 64 MiB on purpose, so it is done in a thread, a few at a time, and
never while a transaction is open.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from sycee.database import Transaction
from sycee.identity.errors import WeakPassword
from sycee.kernel.clock import now

SHORTEST, LONGEST = 12, 72
"""Characters of a password. The longest is what the estimate of its strength can be asked about."""

FIRST_PASSWORD_FOR = timedelta(hours=72)
"""How long a password that somebody else set can be signed in with, to be changed."""

_STRONG_ENOUGH = 3  # of 0 to 4: more than 10^8 guesses, for one who knows how people choose
_HASHINGS_AT_ONCE = 2
_INITIAL_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is read for something else
_hasher = PasswordHasher()  # the second recommendation of RFC 9106: 3 passes, 64 MiB, 4 lanes
_threads = ThreadPoolExecutor(_HASHINGS_AT_ONCE, thread_name_prefix="sycee-hashing")


class StoredPassword(msgspec.Struct, frozen=True):
    """What is kept of a password."""

    hash: str
    must_change: bool
    expires_at: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether its time has passed."""
        return self.expires_at is not None and self.expires_at <= now()


def need_strong(password: str, about: Sequence[str] = ()) -> None:
    """Raise WeakPassword for one that is too short, too long or too easy to guess.

    ``about`` are words that a guesser would try first: login, names.
    """
    from zxcvbn import zxcvbn  # noqa: PLC0415 - its lists are long, and few processes need them

    if not SHORTEST <= len(password) <= LONGEST:
        raise WeakPassword(f"a password has {SHORTEST} to {LONGEST} characters; this one has {len(password)}")
    if not password.isprintable():
        raise WeakPassword("a password holds no control characters")
    words = [part for word in about for part in (word, *word.replace("@", ".").split(".")) if len(part) > 2]
    found = zxcvbn(password, user_inputs=[*words, "sycee"])
    if found["score"] < _STRONG_ENOUGH:
        feedback = found["feedback"]
        said = " ".join([feedback["warning"], *feedback["suggestions"]]).strip()
        raise WeakPassword(said or "add another word or two; uncommon words are better")


def first_password() -> str:
    """A password to hand to somebody, who changes it at the first sign-in: 20 characters, 99 bits."""
    letters = "".join(secrets.choice(_INITIAL_ALPHABET) for _ in range(20))
    return "-".join(letters[at : at + 5] for at in range(0, 20, 5))


async def hash_password(password: str) -> str:
    """The argon2id hash, with its parameters and a salt of its own."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, password)


async def verify_password(stored: str | None, password: str) -> bool:
    """Whether a password is the one; None takes as long to say no."""
    right = await asyncio.get_running_loop().run_in_executor(_threads, _verify, stored, password)
    return right and stored is not None


@cache
def _nobodys() -> str:
    """What a login that nobody has is compared with, so that it takes as long to be refused."""
    return _hasher.hash(secrets.token_hex(32))


def _verify(stored: str | None, password: str) -> bool:
    nobodys = _nobodys()  # asked for in any case, so that the first time tells nothing either
    try:
        return _hasher.verify(stored or nobodys, password[: 4 * LONGEST])
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(stored: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


async def stored_password(tx: Transaction, principal: UUID) -> StoredPassword | None:
    """What is kept of a principal's password, if it has one."""
    cursor = await tx.execute(
        "SELECT hash, must_change, expires_at FROM passwords WHERE principal = %s", (principal,)
    )
    row = await cursor.fetchone()
    return StoredPassword(*row) if row is not None else None


async def store_password(
    tx: Transaction, principal: UUID, hashed: str, *, must_change: bool, lasts: timedelta | None
) -> None:
    """Keep a password's hash in place of the one before; it lasts so long (None: for ever)."""
    moment = now()
    await tx.execute(
        """
        INSERT INTO passwords (principal, hash, changed_at, must_change, expires_at)
        VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (principal) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at,
            must_change = excluded.must_change, expires_at = excluded.expires_at
        """,
        (principal, hashed, moment, must_change, moment + lasts if lasts is not None else None),
    )
