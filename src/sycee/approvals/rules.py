"""Rules of approval: data with dates that say who must agree to what, by amount among other things.

The most special rules that cover a request govern it. A customer's own come before the bank's; then those
of an account, a counterparty, a product, one command rather than several. What touches two accounts is
governed by the rules of each, and of those of the same rank all must be met.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import msgspec
from msgspec.structs import replace

from sycee.approvals.authority import check_stage, is_joint
from sycee.approvals.commands import Command
from sycee.approvals.errors import InvalidRule, NoRuleCovers
from sycee.approvals.facts import Facts
from sycee.approvals.stages import MOST_PERSONS, MOST_STAGES, Stage, capacity
from sycee.database import Transaction, UuidArray
from sycee.kernel import money

T = TypeVar("T")

_PATTERN = re.compile(r"\*|[a-z][a-z_]*(\.[a-z][a-z_]*)*(\.\*)?", re.ASCII)
_LONGEST_NOTE, _LONGEST_TEXT = 500, 200


class NewRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A rule to be put in force.

    ``command`` is a name or a beginning (``payments.*``, ``*``). None in the other selectors means any.
    ``up_to`` is an amount in the currency's minor unit that is still covered. ``makers`` persons have to ask
    for the same; then the stages follow in their order. ``valid_from`` None or past: from its release on.
    """

    command: str
    stages: tuple[Stage, ...]
    customer: UUID | None = None
    account: int | None = None
    counterparty: str | None = None
    product: str | None = None
    currency: str | None = None
    up_to: int | None = None
    makers: int = 1
    note: str = ""
    valid_from: datetime | None = None
    valid_to: datetime | None = None


class Rule(NewRule, frozen=True, kw_only=True):
    """A rule that was released, by the approval ``released_by``."""

    id: UUID
    released_by: UUID


_COLUMNS = (
    "id, command, customer, account, counterparty, product, currency, up_to, makers, stages::text, note,"
    " valid_from, valid_to, released_by"
)
_stages = msgspec.json.Decoder(tuple[Stage, ...])


def matches(pattern: str, command: str) -> bool:
    """Whether a name or a beginning covers a command."""
    if pattern == "*":
        return True
    return command.startswith(pattern[:-1]) if pattern.endswith(".*") else command == pattern


def is_pattern(text: str) -> bool:
    """Whether a text is the name of a command or a beginning of one."""
    return len(text) <= 100 and _PATTERN.fullmatch(text) is not None


def check_rule(rule: NewRule, commands: Sequence[Command]) -> None:
    """Refuse a rule that makes no sense. Raises InvalidRule, UnknownCurrency."""
    covered = [command for command in commands if matches(rule.command, command.name)]
    if not is_pattern(rule.command) or not covered:
        raise InvalidRule(
            f"{rule.command[:60]!r} covers no command: name one, or a beginning such as rates.*"
        )
    _check_values(rule)
    for stage in rule.stages:
        check_stage(stage)
    if sum(is_joint(stage) for stage in rule.stages) > 1:
        raise InvalidRule("a rule asks at most once for what a mandate asks for")
    for command in covered:
        if capacity(rule.stages) + rule.makers - 1 < command.least:
            raise InvalidRule(f"{command.name} takes at least {command.least} persons beside who asks")


def _check_values(rule: NewRule) -> None:
    if rule.currency is not None:
        money.currency(rule.currency)
    if rule.up_to is not None and (rule.currency is None or not 0 < rule.up_to <= money.MAX_MINOR):
        raise InvalidRule(f"a limit is an amount of a currency, from 1 to {money.MAX_MINOR} minor units")
    if not 1 <= rule.makers <= MOST_PERSONS or len(rule.stages) > MOST_STAGES:
        raise InvalidRule(f"a rule has 1 to {MOST_PERSONS} makers and at most {MOST_STAGES} stages")
    if (
        len(rule.note) > _LONGEST_NOTE
        or max(len(rule.counterparty or ""), len(rule.product or "")) > _LONGEST_TEXT
    ):
        raise InvalidRule(f"texts have at most {_LONGEST_TEXT} characters, the note {_LONGEST_NOTE}")
    if any(one is not None and one.tzinfo is None for one in (rule.valid_from, rule.valid_to)):
        raise InvalidRule("moments have an offset from UTC")
    if rule.valid_from is not None and rule.valid_to is not None and rule.valid_to <= rule.valid_from:
        raise InvalidRule("a rule ends after it begins")


def stages_of(rule: NewRule | None, command: Command) -> tuple[Stage, ...]:
    """The stages of a rule, further makers first; those of the command where there is no rule."""
    if rule is None:
        return command.default
    makers = (Stage(who=f"scope:{command.maker}", count=rule.makers - 1),) if rule.makers > 1 else ()
    stages = (*makers, *rule.stages)
    # A pattern may cover a command that was registered after the rule was released.
    return stages if capacity(stages) >= command.least else (*stages, *command.default)


