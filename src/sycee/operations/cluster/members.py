"""The configuration of what runs in a centre: its etcd member and its Patroni.

What is written here for a cluster on this machine is written for real hosts too (``rendering``); they differ
in paths, addresses and certificates.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from sycee.database import server_settings
from sycee.operations.cluster.errors import EtcdMissing
from sycee.operations.cluster.plan import (
    ETCD_PEER_PORT,
    ETCD_PORT,
    OPERATOR,
    PATRONI_PORT,
    POSTGRES_PORT,
    REPLICATION,
    REWIND,
    SUPERUSER,
    Centre,
    Passwords,
    Plan,
)

_ETCD_HEARTBEAT_MS, _ETCD_ELECTION_MS = 100, 1_000
_LAG_BYTES = 64 * 1024 * 1024
_LOCAL_SETTINGS = ("listen_addresses", "port", "unix_socket_directories")
_BY_MEMORY = ("shared_buffers", "effective_cache_size", "work_mem", "maintenance_work_mem")
_USERS = {
    "superuser": SUPERUSER,
    "replication": REPLICATION,
    "rewind": REWIND,
    "operator": OPERATOR,
}
_INITDB: tuple[Any, ...] = (
    {"encoding": "UTF8"},
    {"locale": "C"},
    {"locale-provider": "builtin"},
    {"builtin-locale": "C.UTF-8"},
    "data-checksums",
)


def etcd_program() -> Path:
    """Where the etcd server is. Raises EtcdMissing, saying how to get it."""
    found = shutil.which("etcd")
    if found is None:
        raise EtcdMissing(
            "on Debian or Ubuntu: apt-get install etcd-server; elsewhere, put `etcd` on the path"
        )
    return Path(found)


class Tls(msgspec.Struct, frozen=True, kw_only=True):
    """Where a host has the authority's certificate, its own, and its key."""

    authority: Path
    certificate: Path
    key: Path


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where things are on a centre's host.

    ``network`` is what may connect to PostgreSQL, as ``pg_hba.conf`` writes it; ``tls`` None means that all
    speak in the clear, as on one machine's loopback. ``memory`` is what PostgreSQL may plan with, in bytes.
    """

    data_dir: Path
    programs: Path
    run_dir: Path
    network: str
    memory: int
    tls: Tls | None = None

    @property
    def scheme(self) -> str:
        """How etcd and Patroni are spoken to."""
        return "http" if self.tls is None else "https"


def etcd_settings(plan: Plan, centre: Centre, data_dir: Path, tls: Tls | None = None) -> dict[str, str]:
    """What a centre's etcd member is told, by the names of its options."""
    scheme = "http" if tls is None else "https"
    peers = ",".join(f"{one.name}={scheme}://{one.address}:{ETCD_PEER_PORT}" for one in plan.centres)
    here = f"{scheme}://{centre.address}"
    settings = {
        "name": centre.name,
        "data-dir": str(data_dir),
        "listen-client-urls": f"{here}:{ETCD_PORT}",
        "advertise-client-urls": f"{here}:{ETCD_PORT}",
        "listen-peer-urls": f"{here}:{ETCD_PEER_PORT}",
        "initial-advertise-peer-urls": f"{here}:{ETCD_PEER_PORT}",
        "initial-cluster": peers,
        "initial-cluster-token": plan.name,
        "initial-cluster-state": "new",
        "heartbeat-interval": str(_ETCD_HEARTBEAT_MS),
        "election-timeout": str(_ETCD_ELECTION_MS),
        "auto-compaction-mode": "periodic",
        "auto-compaction-retention": "1h",
        "log-level": "warn",
        "logger": "zap",
    }
    if tls is not None:
        for side in ("", "peer-"):
            settings[f"{side}cert-file"] = str(tls.certificate)
            settings[f"{side}key-file"] = str(tls.key)
            settings[f"{side}trusted-ca-file"] = str(tls.authority)
            settings[f"{side}client-cert-auth"] = "true"
    return settings


def etcd_arguments(settings: Mapping[str, str]) -> list[str]:
    """The settings of an etcd member as its command line."""
    return [f"--{name}={value}" for name, value in settings.items()]


def patroni_settings(plan: Plan, centre: Centre, place: Place, passwords: Passwords | None) -> dict[str, Any]:
    """Patroni's configuration in a centre; without passwords it takes them from its environment."""
    return {
        "scope": plan.name,
        "name": centre.name,
        "restapi": _restapi(centre, place, passwords),
        **({} if place.tls is None else {"ctl": _certificates(place.tls)}),
        "etcd3": _etcd3(plan, place),
        "bootstrap": {"dcs": agreed_settings(plan), "initdb": list(_INITDB)},
        "postgresql": _postgresql(centre, place, passwords),
        "watchdog": {"mode": "off" if place.tls is None else "automatic"},
        "tags": {},
    }


