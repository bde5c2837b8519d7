"""The plan of a cluster: its centres, where each is reached, and how careful it is with what it acknowledges.

A centre is one place with an etcd member, a Patroni and a PostgreSQL of its own. The plan is kept as
``cluster.json`` in the directory of a cluster on this machine, its secrets beside it, as ``secrets.json``.
"""

from __future__ import annotations

import ipaddress
import secrets
import socket
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import msgspec
import psutil

from sycee.operations.cluster.errors import CentreNotFound, ClusterExists, InvalidCluster, NoCluster

POSTGRES_PORT, PATRONI_PORT, ETCD_PORT, ETCD_PEER_PORT, API_PORT = 5432, 8008, 2379, 2380, 8800
DATABASE = "sycee"
SUPERUSER, REPLICATION, REWIND, OPERATOR = "postgres", "replicator", "rewinder", "operator"
Network = Literal["namespaces", "loopback", "hosts"]

_PLAN, _SECRETS = "cluster.json", "secrets.json"
_NETS = {"namespaces": "10.203.{}.0/24", "loopback": "127.203.{}.0/24"}
_FIRST_HOST, _CLUSTERS = 11, 16
SIZES = (3, 5, 7)
"""How many centres a cluster may have: an odd number, so that there is a greater half."""
_NAMES = ("beijing", "shanghai", "shenzhen", "chengdu", "wuhan", "xian", "nanjing")


class Centre(msgspec.Struct, frozen=True):
    """A place: its name, and the address at which the others reach it."""

    name: str
    address: str


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """How soon a leader is given up, in seconds. ``loop + 2 × retry ≤ ttl``, and ``ttl`` is 20 at least.

    ``start`` is how long a leader whose PostgreSQL has died may try to start it again before another leads.
    """

    ttl: int = 20
    loop: int = 2
    retry: int = 5
    start: int = 0


class Passwords(msgspec.Struct, frozen=True):
    """The passwords of the users that the servers know each other by, and of whoever orders Patroni about."""

    superuser: str
    replication: str
    rewind: str
    operator: str


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster of centres, the greater half of which holds a transaction before it is acknowledged."""

    name: str
    network: Network
    centres: tuple[Centre, ...]
    timing: Timing = msgspec.field(default_factory=Timing)
    own_clocks: bool = False
    """Whether each centre has a clock of its own, which can be set wrong (clocks.py)."""

    @property
    def synchronous(self) -> int:
        """How many standbys hold a transaction before it is acknowledged: a majority, leader counted."""
        return len(self.centres) // 2

    def centre(self, name: str) -> Centre:
        """The centre of this name. Raises CentreNotFound."""
        for centre in self.centres:
            if centre.name == name:
                return centre
        known = ", ".join(centre.name for centre in self.centres)
        raise CentreNotFound(f"there is no centre {name!r}; there are {known}")

    def url(self, passwords: Passwords, dbname: str = DATABASE, *, writing: bool = True) -> str:
        """The URL of a database: every centre is named, and the one that takes writes is used."""
        hosts = ",".join(f"{centre.address}:{POSTGRES_PORT}" for centre in self.centres)
        wanted = "read-write" if writing else "prefer-standby"
        who = f"{SUPERUSER}:{quote(passwords.superuser)}"
        return f"postgresql://{who}@{hosts}/{quote(dbname)}?target_session_attrs={wanted}&connect_timeout=2"


def new_plan(name: str, centres: int, network: Network, *, own_clocks: bool = False) -> Plan:
    """A plan for so many centres. Raises InvalidCluster unless there are 3, 5 or 7."""
    if centres not in SIZES:
        raise InvalidCluster(
            f"a cluster has 3, 5 or 7 centres, not {centres}: the greater half has to agree on who leads"
        )
    net = _free_net(network)
    places = [Centre(_NAMES[number], str(net[_FIRST_HOST + number])) for number in range(centres)]
    return Plan(name=name, network=network, centres=tuple(places), own_clocks=own_clocks)


def _free_net(network: Network) -> ipaddress.IPv4Network:
    """A net in which no other cluster of this machine has its addresses. Raises InvalidCluster."""
    interfaces = {address.address for addresses in psutil.net_if_addrs().values() for address in addresses}
    for number in range(_CLUSTERS):
        net = ipaddress.IPv4Network(_NETS[network].format(number))
        if network == "namespaces" and str(net[1]) not in interfaces:
            return net
        if network == "loopback" and _nobody_listens(str(net[_FIRST_HOST])):
            return net
    raise InvalidCluster(f"{_CLUSTERS} clusters run on this machine; `sycee cluster down` stops one")


def _nobody_listens(address: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((address, ETCD_PORT)) != 0


def net_of(plan: Plan) -> ipaddress.IPv4Network:
    """The net that a cluster on one machine has for itself."""
    return ipaddress.IPv4Network(f"{plan.centres[0].address}/24", strict=False)


def gateway(plan: Plan) -> str:
    """The address, with its prefix, at which this machine stands in the network of the centres."""
    net = net_of(plan)
    return f"{net[1]}/{net.prefixlen}"


def keep_plan(directory: Path, plan: Plan) -> Passwords:
    """Write a new plan into a directory, with new passwords. Raises ClusterExists."""
    if (directory / _PLAN).exists():
        raise ClusterExists(
            f"{directory} holds a cluster: `sycee cluster up` starts it again, "
            "`sycee cluster down --remove` removes it"
        )
    directory.mkdir(parents=True, exist_ok=True)
    passwords = Passwords(*(secrets.token_urlsafe(24) for _ in Passwords.__struct_fields__))
    file = directory / _SECRETS
    file.touch(mode=0o600)
    file.write_bytes(msgspec.json.encode(passwords))
    (directory / _PLAN).write_bytes(msgspec.json.format(msgspec.json.encode(plan)))
    return passwords


def read_plan(directory: Path) -> tuple[Plan, Passwords]:
    """The plan that a directory holds. Raises NoCluster."""
    try:
        plan = msgspec.json.decode((directory / _PLAN).read_bytes(), type=Plan)
        passwords = msgspec.json.decode((directory / _SECRETS).read_bytes(), type=Passwords)
    except FileNotFoundError:
        raise NoCluster(f"{directory} holds no cluster; `sycee cluster up` makes one") from None
    return plan, passwords
