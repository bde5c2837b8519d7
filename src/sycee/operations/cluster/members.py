"""The configuration of what runs in a centre: its etcd member and its Patroni.

What is written here for a cluster on this machine is written for real hosts too (``rendering``); they differ
in paths, addresses and certificates.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
_LOCAL_SETTINGS = {"listen_addresses", "port", "unix_socket_directories"}


def etcd_program() -> Path:
    """Where the etcd server is. Raises EtcdMissing, saying how to get it."""
    found = shutil.which("etcd")
    if found is None:
        raise EtcdMissing(
            "on Debian or Ubuntu: apt-get install etcd-server; elsewhere, put `etcd` on the path"
        )
    return Path(found)


def etcd_arguments(plan: Plan, centre: Centre, data_dir: Path, *, scheme: str = "http") -> list[str]:
    """The command line of a centre's etcd member."""
    peers = ",".join(f"{one.name}={scheme}://{one.address}:{ETCD_PEER_PORT}" for one in plan.centres)
    here = f"{scheme}://{centre.address}"
    return [
        f"--name={centre.name}",
        f"--data-dir={data_dir}",
        f"--listen-client-urls={here}:{ETCD_PORT}",
        f"--advertise-client-urls={here}:{ETCD_PORT}",
        f"--listen-peer-urls={here}:{ETCD_PEER_PORT}",
        f"--initial-advertise-peer-urls={here}:{ETCD_PEER_PORT}",
        f"--initial-cluster={peers}",
        f"--initial-cluster-token={plan.name}",
        "--initial-cluster-state=new",
        f"--heartbeat-interval={_ETCD_HEARTBEAT_MS}",
        f"--election-timeout={_ETCD_ELECTION_MS}",
        "--auto-compaction-retention=1h",
        "--log-level=warn",
        "--logger=zap",
    ]


def patroni_settings(
    plan: Plan, centre: Centre, passwords: Passwords, *, directory: Path, programs: Path, network: str
) -> dict[str, Any]:
    """Patroni's configuration in a centre whose files lie in ``directory``; ``network`` may connect."""
    return {
        "scope": plan.name,
        "name": centre.name,
        "restapi": {
            "listen": f"{centre.address}:{PATRONI_PORT}",
            "connect_address": f"{centre.address}:{PATRONI_PORT}",
            "authentication": {"username": OPERATOR, "password": passwords.operator},
        },
        "etcd3": {"hosts": [f"{one.address}:{ETCD_PORT}" for one in plan.centres]},
        "bootstrap": {
            "dcs": _agreed(plan),
            "initdb": [
                {"encoding": "UTF8"},
                {"locale": "C"},
                {"locale-provider": "builtin"},
                {"builtin-locale": "C.UTF-8"},
                "data-checksums",
            ],
        },
        "postgresql": {
            "listen": f"{centre.address}:{POSTGRES_PORT}",
            "connect_address": f"{centre.address}:{POSTGRES_PORT}",
            "data_dir": str(directory / "postgres"),
            "bin_dir": str(programs),
            "pgpass": str(directory / "pgpass"),
            "authentication": {
                "superuser": {"username": SUPERUSER, "password": passwords.superuser},
                "replication": {"username": REPLICATION, "password": passwords.replication},
                "rewind": {"username": REWIND, "password": passwords.rewind},
            },
            "pg_hba": [
                "local all all scram-sha-256",
                f"host all all {network} scram-sha-256",
                f"host replication {REPLICATION} {network} scram-sha-256",
            ],
            "parameters": {"unix_socket_directories": str(directory)},
            # Behind the old leader's back the others have gone on: it starts from what they have.
            "remove_data_directory_on_rewind_failure": True,
            "remove_data_directory_on_diverged_timelines": True,
        },
        "watchdog": {"mode": "off"},
        "tags": {},
    }


def _agreed(plan: Plan) -> dict[str, Any]:
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
        if name not in _LOCAL_SETTINGS
    }
    return {
        **wanted,
        # Each centre of a cluster on this machine has its share of the memory.
        "shared_buffers": "256MB",
        "max_wal_size": "1GB",
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
