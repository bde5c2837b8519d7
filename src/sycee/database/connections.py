"""How to reach a database: what a URL says, what it should say besides, and when a connection is of no use.

A URL may name several hosts (``postgresql://a,b,c/bank``): a connection is then made to the one that takes
writes. A line that is cut without being closed tells nobody: short keepalives find it out within 5 seconds.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import Any, TypeAlias

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from sycee.kernel.errors import Unavailable

Transaction: TypeAlias = AsyncConnection[tuple[Any, ...]]
"""An open transaction: a psycopg connection that somebody above will commit or roll back."""

Place: TypeAlias = tuple[str, int]
"""Where a server is: its host, or the directory of its socket, and its port."""

# What goes unanswered for four seconds is dead: data under way, and probes of a line idle for two.
_KEEPALIVE = {
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 4_000,
}
_CONNECT_TIMEOUT_S = 5
_CONNECT_TIMEOUT_PER_HOST_S = (
    3  # one that is gone without a word is passed over sooner where there are others
)
# SQLSTATEs (or classes of them) that say: not this connection. Connection lost, out of resources,
# server shutting down or starting; 25006 is a write sent to a leader of old, after a failover.
_UNAVAILABLE = ("08", "53", "57P", "25006", "25P03")
_PER_HOST = ("host", "hostaddr", "port")


class DatabaseUnavailable(Unavailable):
    """The database does not answer"""

    code = "database_unavailable"


def connection_string(url: str) -> str:
    """A database URL with what a bank's connection needs besides: time limits, and the writable host.

    What the URL says itself is left alone. Raises DatabaseUnavailable for one that is not understood.
    """
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise DatabaseUnavailable(f"the database URL is not understood: {first_line(error)}") from None
    several = names_several_hosts(url)
    wanted: dict[str, Any] = {
        "connect_timeout": _CONNECT_TIMEOUT_PER_HOST_S if several else _CONNECT_TIMEOUT_S,
        "application_name": "sycee",
        **_KEEPALIVE,
    }
    if several:
        wanted["target_session_attrs"] = "read-write"
    return make_conninfo(**{**wanted, **given})


def names_several_hosts(conninfo: str) -> bool:
    """Whether a URL or connection string names more than one host."""
    given = conninfo_to_dict(conninfo)
    return any("," in str(given.get(name, "")) for name in ("host", "hostaddr"))


def leader_first(conninfo: str, leader: Place) -> str:
    """The connection string with the host that leads in the first place, so that it is tried first.

    A host that is gone without a word costs every new connection its time limit, if it stands before.
    """
    given = conninfo_to_dict(conninfo)
    lists = {name: str(given[name]).split(",") for name in _PER_HOST if name in given}
    count = max(len(values) for values in lists.values())
    whole = {name: values * count if len(values) == 1 else values for name, values in lists.items()}
    for index in range(count):
        if _place(whole, index) == leader:
            moved = {
                name: ",".join([values[index], *values[:index], *values[index + 1 :]])
                for name, values in whole.items()
            }
            return make_conninfo(conninfo, **moved)
    return conninfo


def _place(lists: dict[str, list[str]], index: int) -> Place:
    host = lists.get("host", lists.get("hostaddr", []))[index]
    port = lists["port"][index] if "port" in lists else ""
    return host, int(port or 5432)


def place_of(connection: Transaction) -> Place:
    """To which server an open connection leads."""
    return connection.info.host, connection.info.port


def cut(connection: Transaction) -> None:
    """Break a connection off at once, so that whoever waits for its answer hears that none will come.

    To cancel would ask the server, and it is the one that does not answer.
    """
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


def is_unavailable(error: psycopg.Error) -> bool:
    """Whether an error says that this connection, or this server, is of no use now."""
    if error.sqlstate is None:  # found out by the client: the connection is gone
        return isinstance(error, psycopg.OperationalError)
    return error.sqlstate.startswith(_UNAVAILABLE)


def first_line(error: psycopg.Error) -> str:
    """What an error says, shortly."""
    return str(error).strip().partition("\n")[0]