def governing(rules: Collection[Rule], command: Command, facts: Facts) -> list[Rule | None]:
    """The rules that govern a request, of those in force; None stands for the command's own default.

    What touches several accounts, counterparties or products is governed by the rules of each, and by the
    default where there is none: a lenient rule for one of them does not let the others pass. Raises
    NoRuleCovers when the rules that are about it stop below its amount, or speak of other currencies.
    """
    found: dict[UUID | None, Rule | None] = {}
    for part in _parts(rules, facts):
        own = _governing(rules, command, part)
        found |= {rule.id: rule for rule in own} if own else {None: None}
    return list(found.values())


def _parts(rules: Collection[Rule], facts: Facts) -> list[Facts]:
    """The request once for each account, counterparty and product that a rule may tell from the others."""
    return [
        replace(facts, accounts=accounts, counterparties=counterparties, products=products)
        for accounts in _told_apart(facts.accounts, {rule.account for rule in rules})
        for counterparties in _told_apart(facts.counterparties, {rule.counterparty for rule in rules})
        for products in _told_apart(facts.products, {rule.product for rule in rules})
    ]


def _told_apart(touched: tuple[T, ...], named: Collection[T | None]) -> list[tuple[T, ...]]:
    """Each of what is named by itself, and all that is not, together."""
    parts: list[tuple[T, ...]] = [(one,) for one in dict.fromkeys(touched) if one in named]
    rest = tuple(one for one in touched if one not in named)
    if rest or not parts:
        parts.append(rest)
    return parts


def _governing(rules: Collection[Rule], command: Command, facts: Facts) -> list[Rule]:
    by_selector: dict[tuple[object, ...], list[Rule]] = defaultdict(list)
    for rule in rules:
        if _is_about(rule, command, facts):
            selector = (rule.customer, rule.account, rule.counterparty, rule.product, rule.command)
            by_selector[selector].append(rule)
    if not by_selector:
        return []
    ranks = {selector: _rank(found[0]) for selector, found in by_selector.items()}
    highest = max(ranks.values())
    return [
        _tier(found, command.name, facts)
        for selector, found in by_selector.items()
        if ranks[selector] == highest
    ]


def _is_about(rule: Rule, command: Command, facts: Facts) -> bool:
    return (
        any(matches(rule.command, name) for name in command.names)
        and rule.customer in (None, facts.customer)
        and (rule.account is None or rule.account in facts.accounts)
        and (rule.counterparty is None or rule.counterparty in facts.counterparties)
        and (rule.product is None or rule.product == facts.package or rule.product in facts.products)
    )


def _rank(rule: Rule) -> tuple[int, ...]:
    named = (rule.customer, rule.account, rule.counterparty, rule.product)
    exact = not rule.command.endswith("*")
    return (*(int(one is not None) for one in named), int(exact), len(rule.command))


def _tier(rules: Sequence[Rule], command: str, facts: Facts) -> Rule:
    """The tightest tier that covers the amount; of what has no amount, the highest."""
    covering = [
        rule
        for rule in rules
        if (rule.currency is None or facts.amount is None or rule.currency == facts.currency)
        and (rule.up_to is None or facts.amount is None or facts.amount <= rule.up_to)
    ]
    if not covering:
        asked = money.Amount(facts.amount or 0, facts.currency or "CNY")
        raise NoRuleCovers(
            f"the rules of {command} say nothing of {asked}: they stop below, or at other currencies"
        )
    limits = [rule for rule in covering if rule.up_to is not None]
    if facts.amount is None:
        without = [rule for rule in covering if rule.up_to is None]
        return max(without or limits, key=lambda rule: (rule.up_to or 0, rule.currency or "", rule.id))
    if limits:
        return min(limits, key=lambda rule: (rule.up_to or 0, rule.id))
    return max(covering, key=lambda rule: (rule.currency is not None, rule.id))


async def rules_in_force(
    tx: Transaction, at: datetime, customers: Collection[UUID] | None = None
) -> list[Rule]:
    """Rules that hold at a moment: the bank's, and those of some customers (None: of all)."""
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM approval_rules"  # noqa: S608 - names of ours only
        " WHERE valid_from <= %(at)s AND (valid_to IS NULL OR valid_to > %(at)s)"
        " AND (customer IS NULL OR %(all)s OR customer = ANY(%(customers)s)) ORDER BY id",
        {"at": at, "all": customers is None, "customers": UuidArray(list(customers or ()))},
    )
    return [
        Rule(
            id=row[0],
            command=row[1],
            customer=row[2],
            account=row[3],
            counterparty=row[4],
            product=row[5],
            currency=row[6],
            up_to=row[7],
            makers=row[8],
            stages=_stages.decode(row[9]),
            note=row[10],
            valid_from=row[11],
            valid_to=row[12],
            released_by=row[13],
        )
        for row in await cursor.fetchall()
    ]
