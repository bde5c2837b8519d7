"""Which bank to speak to, and with which token, when a program does not say.

``SYCEE_URL`` and ``SYCEE_TOKEN`` come first; then the session that ``sycee login`` opened; then the file that
``sycee up`` leaves in its data directory. The files are readable by their owner only. So on one machine
nothing needs to be told at all.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from sycee.kernel.settings import Settings

FILE_NAME = "credentials.json"
SESSION_FILE_NAME = "session.json"


class Credentials(msgspec.Struct, frozen=True):
    """An address (``http://127.0.0.1:8800``) and a bearer token for it; the token may be missing."""

    url: str
    token: str | None = None


def find_credentials(data_dir: Path | None = None, url: str | None = None) -> Credentials:
    """The credentials for ``url`` (default: the bank of the environment, then of ``data_dir``, then local).

    The file's token is only used for the file's own address: a token never travels to a server that it
    was not issued by.
    """
    settings = Settings.load(os.environ)
    stored = read_credentials(data_dir or settings.data_dir)
    session = read_credentials(data_dir or settings.data_dir, SESSION_FILE_NAME)
    token = os.environ.get("SYCEE_TOKEN") or None
    url = url or os.environ.get("SYCEE_URL") or None
    if url is None:
        found = session or stored
        url = found.url if found else f"http://{settings.host}:{settings.port}"
    if token is None and session is not None and session.url.rstrip("/") == url.rstrip("/"):
        token = session.token
    if token is None and stored is not None and stored.url.rstrip("/") == url.rstrip("/"):
        token = stored.token
    return Credentials(url=url, token=token)


def read_credentials(data_dir: Path, name: str = FILE_NAME) -> Credentials | None:
    """What ``sycee up`` left in a data directory; None when it left nothing readable."""
    try:
        return msgspec.json.decode((data_dir / name).read_bytes(), type=Credentials)
    except (OSError, msgspec.DecodeError):
        return None


def write_credentials(data_dir: Path, credentials: Credentials, name: str = FILE_NAME) -> Path:
    """Put the credentials where ``find_credentials`` looks, readable by the owner only."""
    path = data_dir / name
    fresh = data_dir / f".{name}.new"
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(credentials), indent=2) + b"\n")
    fresh.replace(path)
    return path
