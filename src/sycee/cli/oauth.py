"""``sycee oauth``: machines' clients, their access tokens, and the keys that sign those."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from sycee.cli.connection import remote
from sycee.cli.options import Json
from sycee.cli.output import facts, hint, out, print_json, table
from sycee.cli.principals import PrincipalId, Why
from sycee.cli.sign_in import ask
from sycee.client import AskedClient, Sycee
from sycee.kernel.clock import now

app = typer.Typer(no_args_is_help=True, help="Access tokens for machines: clients and signing keys.")

ClientId = Annotated[str, typer.Argument(metavar="CLIENT", help="Id of the client.")]


def _key(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise typer.BadParameter(f"{path} does not hold a JWK: {error}") from None


@app.command("create")
@remote
async def create(
    bank: Sycee,
    principal: PrincipalId,
    *,
    scope: Annotated[list[str], typer.Option("--scope", help="What it may do; several times.")],
    name: Annotated[str, typer.Option("--name", help="For the record.")] = "client",
    public_key: Annotated[
        Path | None,
        typer.Option(
            "--public-key", help="File with a JWK, in place of a secret.", exists=True, dir_okay=False
        ),
    ] = None,
    days: Annotated[int | None, typer.Option("--days", min=1, help="Valid for so many days.")] = None,
    json: Json = False,
) -> None:
    """Make a client of a machine, and show its secret this once."""
    made = await bank.create_client(
        principal,
        name,
        scope,
        public_key=_key(public_key),
        expires_at=now() + timedelta(days=days) if days else None,
    )
    if json:
        print_json(made)
        return
    id = made.id if isinstance(made, AskedClient) else made.client.id
    out.print(facts("OAuth client", [("id", id), ("secret", made.secret)]))
    if isinstance(made, AskedClient):
        hint(f"it waits for approval {made.approval}; `sycee approval approve {made.approval}` agrees to it")
    if made.secret is not None:
        hint("the secret is not shown again")


@app.command("list")
@remote
async def list_all(bank: Sycee, principal: PrincipalId, json: Json = False) -> None:
    """List every client that a machine ever had."""
    found = await bank.clients_of(principal)
    if json:
        print_json({"clients": found})
        return
    rows = [
        [one.id, one.name, " ".join(one.scopes), "key" if one.public_key else "secret", one.revoked_at]
        for one in found
    ]
    out.print(table("OAuth clients", ["id", "name", "may do", "proves itself by", "revoked"], rows))


@app.command("revoke")
@remote
async def revoke(bank: Sycee, client: ClientId, *, reason: Why, json: Json = False) -> None:
    """Refuse a client and all its access tokens, from the next request on."""
    found = await bank.revoke_client(client, reason=reason)
    if json:
        print_json(found)
    else:
        out.print(f"revoked {found.id} ({found.name})", markup=False)


@app.command("token")
@remote
async def token(
    bank: Sycee,
    client: ClientId,
    *,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="No more than this; several times.")
    ] = None,
    json: Json = False,
) -> None:
    """Get an access token for a client; its secret is asked for, or read from standard input."""
    found = await bank.access_token(client, ask("Secret"), scopes=scope)
    if json:
        print_json(found)
    else:
        out.print(found.access_token, markup=False, soft_wrap=True)


@app.command("keys")
@remote
async def keys(bank: Sycee, json: Json = False) -> None:
    """Show the public keys that verify access tokens; as a JWK set with --json."""
    found = await bank.public_keys()
    if json:
        print_json({"keys": found})
        return
    rows = [[key["kid"], key["crv"], key["x"]] for key in found]
    out.print(table("Public keys", ["id", "curve", "x"], rows))


@app.command("rotate-keys")
@remote
async def rotate_keys(
    bank: Sycee,
    *,
    compromised: Annotated[
        bool, typer.Option("--compromised", help="Refuse at once what the old keys signed.")
    ] = False,
    json: Json = False,
) -> None:
    """Make a new signing key; the old ones verify until what they signed has expired."""
    made = await bank.rotate_signing_keys(compromised=compromised)
    if json:
        print_json(made)
    else:
        out.print(
            f"made {made.id}, which signs from {made.signs_from:%Y-%m-%d %H:%M:%S} UTC on", markup=False
        )
