"""Giving people authority, as a command that takes a second person: ``identity.grants``.

A role that is given, or defined anew: whoever could do it alone could let a friend do anything. The one who
gets it does not agree to it either. Taking a role away waits for nobody.
"""

from __future__ import annotations

from typing import TypeAlias
from uuid import UUID

import msgspec

from sycee.approvals.commands import register_command
from sycee.approvals.facts import Facts, Line
from sycee.approvals.records import Actor, Approval
from sycee.approvals.requests import request_approval
from sycee.approvals.rows import votes_on
from sycee.approvals.stages import Stage
from sycee.database import Transaction, as_bank
from sycee.identity import (
    Grant,
    NewGrant,
    NewRole,
    OwnGrant,
    Role,
    Scope,
    define_role,
    get_principal,
    get_role,
    grant_role,
    list_roles,
    standings,
)

GIVE_ROLES = "identity.grants"
"""The name of the command."""

_NONE = "–"


class RoleToGive(msgspec.Struct, frozen=True, kw_only=True, tag="grant"):
    """A role that somebody is to be given, and why."""

    grant: NewGrant
    reason: str


class RoleToDefine(msgspec.Struct, frozen=True, kw_only=True, tag="role"):
    """What a role is to allow, for all who have it."""

    role: NewRole


RoleAct: TypeAlias = RoleToGive | RoleToDefine
_act: msgspec.json.Decoder[RoleAct] = msgspec.json.Decoder(RoleAct)


async def ask_for_role(tx: Transaction, act: RoleAct, *, by: Actor, id: UUID) -> Approval:
    """Ask for a role to be given or defined, which always waits.

    Raises what doing it raises, and what ``request_approval`` raises.
    """
    if isinstance(act, RoleToGive) and act.grant.principal == by.principal:
        raise OwnGrant("nobody asks for a role of his or her own: somebody else must")
    return await request_approval(tx, GIVE_ROLES, msgspec.json.encode(act), by=by, id=id)


async def _do(tx: Transaction, act: RoleAct, by: str) -> Grant | Role:
    if isinstance(act, RoleToGive):
        return await grant_role(tx, act.grant, by=by, reason=act.reason)
    return await define_role(tx, act.role, by=by)


async def _describe(tx: Transaction, payload: bytes) -> Facts:
    act = _act.decode(payload)
    async with as_bank(tx):  # whose request it is, is said by the customer of who is to get it
        before = {role.id: role for role in await list_roles(tx)}
        async with tx.transaction(force_rollback=True):  # what could never be done is refused at once
            made = await _do(tx, act, "")
        if isinstance(made, Role):
            return Facts(things=(f"role:{made.id}",), lines=_role_lines(made, before.get(made.id)))
        return await _grant_facts(tx, made)


async def _grant_facts(tx: Transaction, grant: Grant) -> Facts:
    person, role = await get_principal(tx, grant.principal), await get_role(tx, grant.role)
    who, local = f"{person.name} ({person.login})", f"{person.local_name or person.name}（{person.login}）"
    limits = [
        f"{name} {value}"
        for name, value in (
            ("customer", grant.customer),
            ("cell", grant.cell),
            ("branch", grant.branch),
            ("product", grant.product),
            ("amount", grant.amount),
        )
        if value is not None
    ]
    within, until = ", ".join(limits), grant.valid_until
    return Facts(
        customer=person.customer,
        things=(f"authority:{person.id}",),
        lines=(
            Line(f"{who} gets the role {role.title} ({role.id})", f"授予{local}角色：{role.local_title}"),
            Line(f"It allows: {_listed(role.permissions)}", f"权限：{_listed(role.permissions)}"),
            Line(f"Limits: {within or 'none'}", f"范围限制：{within or '无'}"),
            Line(
                f"From {grant.valid_from:%Y-%m-%d %H:%M %Z}, until {until or _NONE}",
                f"自{grant.valid_from:%Y-%m-%d %H:%M %Z}起，至{until or _NONE}",
            ),
            Line(f"Reason: {grant.reason}", f"原因：{grant.reason}"),
        ),
    )


def _role_lines(role: Role, before: Role | None) -> tuple[Line, ...]:
    had = before.permissions if before is not None else frozenset()
    added, gone = role.permissions - had, had - role.permissions
    return (
        Line(f"Role {role.title} ({role.id})", f"角色：{role.local_title}（{role.id}）"),
        Line(f"It will allow, and did not: {_listed(added)}", f"新增权限：{_listed(added)}"),
        Line(f"It will no longer allow: {_listed(gone)}", f"取消权限：{_listed(gone)}"),
    )


def _listed(permissions: frozenset[str]) -> str:
    return ", ".join(sorted(permissions)) or _NONE


async def _execute(tx: Transaction, payload: bytes, approval: Approval) -> bytes:
    act = _act.decode(payload)
    if isinstance(act, RoleToGive):
        await _refuse_own(tx, act.grant.principal, approval)
    made = await _do(tx, act, str(approval.maker))
    return msgspec.json.encode({"grant" if isinstance(made, Grant) else "role": made.id})


async def _refuse_own(tx: Transaction, principal: UUID, approval: Approval) -> None:
    """Refuse when the person who is to get a role asked for it or agreed to it, as whichever principal."""
    known = await standings(tx, [principal])
    own = {principal, *(one.human for one in known.values())}
    votes = (await votes_on(tx, [approval.id])).get(approval.id, [])
    spoke = {approval.maker_human, approval.maker_for}
    spoke |= {id for vote in votes for id in (vote.human, vote.acting_for) if vote.vote == "yes"}
    if own & spoke:
        raise OwnGrant("who is to get the role asked for it or agreed to it: others must")


register_command(
    GIVE_ROLES,
    execute=_execute,
    describe=_describe,
    title_en="Give authority",
    title_zh="授予权限",
    maker=Scope.IDENTITY_WRITE,
    default=(Stage(who="either:approvals:decide"),),
    least=1,
)
