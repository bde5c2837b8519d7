"""What roles allow, and who is given one: a command that takes a second person, and never who is given it."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from sycee.approvals.commands import register_command
from sycee.approvals.facts import Facts, Line
from sycee.approvals.records import Approval
from sycee.approvals.rows import votes_on
from sycee.approvals.stages import Stage
from sycee.database import Transaction
from sycee.identity import (
    NewGrant,
    NewRole,
    OwnGrant,
    RoleNotFound,
    Scope,
    define_role,
    get_principal,
    get_role,
    grant_role,
)

CHANGE_ROLES = "identity.roles"
"""The name of the command."""


class DefineRole(msgspec.Struct, frozen=True, tag="define"):
    """Make a role, or change what one allows."""

    role: NewRole


class GiveRole(msgspec.Struct, frozen=True, tag="give"):
    """Give a role to somebody."""

    grant: NewGrant
    reason: str


RoleChange: TypeAlias = DefineRole | GiveRole
_change: msgspec.json.Decoder[RoleChange] = msgspec.json.Decoder(RoleChange)


def role_change(change: RoleChange) -> bytes:
    """The payload of a change."""
    return msgspec.json.encode(change)


async def _describe(tx: Transaction, payload: bytes) -> Facts:
    change = _change.decode(payload)
    if isinstance(change, DefineRole):
        return await _defined(tx, change.role)
    new = change.grant
    person, role = await get_principal(tx, new.principal), await get_role(tx, new.role)
    limits = [
        f"{name} {value}"
        for name, value in (
            ("customer", new.customer),
            ("cell", new.cell),
            ("branch", new.branch),
            ("product", new.product),
            ("amount", new.amount),
            ("from", new.valid_from),
            ("until", new.valid_until),
        )
        if value is not None
    ]
    within = "; ".join(limits) or "–"
    return Facts(
        customer=person.customer,
        things=(f"authority:{person.id}",),
        lines=(
            Line(
                f"{person.name} ({person.login}) is given the role {role.title}",
                f"授予{person.local_name or person.name}（{person.login}）角色：{role.local_title}",
            ),
            Line(f"Limits: {within}", f"范围：{within}"),
            Line(f"Reason: {change.reason}", f"理由：{change.reason}"),
        ),
    )


async def _defined(tx: Transaction, new: NewRole) -> Facts:
    try:
        before = frozenset((await get_role(tx, new.id)).permissions)
    except RoleNotFound:
        before = frozenset()
    more = ", ".join(sorted(frozenset(new.permissions) - before)) or "–"
    less = ", ".join(sorted(before - frozenset(new.permissions))) or "–"
    return Facts(
        things=(f"role:{new.id}",),
        lines=(
            Line(f"Role {new.id}, {new.title}", f"角色{new.id}，{new.local_title}"),
            Line(f"Allows from now on: {more}", f"新增权限：{more}"),
            Line(f"Allows no longer: {less}", f"取消权限：{less}"),
        ),
    )


async def _execute(tx: Transaction, payload: bytes, approval: Approval) -> bytes:
    change, by = _change.decode(payload), str(approval.maker)
    if isinstance(change, DefineRole):
        return msgspec.json.encode({"role": (await define_role(tx, change.role, by=by)).id})
    votes = (await votes_on(tx, [approval.id]))[approval.id]
    if any(change.grant.principal in (vote.principal, vote.acting_for) for vote in votes):
        raise OwnGrant("who is given a role does not agree to it: somebody else must")
    made = await grant_role(tx, change.grant, by=by, reason=change.reason)
    return msgspec.json.encode({"grant": made.id})


register_command(
    CHANGE_ROLES,
    execute=_execute,
    describe=_describe,
    title_en="Change roles",
    title_zh="变更角色",
    maker=Scope.IDENTITY_WRITE,
    default=(Stage(who="bank:approvals:decide"),),
    least=1,
)
