"""Replacing a list of names that payments are screened against: a command that takes a second person."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from sycee.approvals import Approval, Facts, Line, Stage, register_command
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.payments.screening.names import entries_of, listed_names, load_screening_names

REPLACE_SCREENING_LIST = "screening.replace_list"
"""The name of the command."""

_SHOWN = 25
"""How many names are read out that come, and that go; all of the list is in the payload."""


class ListReplacement(msgspec.Struct, frozen=True):
    """Names that take the place of a list."""

    list: str
    names: tuple[str, ...]


_replacement = msgspec.json.Decoder(ListReplacement)


def screening_list_replacement(replacement: ListReplacement) -> bytes:
    """The payload of a replacement."""
    return msgspec.json.encode(replacement)


def _read_out(names: Collection[str]) -> str:
    shown = "; ".join(sorted(names)[:_SHOWN])
    return f"{shown}; …" if len(names) > _SHOWN else shown or "–"


async def _describe(tx: Transaction, payload: bytes) -> Facts:
    wanted = _replacement.decode(payload)
    after = entries_of(wanted.names, name=wanted.list)
    before = await listed_names(tx, wanted.list)
    come = [name for key, name in after.items() if key not in before]
    go = [name for key, name in before.items() if key not in after]
    return Facts(
        things=(f"screening:{wanted.list}",),
        lines=(
            Line(
                f"List {wanted.list}: {len(after)} names in place of {len(before)}",
                f"名单{wanted.list}：由{len(before)}个名称更换为{len(after)}个",
            ),
            Line(f"Added, {len(come)}: {_read_out(come)}", f"新增{len(come)}个：{_read_out(come)}"),
            Line(f"Left out, {len(go)}: {_read_out(go)}", f"移除{len(go)}个：{_read_out(go)}"),
        ),
    )


async def _execute(tx: Transaction, payload: bytes, approval: Approval) -> bytes:
    wanted = _replacement.decode(payload)
    made = await load_screening_names(tx, wanted.names, name=wanted.list, by=str(approval.maker))
    return msgspec.json.encode({"list": made.name, "entries": made.entries})


register_command(
    REPLACE_SCREENING_LIST,
    execute=_execute,
    describe=_describe,
    title_en="Replace a screening list",
    title_zh="更换筛查名单",
    maker=Scope.PAYMENTS_OPERATE,
    default=(Stage(who="bank:approvals:decide"),),
    least=1,
)
