"""``sycee principal``: who may ask the bank, and what those in charge do about it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from uuid import UUID

import typer

from sycee.cli.connection import remote
from sycee.cli.options import Json, uuid_argument, uuid_option
from sycee.cli.output import facts, hint, out, print_json, table
from sycee.client import NewPrincipal, Principal, Sycee

app = typer.Typer(
    no_args_is_help=True, help="Staff, users of customers, machines: make, suspend, close them."
)

PrincipalId = Annotated[UUID, uuid_argument("PRINCIPAL", "Id of the principal, a UUID.")]
Why = Annotated[str, typer.Option("--reason", help="Why: it goes on record.")]


class Kind(StrEnum):
    """The kinds of principal, as options name them."""

    STAFF = "staff"
    CUSTOMER_USER = "customer_user"
    MACHINE = "machine"


class What(StrEnum):
    """What can be reset, as options name it."""

    PASSWORD = "password"  # noqa: S105 - a name
    SECOND_FACTOR = "second_factor"
    LOCK_OUT = "lock_out"


def _report(principal: Principal, json: bool) -> None:
    if json:
        print_json(principal)
        return
    pairs: list[tuple[str, object]] = [
        ("id", principal.id),
        ("kind", principal.kind),
        ("login", principal.login),
        ("name", principal.name),
        ("local name", principal.local_name),
        ("customer", principal.customer),
        ("person", principal.person),
        ("may do at most", " ".join(principal.scopes)),
        ("state", principal.state),
        ("why", principal.state_reason),
        ("made", f"{principal.created_at:%Y-%m-%d %H:%M} by {principal.created_by}"),
    ]
    out.print(facts("Principal", pairs))


@app.command("create")
@remote
async def create(
    bank: Sycee,
    login: Annotated[str, typer.Argument(help="Login: small letters, digits and . _ @ + -.")],
    *,
    name: Annotated[str, typer.Option("--name", help="Name.")],
    kind: Annotated[Kind, typer.Option("--kind", help="What it is.")] = Kind.STAFF,
    local_name: Annotated[str, typer.Option("--local-name", help="Name in its own language.")] = "",
    customer: Annotated[UUID | None, uuid_option("--customer", "Whose user or machine it is.")] = None,
    person: Annotated[UUID | None, uuid_option("--person", "Who signs under the mandates.")] = None,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="What a machine may do; may be given several times.")
    ] = None,
    json: Json = False,
) -> None:
    """Make a principal. A person then needs a first password: `sycee principal reset`."""
    new = NewPrincipal(
        kind=kind.value,
        login=login,
        name=name,
        local_name=local_name,
        customer=customer,
        person=person,
        scopes=tuple(scope or ()),
    )
    (made,) = await bank.create_principals([new])
    _report(made, json)
    if kind is Kind.MACHINE:
        hint(f"`sycee oauth create {made.id} --scope ...` makes a client for it")
    else:
        hint(f"`sycee principal reset {made.id} password --reason ...` gives a first password")


@app.command("list")
@remote
async def list_all(
    bank: Sycee,
    *,
    kind: Annotated[Kind | None, typer.Option("--kind", help="Of this kind only.")] = None,
    login: Annotated[str | None, typer.Option("--login", help="With this login.")] = None,
    customer: Annotated[UUID | None, uuid_option("--customer", "Of this customer only.")] = None,
    json: Json = False,
) -> None:
    """List principals, oldest first."""
    found = [
        one
        async for one in bank.principals(
            kind=kind.value if kind is not None else None, login=login, customer=customer
        )
    ]
    if json:
        print_json({"principals": found})
        return
    rows = [[one.id, one.login, one.kind, one.name, one.state, one.customer] for one in found]
    out.print(table("Principals", ["id", "login", "kind", "name", "state", "customer"], rows))


@app.command("show")
@remote
async def show(bank: Sycee, principal: PrincipalId, json: Json = False) -> None:
    """Show a principal."""
    _report(await bank.principal(principal), json)


@app.command("suspend")
@remote
async def suspend(bank: Sycee, principal: PrincipalId, *, reason: Why, json: Json = False) -> None:
    """Refuse a principal everything, from the next request on."""
    _report(await bank.suspend_principal(principal, reason=reason), json)


@app.command("resume")
@remote
async def resume(bank: Sycee, principal: PrincipalId, *, reason: Why, json: Json = False) -> None:
    """Let a suspended principal work again."""
    _report(await bank.resume_principal(principal, reason=reason), json)


@app.command("close")
@remote
async def close(bank: Sycee, principal: PrincipalId, *, reason: Why, json: Json = False) -> None:
    """Refuse a principal everything for good."""
    _report(await bank.close_principal(principal, reason=reason), json)


@app.command("reset")
@remote
async def reset(
    bank: Sycee,
    principal: PrincipalId,
    what: Annotated[What, typer.Argument(help="What is reset.")],
    *,
    reason: Why,
    json: Json = False,
) -> None:
    """Set a first password, forget a lost device, or lift a lock-out.

    To reset what a person has already takes another's agreement (`sycee approval`).
    """
    done = await bank.reset_credentials(principal, what.value, reason=reason)
    if json:
        print_json(done)
        return
    if done.approval is not None:
        hint(f"another person has to agree first: `sycee approval show {done.approval}`")
    if done.first_password is not None:
        out.print(done.first_password, markup=False)
        hint("to be changed at the first sign-in, within three days; it is not shown again")
    elif done.approval is None:
        out.print(f"reset {what.value} of {principal}", markup=False)


@app.command("sessions")
@remote
async def sessions(bank: Sycee, principal: PrincipalId, json: Json = False) -> None:
    """List somebody's open sessions."""
    found = await bank.sessions_of(principal)
    if json:
        print_json({"sessions": found})
        return
    rows = [
        [one.id, one.address, one.agent, f"{one.created_at:%Y-%m-%d %H:%M}", f"{one.last_seen_at:%H:%M}"]
        for one in found
    ]
    out.print(table("Sessions", ["id", "from", "by", "opened", "last seen"], rows))


@app.command("end-sessions")
@remote
async def end_sessions(bank: Sycee, principal: PrincipalId, *, reason: Why, json: Json = False) -> None:
    """End all of somebody's sessions."""
    ended = await bank.end_sessions(principal, reason=reason)
    if json:
        print_json({"ended": ended})
    else:
        out.print(f"ended {ended} sessions")
