"""``sycee token``: issue, list and revoke the bearer tokens that the API accepts.

Done on the database, not through the API: whoever holds the database may decide who holds a token.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Annotated

import typer

from sycee.cli.books import books, opened
from sycee.cli.options import DatabaseUrl, DataDir, Json, local_settings
from sycee.cli.output import hint, out, print_json, table
from sycee.identity import IssuedToken, Scope, Token, issue_token, list_tokens, revoke_token
from sycee.kernel.clock import now

app = typer.Typer(no_args_is_help=True, help="Issue, list and revoke the tokens that the API accepts.")


def _state(token: Token) -> str:
    if token.revoked_at is not None:
        return "revoked"
    if token.expires_at is not None and token.expires_at <= now():
        return "expired"
    return "valid"


def _time(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S") if moment else ""


def _public(token: Token) -> dict[str, object]:
    return {
        "id": token.id,
        "name": token.name,
        "scopes": sorted(token.scopes),
        "last_digits": token.last_digits,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
        "state": _state(token),
    }


@app.command("issue")
def issue(
    name: Annotated[str, typer.Argument(help="Whose token it is, for the record.")],
    scope: Annotated[
        list[Scope] | None,
        typer.Option(
            "--scope", help="What it may do; may be given several times. Default: admin, everything."
        ),
    ] = None,
    days: Annotated[
        int | None, typer.Option("--days", min=1, help="Valid for so many days. Default: for ever.")
    ] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Issue a token and show its text: this once, it is stored as a hash only."""
    scopes = [item.value for item in scope or [Scope.ADMIN]]
    expires_at = now() + timedelta(days=days) if days else None

    async def work(url: str) -> IssuedToken:
        async with opened(url) as database, database.transaction() as tx:
            return await issue_token(tx, name, scopes, expires_at=expires_at)

    with books(local_settings(data_dir, database_url)) as url:
        issued = asyncio.run(work(url))
    if json:
        print_json({**_public(issued.token), "token": issued.text})
        return
    out.print(issued.text, markup=False, soft_wrap=True)
    hint(f"this is token {issued.token.id}; its text is not shown again")


@app.command("list")
def list_all(data_dir: DataDir = None, database_url: DatabaseUrl = None, json: Json = False) -> None:
    """List every token that was ever issued, without its secret."""

    async def work(url: str) -> list[Token]:
        async with opened(url) as database, database.transaction() as tx:
            return await list_tokens(tx)

    with books(local_settings(data_dir, database_url)) as url:
        tokens = asyncio.run(work(url))
    if json:
        print_json({"tokens": [_public(token) for token in tokens]})
        return
    rows = [
        [
            token.id,
            token.name,
            " ".join(sorted(token.scopes)),
            f"…{token.last_digits}",
            _state(token),
            _time(token.created_at),
            _time(token.expires_at),
        ]
        for token in tokens
    ]
    out.print(table("Tokens", ["id", "name", "scopes", "ends in", "state", "issued", "expires"], rows))


@app.command("revoke")
def revoke(
    token_id: Annotated[
        str, typer.Argument(metavar="ID", help="Id of the token, as `sycee token list` shows it.")
    ],
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Revoke a token; running servers refuse it from the next request on."""

    async def work(url: str) -> Token:
        async with opened(url) as database, database.transaction() as tx:
            return await revoke_token(tx, token_id)

    with books(local_settings(data_dir, database_url)) as url:
        token = asyncio.run(work(url))
    if json:
        print_json(_public(token))
    else:
        out.print(f"revoked {token.id} ({token.name})", markup=False)