def _restapi(centre: Centre, place: Place, passwords: Passwords | None) -> dict[str, Any]:
    listen = f"{centre.address}:{PATRONI_PORT}"
    settings: dict[str, Any] = {
        "listen": listen,
        "connect_address": listen,
        "authentication": _login("operator", passwords),
    }
    if place.tls is not None:
        settings |= {
            "certfile": str(place.tls.certificate),
            "keyfile": str(place.tls.key),
            "cafile": str(place.tls.authority),
            # Whoever only looks (a load balancer) needs no certificate; orders need one and the password.
            "verify_client": "optional",
        }
    return settings


def _etcd3(plan: Plan, place: Place) -> dict[str, Any]:
    settings: dict[str, Any] = {"hosts": [f"{one.address}:{ETCD_PORT}" for one in plan.centres]}
    if place.tls is not None:
        names = _certificates(place.tls)
        settings |= {"protocol": "https", "cacert": names["cacert"]}
        settings |= {"cert": names["certfile"], "key": names["keyfile"]}
    return settings


def _certificates(tls: Tls) -> dict[str, str]:
    return {"cacert": str(tls.authority), "certfile": str(tls.certificate), "keyfile": str(tls.key)}


def _postgresql(centre: Centre, place: Place, passwords: Passwords | None) -> dict[str, Any]:
    listen = f"{centre.address}:{POSTGRES_PORT}"
    host = "host" if place.tls is None else "hostssl"
    parameters = {"unix_socket_directories": str(place.run_dir), **_memory(place.memory)}
    replication = _login("replication", passwords)
    if place.tls is not None:
        parameters |= {
            "ssl": "on",
            "ssl_ca_file": str(place.tls.authority),
            "ssl_cert_file": str(place.tls.certificate),
            "ssl_key_file": str(place.tls.key),
            "ssl_min_protocol_version": "TLSv1.3",
        }
        replication |= {"sslmode": "verify-full", "sslrootcert": str(place.tls.authority)}
    return {
        "listen": listen,
        "connect_address": listen,
        "data_dir": str(place.data_dir),
        "bin_dir": str(place.programs),
        "pgpass": str(place.run_dir / "pgpass"),
        "authentication": {
            "superuser": _login("superuser", passwords),
            "replication": replication,
            "rewind": _login("rewind", passwords),
        },
        "pg_hba": [
            "local all all scram-sha-256",
            f"{host} all all {place.network} scram-sha-256",
            f"{host} replication {REPLICATION} {place.network} scram-sha-256",
        ],
        "parameters": parameters,
        # Behind the old leader's back the others have gone on: it starts from what they have.
        "remove_data_directory_on_rewind_failure": True,
        "remove_data_directory_on_diverged_timelines": True,
    }


def _login(kind: str, passwords: Passwords | None) -> dict[str, str]:
    login = {"username": _USERS[kind]}
    return login if passwords is None else login | {"password": getattr(passwords, kind)}


def _memory(memory: int) -> dict[str, str]:
    wanted = server_settings(Path("/"), lz4=False, memory=memory)
    return {name: wanted[name] for name in _BY_MEMORY}


def agreed_settings(plan: Plan) -> dict[str, Any]:
    """What the centres agree on, kept in etcd."""
    return {
        "ttl": plan.timing.ttl,
        "loop_wait": plan.timing.loop,
        "retry_timeout": plan.timing.retry,
        "primary_start_timeout": plan.timing.start,
        "maximum_lag_on_failover": _LAG_BYTES,
        # A commit is acknowledged when a quorum holds it, or not at all: never by a leader alone.
        "synchronous_mode": "quorum",
        "synchronous_mode_strict": True,
        "synchronous_node_count": plan.synchronous,
        "postgresql": {"use_pg_rewind": True, "use_slots": True, "parameters": _parameters(plan)},
    }


def _parameters(plan: Plan) -> Mapping[str, str]:
    wanted = {
        name: value
        for name, value in server_settings(Path("/"), lz4=False).items()
        if name not in (*_LOCAL_SETTINGS, *_BY_MEMORY)
    }
    return {
        **wanted,
        "max_wal_size": "4GB",
        "min_wal_size": "512MB",
        "wal_log_hints": "on",
        "wal_keep_size": "512MB",
        "max_wal_senders": str(4 + 2 * len(plan.centres)),
        "max_replication_slots": str(4 + 2 * len(plan.centres)),
        "wal_receiver_timeout": "5s",
        "wal_sender_timeout": "5s",
        "hot_standby": "on",
        "hot_standby_feedback": "on",
        "tcp_keepalives_idle": "5",
        "tcp_keepalives_interval": "2",
        "tcp_keepalives_count": "3",
        "tcp_user_timeout": "10s",
    }
