"""The configuration for real hosts and for Kubernetes: read by the programs that it is written for."""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from kubernetes_validate import validate
from patroni.config import Config

from sycee.cli import execute
from sycee.operations.cluster import Centre, Passwords, Place, Plan, Tls, keep_plan, new_plan, read_plan
from sycee.operations.cluster.hosts import host_files
from sycee.operations.cluster.members import etcd_program
from sycee.operations.cluster.plan import ETCD_PORT

CENTRES = ("beijing=10.1.0.11", "shanghai=10.2.0.11", "shenzhen=10.3.0.11")


def render(folder: Path, *more: str, centres: tuple[str, ...] = CENTRES) -> int:
    """The command, on three centres."""
    named = [part for centre in centres for part in ("--centre", centre)]
    return execute(["cluster", "render", str(folder), *named, *more])


@pytest.fixture
def rendered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with everything in it."""
    folder = tmp_path / "out"
    assert render(folder) == 0
    listed = {Path(line) for line in capsys.readouterr().out.splitlines()}
    assert listed == {path for path in folder.rglob("*") if path.is_file()}
    return folder


def test_patroni_reads_it_with_its_passwords_from_the_environment(
    rendered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (rendered / "hosts/shanghai/etc/sycee/patroni.env.example").read_text().splitlines()
    names = [line.removesuffix("=") for line in lines if not line.startswith("#")]
    for number, name in enumerate(names):
        monkeypatch.setenv(name, f"secret-{number}")
    read = Config(str(rendered / "hosts/shanghai/etc/sycee/patroni.yml")).copy()
    users = read["postgresql"]["authentication"]
    found = [users[kind]["password"] for kind in ("superuser", "replication", "rewind")]
    found.append(read["restapi"]["authentication"]["password"])
    assert found == [f"secret-{number}" for number in range(4)]
    assert (users["superuser"]["username"], users["replication"]["username"]) == ("postgres", "replicator")
    assert users["replication"]["sslmode"] == "verify-full"
    assert read["name"] == "shanghai"
    assert read["restapi"]["listen"] == "10.2.0.11:8008"
    agreed = read["bootstrap"]["dcs"]
    assert (agreed["synchronous_mode"], agreed["synchronous_mode_strict"]) == ("quorum", True)
    assert agreed["loop_wait"] + 2 * agreed["retry_timeout"] <= agreed["ttl"]


def test_no_file_holds_a_secret_and_none_speaks_in_the_clear(rendered: Path) -> None:
    for file in rendered.rglob("*"):
        if file.is_dir():
            continue
        text = file.read_text()
        assert re.search(r"password: [^'\n]|password: '[^']", text, re.IGNORECASE) is None, file
        assert "http://" not in text, file
        if file.name == "patroni.yml":
            rules = yaml.safe_load(text)["postgresql"]["pg_hba"]
            assert [rule for rule in rules if rule.startswith("host ")] == []
    for centre in CENTRES:
        assert centre.replace("=", " | ") in (rendered / "PORTS.md").read_text()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd on this machine")
def test_systemd_understands_every_unit(rendered: Path) -> None:
    units = sorted(rendered.glob("hosts/*/etc/systemd/system/*.service"))
    assert len(units) == 12
    done = subprocess.run(
        ["systemd-analyze", "verify", *units[:4]], capture_output=True, text=True, check=False
    )
    ours = [line for line in done.stderr.splitlines() if "sycee-" in line]
    # The programs are not on this machine; nothing else may be wrong.
    assert [line for line in ours if "is not executable" not in line] == []


def test_kubernetes_takes_every_manifest(rendered: Path) -> None:
    kinds = []
    for file in sorted(rendered.glob("kubernetes/*.yaml")):
        for manifest in yaml.safe_load_all(file.read_text()):
            validate(manifest, "1.34", strict=True)
            kinds.append(manifest["kind"])
    assert kinds.count("Deployment") == 2
    assert kinds.count("StatefulSet") == 1
    assert kinds.count("PodDisruptionBudget") == 3


def test_the_pods_of_the_database_agree_on_what_hosts_agree_on(rendered: Path) -> None:
    pods = list(yaml.safe_load_all((rendered / "kubernetes/20-database.yaml").read_text()))
    settings = next(part for part in pods if part["kind"] == "ConfigMap")["data"]["patroni.yml"]
    hosts = yaml.safe_load((rendered / "hosts/beijing/etc/sycee/patroni.yml").read_text())
    assert yaml.safe_load(settings)["bootstrap"] == hosts["bootstrap"]


@pytest.mark.parametrize(
    ("centres", "said"),
    [
        (CENTRES[:2], "3, 5 or 7 centres, not 2"),
        ((*CENTRES[:2], "shenzhen"), "'shenzhen' is not NAME=ADDRESS"),
        ((*CENTRES[:2], "shenzhen=db.example"), "'db.example' of shenzhen is no IP address"),
        ((*CENTRES[:2], "shenzhen=10.1.0.11"), "the address 10.1.0.11 is given twice"),
        ((*CENTRES[:2], "beijing=10.3.0.11"), "the name beijing is given twice"),
        ((*CENTRES[:2], "../etc=10.3.0.11"), "'../etc' is no name"),
    ],
)
def test_what_cannot_be_a_cluster_is_refused_and_nothing_written(
    centres: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert render(tmp_path / "out", centres=centres) != 0
    assert said in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_something_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").write_text("mine")
    assert render(tmp_path) == 1
    assert "name a folder that is empty" in " ".join(capsys.readouterr().err.split())
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_etcd_runs_with_it_and_answers_only_who_has_a_certificate(tmp_path: Path) -> None:
    plan = new_plan("render", 3, "loopback")
    tls = _certificates(tmp_path, plan)
    with _etcd_members(tmp_path, plan, tls):
        context = ssl.create_default_context(cafile=str(tls.authority))
        with pytest.raises(httpx.TransportError):
            _health(plan.centres[0], context)
        context.load_cert_chain(tls.certificate, tls.key)
        for centre in plan.centres:
            assert _health(centre, context) == "true"


def _health(centre: Centre, context: ssl.SSLContext) -> str:
    deadline = time.monotonic() + 30.0
    while True:
        try:
            with httpx.Client(verify=context, trust_env=False) as client:
                said = client.get(f"https://{centre.address}:{ETCD_PORT}/health")
        except httpx.ConnectError as error:
            if "refused" not in str(error) or time.monotonic() > deadline:
                raise
        else:
            if said.is_success or time.monotonic() > deadline:
                return str(said.json()["health"])
        time.sleep(0.1)


@contextmanager
def _etcd_members(directory: Path, plan: Plan, tls: Tls) -> Iterator[None]:
    """Three members that read the files as they are written for hosts; only their data lie elsewhere."""
    place = Place(
        data_dir=directory, programs=directory, run_dir=directory, network="all", memory=1 << 30, tls=tls
    )
    members = []
    try:
        for centre in plan.centres:
            said = yaml.safe_load(host_files(plan, centre, place)["etc/sycee/etcd.yml"])
            said["data-dir"] = str(directory / centre.name)
            file = directory / f"{centre.name}.yml"
            file.write_text(yaml.safe_dump(said))
            with (directory / f"{centre.name}.log").open("w") as log:
                command = [str(etcd_program()), f"--config-file={file}"]
                members.append(subprocess.Popen(command, stdout=log, stderr=log))
        yield
    finally:
        for member in members:
            member.kill()
            member.wait()


def _certificates(directory: Path, plan: Plan) -> Tls:
    """An authority, and a certificate that names every centre."""
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("ca", "server")}
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
    moment = datetime.now(UTC)

    def certificate(name: str, *extensions: x509.ExtensionType) -> bytes:
        common = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = x509.CertificateBuilder(
            issuer_name=subject,
            subject_name=subject if name == "ca" else common,
            public_key=keys[name].public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=moment - timedelta(hours=1),
            not_valid_after=moment + timedelta(hours=1),
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(keys["ca"], hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    # On the loopback interface members come to each other from 127.0.0.1, wherever they listen.
    addresses = [*(one.address for one in plan.centres), "127.0.0.1"]
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address)) for address in addresses])
    paths = {name: directory / name for name in ("ca.crt", "server.crt", "server.key")}
    paths["ca.crt"].write_bytes(certificate("ca", x509.BasicConstraints(ca=True, path_length=0)))
    paths["server.crt"].write_bytes(certificate("server", names))
    paths["server.key"].write_bytes(
        keys["server"].private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return Tls(authority=paths["ca.crt"], certificate=paths["server.crt"], key=paths["server.key"])


def test_a_cluster_on_this_machine_keeps_its_passwords_in_files_that_nobody_else_reads(
    tmp_path: Path,
) -> None:
    passwords = keep_plan(tmp_path, new_plan("test", 3, "loopback"))
    assert len({getattr(passwords, name) for name in Passwords.__struct_fields__}) == 4
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert read_plan(tmp_path)[1] == passwords
    assert passwords.superuser not in (tmp_path / "cluster.json").read_text()
