"""Changing the rules, by the rules: a change is itself a command that others release.

The command ``approvals.rules`` puts rules and segregations in force and ends others; ``approvals.substitute``
lets one stand in for another who does not say so himself. Whatever the rules say of them, one other
person who keeps the rules agrees. Both run alone, so every decision sees the rules of before or of after.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from sycee.approvals.commands import all_commands, register_command
from sycee.approvals.errors import ForeignCustomer, InvalidRule, RuleNotFound
from sycee.approvals.facts import Facts, Line
from sycee.approvals.records import Approval
from sycee.approvals.rows import moment
from sycee.approvals.rules import NewRule, check_rule
from sycee.approvals.segregation import NewSegregation, check_segregation
from sycee.approvals.stages import Stage
from sycee.approvals.substitutions import NewSubstitution, substitute
from sycee.database import Transaction, UuidArray, as_bank
from sycee.identity import Scope, standings
from sycee.kernel.ids import uuid7
from sycee.kernel.money import Amount

CHANGE_RULES, SUBSTITUTE = "approvals.rules", "approvals.substitute"
MOST_CHANGES = 1_000
_ANOTHER_KEEPER = (Stage(who=f"either:{Scope.APPROVALS_RULES}"),)


class RuleChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Rules and segregations to put in force, and ids of those to end. ``customer``: whose rules they are."""

    customer: UUID | None = None
    rules: tuple[NewRule, ...] = ()
    segregations: tuple[NewSegregation, ...] = ()
    end_rules: tuple[UUID, ...] = ()
    end_segregations: tuple[UUID, ...] = ()


_change = msgspec.json.Decoder(RuleChange)
_substitution = msgspec.json.Decoder(NewSubstitution)


def rule_change(change: RuleChange) -> bytes:
    """The payload of a change of rules. Raises InvalidRule, ForeignCustomer, UnknownCurrency."""
    count = sum(
        len(one) for one in (change.rules, change.segregations, change.end_rules, change.end_segregations)
    )
    if not 0 < count <= MOST_CHANGES:
        raise InvalidRule(f"a change has 1 to {MOST_CHANGES} rules, not {count}")
    commands = all_commands()
    for rule in change.rules:
        check_rule(rule, commands)
    for pair in change.segregations:
        check_segregation(pair)
    if any(rule.customer != change.customer for rule in change.rules):
        raise ForeignCustomer("all rules of a change are the bank's, or all one customer's")
    if change.customer is not None and (change.segregations or change.end_segregations):
        raise InvalidRule("which duties nobody joins is the bank's to say")
    return msgspec.json.encode(change)


def substitution_payload(new: NewSubstitution) -> bytes:
    """The payload of a substitution that somebody else than the absent asks for."""
    return msgspec.json.encode(new)


async def _describe_change(tx: Transaction, payload: bytes) -> Facts:
    change = _change.decode(payload)
    rule_change(change)
    lines = [_rule_line(rule) for rule in change.rules]
    lines += [
        Line(f"Nobody joins: {pair.one} / {pair.other}", f"不相容职责：{pair.one} / {pair.other}")
        for pair in change.segregations
    ]
    for ids, table, names in (
        (change.end_rules, "approval_rules", ("End of rule", "终止规则")),
        (change.end_segregations, "approval_segregations", ("End of segregation", "终止职责分离")),
    ):
        await _held(tx, table, ids, change.customer)
        lines += [Line(f"{names[0]} {id}", f"{names[1]} {id}") for id in ids]
    return Facts(customer=change.customer, things=("approval rules",), lines=tuple(lines))


def _rule_line(rule: NewRule) -> Line:
    limit = ""
    if rule.currency is not None:
        limit = f" ≤ {Amount(rule.up_to, rule.currency)}" if rule.up_to else f" {rule.currency}"
    about = [str(one) for one in (rule.customer, rule.account, rule.counterparty, rule.product) if one]
    needed = ", ".join(str(stage) for stage in rule.stages) or "–"
    what = " ".join([rule.command + limit, *about])
    return Line(
        f"{what}: makers {rule.makers}, then {needed}", f"{what}：经办 {rule.makers} 人，复核 {needed}"
    )


async def _held(tx: Transaction, table: str, ids: Sequence[UUID], customer: UUID | None) -> None:
    """Refuse to end what is not in force, or is not theirs who ask. Raises RuleNotFound."""
    whose = "AND customer IS NOT DISTINCT FROM %(customer)s" if table == "approval_rules" else ""
    cursor = await tx.execute(
        f"SELECT id FROM {table} WHERE id = ANY(%(ids)s)"  # noqa: S608 - names of ours only
        f" AND (valid_to IS NULL OR valid_to > clock_timestamp()) {whose}",
        {"ids": UuidArray(list(ids)), "customer": customer},
    )
    missing = sorted(set(ids) - {row[0] for row in await cursor.fetchall()})
    if missing:
        raise RuleNotFound(f"there is no rule {missing[0]} in force")


