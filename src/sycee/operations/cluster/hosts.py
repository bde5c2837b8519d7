"""A cluster's configuration written out for hosts of its own: Patroni, etcd, systemd, the bank's services.

It is the configuration that a cluster on one machine runs with; what differs is paths, certificates, memory,
and that secrets stay out of it: they come from a file that only its service may read.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from sycee.operations.cluster.members import Place, etcd_settings, patroni_settings
from sycee.operations.cluster.plan import (
    API_PORT,
    DATABASE,
    ETCD_PEER_PORT,
    ETCD_PORT,
    PATRONI_PORT,
    POSTGRES_PORT,
    Centre,
    Plan,
)

_ETC = Path("/etc/sycee")
_CERTIFICATE_OPTIONS = ("cert-file", "key-file", "trusted-ca-file", "client-cert-auth")
_HARDENED = """\
NoNewPrivileges=yes
PrivateTmp=yes
ProtectHome=yes
ProtectSystem=strict"""
_SECRETS = """\
# Copy to /etc/sycee/{file}, put a password behind each "=", and let nobody else read it: chmod 600.
# The same in every centre. {more}
"""


def host_files(plan: Plan, centre: Centre, place: Place) -> dict[str, str]:
    """The files of one centre's host by their paths below its folder; none of them holds a secret."""
    etcd = etcd_settings(plan, centre, Path("/var/lib/etcd") / plan.name, place.tls)
    return {
        "etc/sycee/etcd.yml": yaml.safe_dump(_etcd_file(etcd), sort_keys=False),
        "etc/sycee/patroni.yml": yaml.safe_dump(patroni_settings(plan, centre, place, None), sort_keys=False),
        "etc/sycee/patroni.env.example": _patroni_secrets(),
        "etc/sycee/bank.env.example": _bank_secrets(plan, centre, place),
        "etc/systemd/system/sycee-etcd.service": _etcd_unit(plan),
        "etc/systemd/system/sycee-patroni.service": _patroni_unit(place),
        "etc/systemd/system/sycee-api.service": _bank_unit("API", "sycee.main.serving"),
        "etc/systemd/system/sycee-worker.service": _bank_unit("worker", "sycee.main.worker"),
    }


def ports(plan: Plan, place: Place) -> list[tuple[int, str, str, str]]:
    """The ports that have to be open: number, what listens, who comes, and with what it is secured."""
    centres = "the other centres"
    tls = "TLS, certificates of both sides" if place.tls else "nothing"
    return [
        (ETCD_PORT, "etcd, clients", f"Patroni of the {len(plan.centres)} centres", tls),
        (ETCD_PEER_PORT, "etcd, peers", centres, tls),
        (
            PATRONI_PORT,
            "Patroni",
            f"{centres}, load balancers",
            "TLS; orders: password" if place.tls else tls,
        ),
        (POSTGRES_PORT, "PostgreSQL", f"{centres}, APIs and workers", "TLS, SCRAM" if place.tls else "SCRAM"),
        (API_PORT, "the bank's API", "the load balancer, which ends TLS", "the load balancer's network"),
    ]


def _etcd_file(settings: dict[str, str]) -> dict[str, object]:
    """As etcd's own configuration file wants it: certificates in groups of their own."""
    groups: dict[str, dict[str, object]] = {}
    plain: dict[str, object] = {}
    for name, value in settings.items():
        option = name.removeprefix("peer-")
        if option in _CERTIFICATE_OPTIONS:
            side = "peer" if option != name else "client"
            group = groups.setdefault(f"{side}-transport-security", {})
            group[option] = True if value == "true" else value
        else:
            plain[name] = int(value) if value.isdigit() else value
    return {**plain, **groups}


def _patroni_secrets() -> str:
    names = ("SUPERUSER", "REPLICATION", "REWIND", "RESTAPI")
    head = _SECRETS.format(file="patroni.env", more="Patroni reads these variables itself.")
    return head + "".join(f"PATRONI_{name}_PASSWORD=\n" for name in names)


def _bank_secrets(plan: Plan, centre: Centre, place: Place) -> str:
    hosts = ",".join(f"{one.address}:{POSTGRES_PORT}" for one in plan.centres)
    tls = f"&sslmode=verify-full&sslrootcert={place.tls.authority}" if place.tls else ""
    head = _SECRETS.format(file="bank.env", more="The password is that of the bank's own role, not postgres.")
    return (
        f"{head}SYCEE_DATABASE_URL=postgresql://sycee:PASSWORD@{hosts}/{DATABASE}"
        f"?target_session_attrs=read-write{tls}\n"
        f"SYCEE_DATA_DIR=/var/lib/sycee\nSYCEE_HOST={centre.address}\nSYCEE_PORT={API_PORT}\n"
    )


def _etcd_unit(plan: Plan) -> str:
    return f"""\
[Unit]
Description=etcd: where the centres agree on who leads
Documentation=https://etcd.io/docs/
After=network-online.target
Wants=network-online.target

[Service]
Type=notify
User=etcd
ExecStart=/usr/bin/etcd --config-file={_ETC}/etcd.yml
Restart=always
RestartSec=1
LimitNOFILE=65536
Nice=-5
IOSchedulingClass=best-effort
IOSchedulingPriority=0
{_HARDENED}
StateDirectory=etcd/{plan.name}

[Install]
WantedBy=multi-user.target
"""


def _patroni_unit(place: Place) -> str:
    return f"""\
[Unit]
Description=Patroni and its PostgreSQL
Documentation=https://patroni.readthedocs.io/
After=network-online.target sycee-etcd.service
Wants=network-online.target sycee-etcd.service

[Service]
Type=notify
User=postgres
EnvironmentFile={_ETC}/patroni.env
ExecStart=/usr/bin/patroni {_ETC}/patroni.yml
ExecReload=/bin/kill -s HUP $MAINPID
# Patroni alone is told to end: it ends PostgreSQL in order, and hands its lead over.
KillMode=process
TimeoutStopSec=60
Restart=always
RestartSec=1
LimitNOFILE=65536
OOMScoreAdjust=-900
{_HARDENED}
ReadWritePaths={place.data_dir.parent} {place.run_dir}

[Install]
WantedBy=multi-user.target
"""


def _bank_unit(called: str, module: str) -> str:
    return f"""\
[Unit]
Description=Sycee: the bank's {called}
After=network-online.target
Wants=network-online.target

[Service]
User=sycee
EnvironmentFile={_ETC}/bank.env
ExecStart=/opt/sycee/bin/python -I -m {module}
# Requests that are under way have half a minute to finish.
TimeoutStopSec=40
Restart=always
RestartSec=1
{_HARDENED}
StateDirectory=sycee

[Install]
WantedBy=multi-user.target
"""
