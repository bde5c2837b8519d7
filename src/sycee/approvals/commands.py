"""The commands that wait for approval: what each says of its payload, and how it is done in the end.

A domain registers its commands once, when it is imported. The payload is the domain's own: bytes that are
kept, shown by digest, and handed back unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeAlias

import msgspec

from sycee.approvals.errors import UnknownCommand
from sycee.approvals.facts import Facts
from sycee.approvals.records import Approval
from sycee.approvals.stages import Stage, capacity
from sycee.database import Transaction
from sycee.identity import Scope

Describe: TypeAlias = Callable[[Transaction, bytes], Awaitable[Facts]]
Execute: TypeAlias = Callable[[Transaction, bytes, Approval], Awaitable[bytes]]
ExecuteMany: TypeAlias = Callable[[Transaction, Sequence[Approval]], Awaitable[Sequence[bytes]]]

TurnedDown: TypeAlias = Callable[[Transaction, Approval], Awaitable[None]]

ONE_OTHER = (Stage(who="scope:approvals:decide"),)
"""What is needed where nothing else is said: one other person who decides on approvals."""

_NAME = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z_]*)+", re.ASCII)
_LIFETIME = timedelta(days=30)


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """A command that can be asked for.

    ``maker`` is the scope of who may ask. ``default`` holds where no rule covers a request; no rule goes
    below ``least`` persons beside the makers. A request that nobody ends expires after ``lifetime``.
    Rules about the command that it is ``like`` hold for it too, unless some speak of it itself.
    """

    name: str
    execute: Execute
    describe: Describe
    title_en: str
    title_zh: str
    maker: Scope
    default: tuple[Stage, ...]
    least: int
    lifetime: timedelta
    execute_many: ExecuteMany | None
    like: str | None
    turned_down: TurnedDown | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which rules speak of it."""
        return (self.name,) if self.like is None else (self.name, self.like)


_commands: dict[str, Command] = {}


def register_command(
    name: str,
    *,
    execute: Execute,
    describe: Describe,
    title_en: str,
    title_zh: str,
    maker: Scope,
    default: tuple[Stage, ...] = ONE_OTHER,
    least: int = 0,
    lifetime: timedelta = _LIFETIME,
    execute_many: ExecuteMany | None = None,
    like: str | None = None,
    turned_down: TurnedDown | None = None,
) -> Command:
    """Make a command known, under a name such as ``accounts.change``.

    ``describe(tx, payload)`` says what a payload is about; it refuses one that could never be done.
    ``execute(tx, payload, approval)`` does it and returns JSON. ``execute_many(tx, approvals)`` does many at
    once, all or none, in few statements; when it refuses they are done one by one. ``like`` names the command
    to the same effect, by whose rules it is governed too: what does a thing another way evades no rule.
    ``turned_down(tx, approval)`` is called, in the same transaction, when a request ends without being done:
    rejected, withdrawn, expired or failed.
    """
    if not _NAME.fullmatch(name) or name in _commands:
        raise ValueError(f"{name!r} is taken, or no name such as accounts.change")
    if capacity(default) < least:
        raise ValueError(f"{name}: the default asks for fewer than the {least} persons that are the least")
    made = Command(
        name=name,
        execute=execute,
        describe=describe,
        title_en=title_en,
        title_zh=title_zh,
        maker=maker,
        default=default,
        least=least,
        lifetime=lifetime,
        execute_many=execute_many,
        like=like,
        turned_down=turned_down,
    )
    _commands[name] = made
    return made


def command_named(name: str) -> Command:
    """The command of a name. Raises UnknownCommand."""
    found = _commands.get(name)
    if found is None:
        raise UnknownCommand(f"{name[:60]!r} is no command; there are {', '.join(sorted(_commands))}")
    return found


def find_command(name: str) -> Command | None:
    """The command of a name, if this program knows it."""
    return _commands.get(name)


def all_commands() -> list[Command]:
    """Every command that was registered, by name."""
    return [_commands[name] for name in sorted(_commands)]
