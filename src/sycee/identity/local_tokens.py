"""The token by which whoever started a bank on this machine may speak to it."""

from __future__ import annotations

import socket

from sycee.database import Database
from sycee.identity.authentication import authenticate
from sycee.identity.errors import InvalidToken, PrincipalNotActive
from sycee.identity.scopes import Scope
from sycee.identity.tokens import issue_token, list_tokens


async def local_token(database: Database, stored: str | None, *, owned: bool) -> tuple[str | None, bool]:
    """A token for this machine: ``stored`` when that is valid here, or a new one; and whether it is new.

    ``owned``: the database is this bank's own. In another's, only the very first token is ours to take; None
    when there is one already.
    """
    if stored is not None and await _is_valid(database, stored):
        return stored, False
    async with database.transaction() as tx:
        if not owned and await list_tokens(tx):
            return None, False
        issued = await issue_token(tx, f"sycee up on {socket.gethostname()}", [Scope.ADMIN])
    return issued.text, True


async def _is_valid(database: Database, token: str) -> bool:
    try:
        async with database.transaction() as tx:
            await authenticate(tx, token)
    except (InvalidToken, PrincipalNotActive):
        return False
    return True
