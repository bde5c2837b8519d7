"""Substitution and delegation: for some time, somebody may use another's authority.

For some commands, up to an amount. It is not passed on: a substitute's substitute has the substitute's own
authority only.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from sycee.approvals.errors import InvalidSubstitution, NotASubstitute, SubstitutionNotFound
from sycee.approvals.facts import Facts
from sycee.approvals.records import Actor
from sycee.approvals.rows import hold_rules, moment
from sycee.approvals.rules import is_pattern, matches
from sycee.database import Transaction, UuidArray, as_bank
from sycee.identity import standings
from sycee.kernel import money
from sycee.kernel.ids import uuid7

LONGEST = timedelta(days=366)
_LONGEST_REASON = 500
_COLUMNS = (
    "id, customer, absent, substitute, command, currency, up_to, reason, valid_from, valid_to, made_by,"
    " made_at, ended_by"
)


class NewSubstitution(msgspec.Struct, frozen=True, kw_only=True):
    """``substitute`` may use the authority of ``absent`` until ``valid_to`` (from now on, by default).

    ``command`` narrows it to a command or a beginning of names, ``up_to`` (minor units of ``currency``) to
    amounts: what has no amount is then not covered.
    """

    absent: UUID
    substitute: UUID
    valid_to: datetime
    valid_from: datetime | None = None
    command: str = "*"
    currency: str | None = None
    up_to: int | None = None
    reason: str = ""


class Substitution(msgspec.Struct, frozen=True, kw_only=True):
    """A substitution as it stands. ``ended_by``: who ended it before its time."""

    id: UUID
    customer: UUID | None
    absent: UUID
    substitute: UUID
    command: str
    currency: str | None
    up_to: int | None
    reason: str
    valid_from: datetime
    valid_to: datetime
    made_by: UUID
    made_at: datetime
    ended_by: UUID | None

    def covers(self, command: str, facts: Facts) -> bool:
        """Whether it reaches a request."""
        if not matches(self.command, command):
            return False
        if self.up_to is None:
            return True
        return facts.amount is not None and facts.currency == self.currency and facts.amount <= self.up_to


async def substitutes_in_force(
    tx: Transaction, substitutes: Collection[UUID], at: datetime
) -> list[Substitution]:
    """Whom somebody may stand in for at a moment, oldest substitution first."""
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM approval_substitutions"  # noqa: S608 - names of ours only
        " WHERE substitute = ANY(%s::uuid[]) AND valid_from <= %s AND valid_to > %s ORDER BY id",
        (UuidArray(list(substitutes)), at, at),
    )
    return [_substitution(row) for row in await cursor.fetchall()]


def _substitution(row: Sequence[object]) -> Substitution:
    return msgspec.convert(dict(zip(Substitution.__struct_fields__, row, strict=True)), Substitution)


async def substitute(
    tx: Transaction, new: NewSubstitution, *, by: UUID, at: datetime | None = None
) -> Substitution:
    """Let somebody stand in for another. Whether ``by`` may say so is for the caller to know.

    Raises InvalidSubstitution, UnknownCurrency.
    """
    if any(one is not None and one.tzinfo is None for one in (new.valid_from, new.valid_to)):
        raise InvalidSubstitution("moments have an offset from UTC")
    async with as_bank(tx):
        return await _substitute(tx, new, by, at)


async def _substitute(tx: Transaction, new: NewSubstitution, by: UUID, at: datetime | None) -> Substitution:
    await hold_rules(tx, alone=True)
    now = at or await moment(tx)
    start = max(new.valid_from or now, now)
    _check(new, start)
    people = await standings(tx, {new.absent, new.substitute}, lock=True)
    for id in (new.absent, new.substitute):
        if id not in people or not people[id].active:
            raise InvalidSubstitution(f"{id} is nobody who could decide: unknown, suspended or closed")
    absent, other = people[new.absent], people[new.substitute]
    if absent.customer != other.customer:
        raise InvalidSubstitution(f"{absent.login} and {other.login} do not work for the same house")
    if absent.human == other.human:
        raise InvalidSubstitution("nobody stands in for themselves")
    made = Substitution(
        id=uuid7(),
        customer=absent.customer,
        absent=new.absent,
        substitute=new.substitute,
        command=new.command,
        currency=new.currency,
        up_to=new.up_to,
        reason=new.reason.strip(),
        valid_from=start,
        valid_to=new.valid_to,
        made_by=by,
        made_at=now,
        ended_by=None,
    )
    await tx.execute(
        f"INSERT INTO approval_substitutions ({_COLUMNS})"  # noqa: S608 - names of ours only
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [getattr(made, name) for name in Substitution.__struct_fields__],
    )
    return made


def _check(new: NewSubstitution, start: datetime) -> None:
    if new.valid_to <= start or new.valid_to - start > LONGEST:
        raise InvalidSubstitution(f"a substitution ends after it begins, within {LONGEST.days} days")
    if not is_pattern(new.command):
        raise InvalidSubstitution(f"{new.command[:60]!r} is no command and no beginning such as payments.*")
    if (new.up_to is None) is not (new.currency is None):
        raise InvalidSubstitution("a limit is an amount of a currency")
    if new.currency is not None:
        money.currency(new.currency)
    if new.up_to is not None and not 0 < new.up_to <= money.MAX_MINOR:
        raise InvalidSubstitution(f"a limit is from 1 to {money.MAX_MINOR} minor units")
    if len(new.reason) > _LONGEST_REASON:
        raise InvalidSubstitution(f"the reason has at most {_LONGEST_REASON} characters")


async def end_substitution(
    tx: Transaction, id: UUID, *, by: Actor, any_of_the_house: bool = False, at: datetime | None = None
) -> Substitution:
    """End a substitution at once: on what waits already, too. Again is harmless.

    Either of the two may; with ``any_of_the_house`` anybody of the same customer, or of the bank.
    Raises SubstitutionNotFound, NotASubstitute.
    """
    seen = await _found(tx, id)  # behind the wall, where the actor is a customer's
    if seen is None:
        raise SubstitutionNotFound(f"there is no substitution {id}")
    async with as_bank(tx):
        return await _end(tx, id, by, any_of_the_house, at)


async def _found(tx: Transaction, id: UUID) -> Substitution | None:
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM approval_substitutions WHERE id = %s",  # noqa: S608 - names of ours only
        (id,),
    )
    row = await cursor.fetchone()
    return None if row is None else _substitution(row)


async def _end(
    tx: Transaction, id: UUID, by: Actor, any_of_the_house: bool, at: datetime | None
) -> Substitution:
    await hold_rules(tx, alone=True)  # nobody else changes one meanwhile
    now = at or await moment(tx)
    found = await _found(tx, id)
    if found is None or by.customer not in (None, found.customer):
        raise SubstitutionNotFound(f"there is no substitution {id}")
    if by.principal not in (found.absent, found.substitute) and not any_of_the_house:
        raise NotASubstitute("only the two of a substitution end it, and those who keep the rules")
    if found.valid_to <= now:
        return found
    ended = max(now, found.valid_from)
    await tx.execute(
        "UPDATE approval_substitutions SET valid_to = %s, ended_by = %s WHERE id = %s",
        (ended, by.principal, id),
    )
    return msgspec.structs.replace(found, valid_to=ended, ended_by=by.principal)


async def list_substitutions(
    tx: Transaction,
    *,
    at: datetime | None = None,
    customer: UUID | None = None,
    of: UUID | None = None,
    before: UUID | None = None,
    limit: int = 100,
) -> list[Substitution]:
    """Substitutions, newest first: those that hold at a moment, of a customer, or that concern somebody."""
    cursor = await tx.execute(
        f"SELECT {_COLUMNS} FROM approval_substitutions"  # noqa: S608 - names of ours only
        " WHERE (%(at)s::timestamptz IS NULL OR valid_from <= %(at)s AND valid_to > %(at)s)"
        " AND (%(customer)s::uuid IS NULL OR customer = %(customer)s)"
        " AND (%(of)s::uuid IS NULL OR %(of)s IN (absent, substitute))"
        " AND (%(before)s::uuid IS NULL OR id < %(before)s) ORDER BY id DESC LIMIT %(limit)s",
        {"at": at, "customer": customer, "of": of, "before": before, "limit": limit},
    )
    return [_substitution(row) for row in await cursor.fetchall()]
