"""What lets a program act: machines with their scopes, and the OAuth clients with which they sign in.

Whoever could make both alone could act as a program, and then nothing that programs do at once would be safe.
The secret of a client is in the payload as a hash; the person who asks is told it, and it opens nothing until
another has agreed.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from sycee.approvals.commands import register_command
from sycee.approvals.facts import Facts, Line
from sycee.approvals.records import Approval
from sycee.approvals.stages import Stage
from sycee.database import Transaction
from sycee.identity import (
    NewClient,
    NewPrincipal,
    Scope,
    check_principals,
    create_principals,
    get_principal,
    keep_client,
)

LET_MACHINES = "identity.machines"
"""The name of the command."""


class MakePrincipals(msgspec.Struct, frozen=True, tag="principals"):
    """Make principals, machines among them."""

    principals: tuple[NewPrincipal, ...]


class MakeClient(msgspec.Struct, frozen=True, tag="client"):
    """Make an OAuth client of a machine."""

    client: NewClient


MachineChange: TypeAlias = MakePrincipals | MakeClient
_change: msgspec.json.Decoder[MachineChange] = msgspec.json.Decoder(MachineChange)


def machine_change(change: MachineChange) -> bytes:
    """The payload of a change."""
    return msgspec.json.encode(change)


async def _describe(tx: Transaction, payload: bytes) -> Facts:
    change = _change.decode(payload)
    if isinstance(change, MakeClient):
        machine = await get_principal(tx, change.client.principal)
        client, scopes = change.client, ", ".join(change.client.scopes)
        return Facts(
            customer=machine.customer,
            things=(f"authority:{machine.id}",),
            lines=(
                Line(
                    f"{machine.name} ({machine.login}) may sign in as client {client.name}: {scopes}",
                    f"{machine.local_name or machine.name}（{machine.login}）"
                    f"可用客户端{client.name}登录：{scopes}",
                ),
            ),
        )
    principals = check_principals(change.principals)
    customers = {one.customer for one in principals}
    return Facts(
        customer=customers.pop() if len(customers) == 1 else None,
        things=tuple(f"authority:{one.id}" for one in principals),
        lines=tuple(
            Line(
                f"{one.kind} {one.name} ({one.login}): {', '.join(one.scopes) or '–'}",
                f"{one.kind} {one.local_name or one.name}（{one.login}）：{', '.join(one.scopes) or '–'}",
            )
            for one in principals
        ),
    )


async def _execute(tx: Transaction, payload: bytes, approval: Approval) -> bytes:
    change, by = _change.decode(payload), str(approval.maker)
    if isinstance(change, MakeClient):
        client = await keep_client(tx, change.client, by=by)
        return msgspec.json.encode({"client": client.id})
    made = await create_principals(tx, change.principals, by=by)
    return msgspec.json.encode({"principals": [one.id for one in made]})


register_command(
    LET_MACHINES,
    execute=_execute,
    describe=_describe,
    title_en="Let programs act",
    title_zh="授权程序",
    maker=Scope.IDENTITY_WRITE,
    default=(Stage(who="bank:approvals:decide"),),
    least=1,
)