async def _execute_change(tx: Transaction, payload: bytes, approval: Approval) -> bytes:
    change = _change.decode(payload)
    rule_change(change)
    now = await moment(tx)
    await _held(tx, "approval_rules", change.end_rules, change.customer)
    await _held(tx, "approval_segregations", change.end_segregations, change.customer)
    for table, ids in (
        ("approval_rules", change.end_rules),
        ("approval_segregations", change.end_segregations),
    ):
        await tx.execute(
            f"UPDATE {table} SET valid_to = greatest(%s, valid_from), ended_by = %s"  # noqa: S608 - ours
            " WHERE id = ANY(%s::uuid[])",
            (now, approval.id, UuidArray(list(ids))),
        )
    made = [await _insert_rule(tx, rule, approval.id, now) for rule in change.rules]
    pairs = [await _insert_pair(tx, pair, approval.id, now) for pair in change.segregations]
    return msgspec.json.encode({"rules": made, "segregations": pairs})


async def _insert_rule(tx: Transaction, rule: NewRule, released_by: UUID, now: datetime) -> UUID:
    """A rule takes the place of that with the same selectors and limit, from its first moment on."""
    start = max(rule.valid_from or now, now)
    if rule.valid_to is not None and rule.valid_to <= start:
        raise InvalidRule("the rule would be over before it is released")
    await tx.execute(
        "UPDATE approval_rules SET valid_to = greatest(%(start)s, valid_from), ended_by = %(by)s"
        " WHERE (valid_to IS NULL OR valid_to > %(start)s) AND command = %(command)s"
        " AND (customer, account, counterparty, product, currency, up_to) IS NOT DISTINCT FROM"
        " (%(customer)s::uuid, %(account)s::bigint, %(counterparty)s::text, %(product)s::text,"
        " %(currency)s::text, %(up_to)s::bigint)",
        {
            "start": start,
            "by": released_by,
            "command": rule.command,
            "customer": rule.customer,
            "account": rule.account,
            "counterparty": rule.counterparty,
            "product": rule.product,
            "currency": rule.currency,
            "up_to": rule.up_to,
        },
    )
    id = uuid7()
    await tx.execute(
        "INSERT INTO approval_rules (id, command, customer, account, counterparty, product, currency, up_to,"
        " makers, stages, note, valid_from, valid_to, released_by)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s, %s, %s)",
        (
            id,
            rule.command,
            rule.customer,
            rule.account,
            rule.counterparty,
            rule.product,
            rule.currency,
            rule.up_to,
            rule.makers,
            msgspec.json.encode(rule.stages).decode(),
            rule.note,
            start,
            rule.valid_to,
            released_by,
        ),
    )
    return id


async def _insert_pair(tx: Transaction, pair: NewSegregation, released_by: UUID, now: datetime) -> UUID:
    id = uuid7()
    await tx.execute(
        "INSERT INTO approval_segregations (id, one, other, note, valid_from, released_by)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        (id, pair.one, pair.other, pair.note, now, released_by),
    )
    return id


async def _describe_substitution(tx: Transaction, payload: bytes) -> Facts:
    new = _substitution.decode(payload)
    async with as_bank(tx):
        people = await standings(tx, {new.absent, new.substitute})
    names = [people[id].name if id in people else str(id) for id in (new.substitute, new.absent)]
    until = f"{new.valid_to:%Y-%m-%d %H:%M}"
    limit = f" ≤ {Amount(new.up_to, new.currency)}" if new.up_to and new.currency else ""
    absent = people.get(new.absent)
    return Facts(
        customer=absent.customer if absent else None,
        things=(f"authority:{new.absent}",),
        lines=(
            Line(
                f"{names[0]} stands in for {names[1]} until {until}: {new.command}{limit}",
                f"{names[0]} 代行 {names[1]} 之权，至 {until}：{new.command}{limit}",
            ),
        ),
    )


async def _execute_substitution(tx: Transaction, payload: bytes, approval: Approval) -> bytes:
    made = await substitute(tx, _substitution.decode(payload), by=approval.maker)
    return msgspec.json.encode(made)


register_command(
    CHANGE_RULES,
    execute=_execute_change,
    describe=_describe_change,
    title_en="Change the rules of approval",
    title_zh="变更审批规则",
    maker=Scope.APPROVALS_RULES,
    default=_ANOTHER_KEEPER,
    least=1,
)
register_command(
    SUBSTITUTE,
    execute=_execute_substitution,
    describe=_describe_substitution,
    title_en="Let somebody stand in for another",
    title_zh="指定代办人",
    maker=Scope.APPROVALS_RULES,
    default=_ANOTHER_KEEPER,
    least=1,
)
