"""Connecting a rail: a command that takes a second person, for it says where the bank's payments go."""

from __future__ import annotations

import msgspec

from sycee.approvals import Approval, Facts, Line, Stage, register_command
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.payments.errors import RailNotFound
from sycee.payments.rails.connections import check_connection, connect_rail, rail_connections

CONNECT_RAIL = "rails.connect"
"""The name of the command."""


class NewConnection(msgspec.Struct, frozen=True):
    """Where a rail is to be reached, and as whom."""

    rail: str
    url: str
    participant: str


_connection = msgspec.json.Decoder(NewConnection)


def rail_connecting(new: NewConnection) -> bytes:
    """The payload of a connection."""
    return msgspec.json.encode(new)


async def _describe(tx: Transaction, payload: bytes) -> Facts:
    new = _connection.decode(payload)
    check_connection(new.url, new.participant)
    cursor = await tx.execute("SELECT FROM rails WHERE rail = %s", (new.rail,))
    if not cursor.rowcount:
        raise RailNotFound(f"there is no rail {new.rail[:12]!r}")
    before = next((one for one in await rail_connections(tx) if one.rail == new.rail), None)
    was = "–" if before is None else f"{before.url} ({before.participant})"
    return Facts(
        things=(f"rail:{new.rail}",),
        lines=(
            Line(
                f"{new.rail} is reached at {new.url} as {new.participant}",
                f"{new.rail}接入地址{new.url}，参与者行号{new.participant}",
            ),
            Line(f"Before: {was}", f"原为：{was}"),
        ),
    )


async def _execute(tx: Transaction, payload: bytes, approval: Approval) -> bytes:
    new = _connection.decode(payload)
    by = str(approval.maker)
    made = await connect_rail(tx, new.rail, url=new.url, participant=new.participant, by=by)
    return msgspec.json.encode({"rail": made.rail})


register_command(
    CONNECT_RAIL,
    execute=_execute,
    describe=_describe,
    title_en="Connect a rail",
    title_zh="接入支付渠道",
    maker=Scope.PAYMENTS_OPERATE,
    default=(Stage(who="bank:approvals:decide"),),
    least=1,
)
