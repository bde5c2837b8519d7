"""The keys that sign a day's last seal: Ed25519, and ML-DSA-65 beside it for the day the first one breaks.

The private keys live in a file that only its owner may read, outside the database; the database has the
public ones. Whoever audits keeps a copy of the public keys of their own.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey, MLDSA65PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from sycee.ledger.errors import SealKeyUnusable

SEAL_KEYS_FILE = "seal-keys.pem"
"""The file of a data directory that holds the private keys."""

_END = b"-----END PRIVATE KEY-----\n"


@dataclass(frozen=True)
class PublicKeys:
    """What a day's signatures are verified with."""

    ed25519: bytes
    ml_dsa_65: bytes

    @property
    def id(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 over both keys."""
        return hashlib.sha256(self.ed25519 + self.ml_dsa_65).hexdigest()[:16]

    @classmethod
    def from_pem(cls, ed25519: str, ml_dsa_65: str) -> PublicKeys:
        """The keys that two texts in PEM hold. Raises SealKeyUnusable."""
        try:
            first, second = (load_pem_public_key(text.encode()) for text in (ed25519, ml_dsa_65))
        except ValueError as error:
            raise SealKeyUnusable("that is not a public key in PEM") from error
        if not isinstance(first, Ed25519PublicKey) or not isinstance(second, MLDSA65PublicKey):
            raise SealKeyUnusable("an Ed25519 and an ML-DSA-65 key are expected")
        return cls(first.public_bytes_raw(), second.public_bytes_raw())

    def pem(self) -> tuple[str, str]:
        """Both keys in PEM, as other programs read them: Ed25519 and ML-DSA-65."""
        keys = (
            Ed25519PublicKey.from_public_bytes(self.ed25519),
            MLDSA65PublicKey.from_public_bytes(self.ml_dsa_65),
        )
        first, second = (
            key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode() for key in keys
        )
        return first, second

    def verify(self, message: bytes, ed25519: bytes, ml_dsa_65: bytes) -> bool:
        """Whether both signatures are these keys' for the message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.ed25519).verify(ed25519, message)
            MLDSA65PublicKey.from_public_bytes(self.ml_dsa_65).verify(ml_dsa_65, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class SealKeys:
    """The private keys of a bank's seals."""

    ed25519: Ed25519PrivateKey
    ml_dsa_65: MLDSA65PrivateKey

    @property
    def public(self) -> PublicKeys:
        """The public halves."""
        return PublicKeys(
            self.ed25519.public_key().public_bytes_raw(), self.ml_dsa_65.public_key().public_bytes_raw()
        )

    def sign(self, message: bytes) -> tuple[bytes, bytes]:
        """The Ed25519 (64 bytes) and the ML-DSA-65 (3,309 bytes) signature of a message."""
        return self.ed25519.sign(message), self.ml_dsa_65.sign(message)

    @classmethod
    def at(cls, path: Path) -> SealKeys:
        """The keys in a PEM file, made (readable by its owner alone) when there is no such file.

        Raises SealKeyUnusable when the file holds something else.
        """
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            return cls._make(path)
        except OSError as error:
            raise SealKeyUnusable(f"{path}: {error.strerror}") from error
        try:
            first, second, rest = text.split(_END)
            keys = [load_pem_private_key(part + _END, password=None) for part in (first, second)]
        except ValueError as error:
            raise SealKeyUnusable(f"{path} does not hold two private keys in PEM") from error
        if rest or not isinstance(keys[0], Ed25519PrivateKey) or not isinstance(keys[1], MLDSA65PrivateKey):
            raise SealKeyUnusable(f"{path} does not hold an Ed25519 and an ML-DSA-65 key")
        return cls(keys[0], keys[1])

    @classmethod
    def _make(cls, path: Path) -> SealKeys:
        made = cls(Ed25519PrivateKey.generate(), MLDSA65PrivateKey.generate())
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return cls.at(path)
        with os.fdopen(descriptor, "wb") as file:
            for key in (made.ed25519, made.ml_dsa_65):
                file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return made


def day_message(cell: int, business_date: date, batch: int, seal: bytes, signed_at: datetime) -> bytes:
    """What is signed for a day: everything that names its last batch, that batch's seal, and when."""
    at = signed_at.astimezone(UTC).isoformat(timespec="microseconds")
    return b"sycee day seal 1\n" + f"{cell}\n{business_date.isoformat()}\n{batch}\n{at}\n".encode() + seal
