"""Writing a cluster's configuration into a folder, for real hosts and for Kubernetes."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path

from sycee.operations.cluster.errors import FolderNotEmpty, InvalidCluster
from sycee.operations.cluster.hosts import host_files, ports
from sycee.operations.cluster.kubernetes import Images, manifest_files
from sycee.operations.cluster.members import Place
from sycee.operations.cluster.plan import SIZES, Centre, Plan

_NAME = re.compile(r"[a-z]([-a-z0-9]{0,38}[a-z0-9])?")


def plan_of(name: str, centres: list[tuple[str, str]]) -> Plan:
    """The plan of a cluster on real hosts: names and addresses. Raises InvalidCluster."""
    for one in (name, *(centre for centre, _ in centres)):
        if _NAME.fullmatch(one) is None:
            raise InvalidCluster(f"{one!r} is no name: small letters, digits and hyphens, a letter first")
    for centre, address in centres:
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise InvalidCluster(
                f"{address!r} of {centre} is no IP address: the centres must find each other without a name "
                "server"
            ) from None
    if len(centres) not in SIZES:
        raise InvalidCluster(
            f"a cluster has 3, 5 or 7 centres, not {len(centres)}: the greater half has to agree on who leads"
        )
    for kind, of in (("name", 0), ("address", 1)):
        values = [centre[of] for centre in centres]
        for value in values:
            if values.count(value) > 1:
                raise InvalidCluster(f"the {kind} {value} is given twice")
    return Plan(
        name=name, network="hosts", centres=tuple(Centre(centre, address) for centre, address in centres)
    )


def render(plan: Plan, place: Place, images: Images, folder: Path, *, storage: str) -> list[Path]:
    """Write everything; the files written. Raises FolderNotEmpty, and leaves it alone then."""
    if folder.exists() and any(folder.iterdir()):
        raise FolderNotEmpty(f"{folder} holds files: name a folder that is empty or not there yet")
    files = {
        f"hosts/{centre.name}/{path}": text
        for centre in plan.centres
        for path, text in host_files(plan, centre, place).items()
    }
    manifests = manifest_files(plan, images, storage=storage)
    files |= {f"kubernetes/{path}": text for path, text in manifests.items()}
    files["PORTS.md"] = _ports(plan, place)
    written = []
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        written.append(file)
    return written


def _ports(plan: Plan, place: Place) -> str:
    rows = [f"| {port} | {what} | {who} | {how} |" for port, what, who, how in ports(plan, place)]
    hosts = [f"| {centre.name} | {centre.address} |" for centre in plan.centres]
    return "\n".join(
        [
            f"# Cluster {plan.name}: hosts and ports",
            "",
            "| centre | address |",
            "| --- | --- |",
            *hosts,
            "",
            "Open on every host, and to nobody else:",
            "",
            "| port | what listens | who comes | secured by |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )
