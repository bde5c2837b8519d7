"""Resets of somebody's password or second factor: a command that takes a second person.

Whoever could do both alone could sign in as anybody. The first password that is to be set is in the payload
as a hash; the person who asks is told it, and it is worth nothing until another has agreed.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

import msgspec

from sycee.approvals.commands import register_command
from sycee.approvals.facts import Facts, Line
from sycee.approvals.records import Approval
from sycee.database import Transaction
from sycee.identity import Scope, get_principal, reset_second_factor, set_first_password

RESET_CREDENTIALS = "identity.reset"
"""The name of the command."""


class CredentialReset(msgspec.Struct, frozen=True, kw_only=True):
    """Whose credentials, which, and why; ``hashed`` is the first password that is to be set, as its hash."""

    principal: UUID
    what: Literal["password", "second_factor"]
    reason: str
    hashed: str = ""


_reset = msgspec.json.Decoder(CredentialReset)


def credential_reset(reset: CredentialReset) -> bytes:
    """The payload of a reset."""
    return msgspec.json.encode(reset)


async def _describe(tx: Transaction, payload: bytes) -> Facts:
    reset = _reset.decode(payload)
    person = await get_principal(tx, reset.principal)
    what, local = {
        "password": ("Set a new password for", "重置密码"),
        "second_factor": ("Forget the device of", "重置第二因素"),
    }[reset.what]
    return Facts(
        customer=person.customer,
        things=(f"authority:{person.id}",),
        lines=(
            Line(
                f"{what} {person.name} ({person.login}): {reset.reason}",
                f"{local}：{person.local_name or person.name}（{person.login}）：{reset.reason}",
            ),
        ),
    )


async def _execute(tx: Transaction, payload: bytes, approval: Approval) -> bytes:
    reset, by = _reset.decode(payload), str(approval.maker)
    if reset.what == "password":
        await set_first_password(tx, reset.principal, reset.hashed, by=by, reason=reset.reason)
    else:
        await reset_second_factor(tx, reset.principal, by=by, reason=reset.reason)
    return msgspec.json.encode({"principal": reset.principal, "what": reset.what})


register_command(
    RESET_CREDENTIALS,
    execute=_execute,
    describe=_describe,
    title_en="Reset credentials",
    title_zh="重置登录凭据",
    maker=Scope.IDENTITY_WRITE,
    least=1,
)
