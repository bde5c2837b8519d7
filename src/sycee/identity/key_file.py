"""The key file: it encrypts one-time-code secrets and signing keys, so the database alone gives none away.

A line a key: eight hexadecimal digits that name it and 32 random bytes in base64. The first line encrypts,
every line decrypts, so a key is changed by putting a new line on top. Readable by its owner only; all
processes of a bank have the same file.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sycee.identity.errors import KeyFileUnusable

KEY_FILE = "identity-keys.txt"
"""The file of a data directory that holds the keys."""

_KEY_BYTES, _NONCE_BYTES = 32, 12


class KeyFile:
    """The keys of a bank that encrypt its secrets (AES-256-GCM)."""

    def __init__(self, keys: dict[bytes, bytes]) -> None:
        self._keys = keys

    @classmethod
    def at(cls, path: Path) -> Self:
        """The keys in a file, made when there is none. Raises KeyFileUnusable."""
        try:
            return cls._read(path, path.read_text(encoding="ascii"))
        except FileNotFoundError:
            return cls._make(path)
        except (OSError, UnicodeDecodeError) as error:
            raise KeyFileUnusable(f"{path} cannot be read: {error}") from error

    @classmethod
    def _read(cls, path: Path, text: str) -> Self:
        keys: dict[bytes, bytes] = {}
        for line in text.split("\n"):
            if not line.strip():
                continue
            try:
                name, key = line.split()
                keys[bytes.fromhex(name)] = base64.b64decode(key, validate=True)
            except (ValueError, binascii.Error) as error:
                raise KeyFileUnusable(f"{path} has a line that is not a name and a key") from error
        if not keys or any((len(name), len(key)) != (4, _KEY_BYTES) for name, key in keys.items()):
            raise KeyFileUnusable(f"{path} does not hold keys of {_KEY_BYTES} bytes")
        return cls(keys)

    @classmethod
    def _make(cls, path: Path) -> Self:
        name, key = secrets.token_bytes(4), secrets.token_bytes(_KEY_BYTES)
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{name.hex()} {base64.b64encode(key).decode()}\n")
        try:
            path.hardlink_to(fresh)  # whole or not at all, and only the first of several
        except FileExistsError:
            return cls.at(path)
        finally:
            fresh.unlink()
        return cls({name: key})

    def encrypt(self, secret: bytes, about: str) -> bytes:
        """The secret encrypted; ``about`` says whose it is, and nothing else decrypts it."""
        name, key = next(iter(self._keys.items()))
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return name + nonce + AESGCM(key).encrypt(nonce, secret, about.encode())

    def decrypt(self, sealed: bytes, about: str) -> bytes:
        """What was encrypted. Raises KeyFileUnusable when no key fits, or it is about something else."""
        name, nonce, rest = sealed[:4], sealed[4 : 4 + _NONCE_BYTES], sealed[4 + _NONCE_BYTES :]
        key = self._keys.get(name)
        if key is None:
            raise KeyFileUnusable(f"the key file has no key {name.hex()}, with which a secret was encrypted")
        try:
            return AESGCM(key).decrypt(nonce, rest, about.encode())
        except InvalidTag:
            raise KeyFileUnusable(f"what the database has for {about} is not what was put there") from None
