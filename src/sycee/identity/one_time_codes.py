"""The second factor: one-time codes by time (TOTP, RFC 6238), and recovery codes for a lost device.

A code is taken once: the time step of the last one is kept, and only a later one is taken after it, decided
by one UPDATE, so of two sign-ins with one code one is refused. The shared secret is encrypted at rest.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from uuid import UUID

import msgspec
import pyotp
from pyotp.exceptions import OTPVerificationError

from sycee.database import Transaction
from sycee.identity.errors import SecondFactorExists, SecondFactorMissing, SignInRefused
from sycee.identity.key_file import KeyFile

ISSUER = "Sycee"
"""Under which name authenticator apps show the bank."""

STEP_S = 30
RECOVERY_CODES = 10
_WINDOW = 1  # steps that a clock may be off, either way
_RECOVERY_BYTES = 10


class OneTimeCodeSetup(msgspec.Struct, frozen=True):
    """What an authenticator app is told, once: the secret in base32, and the same as a URI for a QR code."""

    secret: str
    uri: str


def _about(principal: UUID) -> str:
    return f"one-time codes of {principal}"


async def begin_second_factor(
    tx: Transaction, keys: KeyFile, principal: UUID, login: str
) -> OneTimeCodeSetup:
    """Make a secret, which counts once it is confirmed by a code. Raises SecondFactorExists."""
    secret = pyotp.random_base32()
    cursor = await tx.execute(
        """
        INSERT INTO one_time_code_secrets (principal, secret) VALUES (%s, %s)
        ON CONFLICT (principal) DO UPDATE SET secret = excluded.secret, begun_at = now(), last_step = 0
        WHERE one_time_code_secrets.confirmed_at IS NULL
        """,
        (principal, keys.encrypt(secret.encode(), _about(principal))),
    )
    if not cursor.rowcount:
        raise SecondFactorExists("a second factor is set up already; have it reset if the device is lost")
    return OneTimeCodeSetup(secret, pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER))


async def confirm_second_factor(tx: Transaction, keys: KeyFile, principal: UUID, code: str) -> list[str]:
    """Let the secret count from now on, and return recovery codes, which can be shown this once.

    Raises SecondFactorMissing when none was begun, SecondFactorExists, SignInRefused for a wrong code.
    """
    cursor = await tx.execute(
        "SELECT confirmed_at FROM one_time_code_secrets WHERE principal = %s FOR UPDATE", (principal,)
    )
    row = await cursor.fetchone()
    if row is None:
        raise SecondFactorMissing("begin with the secret, then confirm it with a code")
    if row[0] is not None:
        raise SecondFactorExists("the second factor is confirmed already")
    if not await take_code(tx, keys, principal, code):
        raise SignInRefused("the code is wrong: is the device's clock right?")
    await tx.execute(
        "UPDATE one_time_code_secrets SET confirmed_at = now() WHERE principal = %s", (principal,)
    )
    return await make_recovery_codes(tx, principal)


async def has_second_factor(tx: Transaction, principal: UUID) -> bool:
    """Whether the principal has a second factor that counts."""
    cursor = await tx.execute(
        "SELECT 1 FROM one_time_code_secrets WHERE principal = %s AND confirmed_at IS NOT NULL", (principal,)
    )
    return await cursor.fetchone() is not None


async def take_code(tx: Transaction, keys: KeyFile, principal: UUID, code: str) -> bool:
    """Whether the code is right and was not taken before; it is now."""
    cursor = await tx.execute("SELECT secret FROM one_time_code_secrets WHERE principal = %s", (principal,))
    row = await cursor.fetchone()
    if row is None or not (code.isascii() and code.isdigit()):
        return False
    secret = keys.decrypt(bytes(row[0]), _about(principal)).decode()
    try:
        step = pyotp.TOTP(secret).verify_and_get_timecode(code, valid_window=_WINDOW)
    except OTPVerificationError:
        return False
    cursor = await tx.execute(
        "UPDATE one_time_code_secrets SET last_step = %s WHERE principal = %s AND last_step < %s",
        (step, principal, step),
    )
    return cursor.rowcount == 1


async def make_recovery_codes(tx: Transaction, principal: UUID) -> list[str]:
    """Ten new recovery codes of 80 random bits in place of the old ones; kept as hashes only."""
    codes = [
        base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower() for _ in range(RECOVERY_CODES)
    ]
    await tx.execute("DELETE FROM recovery_codes WHERE principal = %s", (principal,))
    await tx.execute(
        "INSERT INTO recovery_codes (principal, hash) SELECT %s, unnest(%s::bytea[])",
        (principal, [_hash(code) for code in codes]),
    )
    return ["-".join(code[at : at + 4] for at in range(0, 16, 4)) for code in codes]


async def take_recovery_code(tx: Transaction, principal: UUID, code: str) -> bool:
    """Whether it is one of the principal's recovery codes, unused; it is used now."""
    cursor = await tx.execute(
        "UPDATE recovery_codes SET used_at = now() WHERE principal = %s AND hash = %s AND used_at IS NULL",
        (principal, _hash(code.replace("-", "").replace(" ", "").lower())),
    )
    return cursor.rowcount == 1


async def recovery_codes_left(tx: Transaction, principal: UUID) -> int:
    """How many recovery codes are unused."""
    cursor = await tx.execute(
        "SELECT count(*) FROM recovery_codes WHERE principal = %s AND used_at IS NULL", (principal,)
    )
    row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def forget_second_factor(tx: Transaction, principal: UUID) -> None:
    """Take away secret and recovery codes: the next sign-in sets up new ones."""
    await tx.execute("DELETE FROM one_time_code_secrets WHERE principal = %s", (principal,))
    await tx.execute("DELETE FROM recovery_codes WHERE principal = %s", (principal,))


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
