"""Where each rail is reached, and under which number this bank takes part in it."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from sycee.database import Transaction
from sycee.payments.errors import InvalidConnection, RailNotConnected, RailNotFound
from sycee.payments.iso20022 import Agent

CLEARING_SYSTEM = "CNAPS"
"""ISO's code of China's national clearing system, whose members have numbers of 12 digits."""

OPERATOR = Agent(clearing_system=CLEARING_SYSTEM, member="000000000000")
"""The rail itself, as messages name it."""


class RailConnection(msgspec.Struct, frozen=True, kw_only=True):
    """A rail that is connected."""

    rail: str
    url: str
    participant: str
    connected_by: str
    connected_at: datetime

    @property
    def us(self) -> Agent:
        """This bank, as messages on this rail name it."""
        return agent(self.participant)


def agent(code: str) -> Agent:
    """A bank by its code: 12 digits are a member of the clearing system, anything else a BIC."""
    return Agent(clearing_system=CLEARING_SYSTEM, member=code) if code.isdigit() else Agent(bic=code)


def code_of(named: Agent) -> str:
    """The code of a bank as a message names it."""
    return named.member or named.bic or ""


async def connect_rail(tx: Transaction, rail: str, *, url: str, participant: str, by: str) -> RailConnection:
    """Say where a rail is reached and as whom; replaces what was said before.

    Raises RailNotFound, InvalidConnection.
    """
    check_connection(url, participant)
    cursor = await tx.execute(
        "INSERT INTO rail_connections (rail, url, participant, connected_by)"
        " SELECT rail, %s, %s, %s FROM rails WHERE rail = %s"
        " ON CONFLICT (rail) DO UPDATE SET url = excluded.url, participant = excluded.participant,"
        " connected_by = excluded.connected_by, connected_at = clock_timestamp() RETURNING rail",
        (url.rstrip("/"), participant, by, rail),
    )
    if await cursor.fetchone() is None:
        raise RailNotFound(f"there is no rail {rail[:12]!r}")
    return await rail_connection(tx, rail)


def check_connection(url: str, participant: str) -> None:
    """Refuse what is no address, or no bank. Raises InvalidConnection."""
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).netloc:
        raise InvalidConnection(f"{url[:100]!r} is no HTTP address; https://host:port/path would be")
    if not (participant.isascii() and participant.isalnum() and len(participant) in {8, 11, 12}):
        raise InvalidConnection(f"{participant[:20]!r} is neither a clearing number of 12 digits nor a BIC")


async def rail_connections(tx: Transaction) -> list[RailConnection]:
    """Every rail that is connected, by name."""
    cursor = await tx.execute(
        "SELECT rail, url, participant, connected_by, connected_at FROM rail_connections ORDER BY rail"
    )
    return [
        RailConnection(rail=rail, url=url, participant=participant, connected_by=by, connected_at=at)
        for rail, url, participant, by, at in await cursor.fetchall()
    ]


async def rail_connection(tx: Transaction, rail: str) -> RailConnection:
    """How one rail is connected. Raises RailNotConnected."""
    for connection in await rail_connections(tx):
        if connection.rail == rail:
            return connection
    raise RailNotConnected(f"rail {rail[:12]!r} is not connected", hint="sycee rail connect says where it is")
