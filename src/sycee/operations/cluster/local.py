"""A cluster on this machine, as it would run on several: a process group a centre, started, killed, cut off.

Each centre's keeper is started in a session of its own and outlives whoever started it. The files of a centre
lie in the cluster's directory under its name.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import msgspec
import psutil
import yaml

from sycee.database import SERVICE_USER, ServiceUser, memory_bytes, programs, service_user
from sycee.operations.cluster import keeper
from sycee.operations.cluster.clocks import programs_by_own_clock
from sycee.operations.cluster.errors import ClusterNotReady
from sycee.operations.cluster.members import (
    Place,
    etcd_arguments,
    etcd_program,
    etcd_settings,
    patroni_settings,
)
from sycee.operations.cluster.network import CentreNetwork
from sycee.operations.cluster.plan import API_PORT, Centre, Passwords, Plan

BANK_MODULES = {"api": "sycee.main.serving", "worker": "sycee.main.worker"}
"""The bank's programs in a centre."""

_MARK = "SYCEE_CENTRE"
_POLL_S, _STARTED_WITHIN_S, _STOPPED_WITHIN_S = 0.1, 20.0, 90.0


class LocalCluster:
    """The centres of a plan as processes of this machine; ``directory`` holds their files."""

    def __init__(self, directory: Path, plan: Plan, passwords: Passwords) -> None:
        self.directory = directory.expanduser().absolute()
        self.plan = plan
        self.passwords = passwords
        self.network = CentreNetwork(plan)

    @property
    def url(self) -> str:
        """The URL of the bank's database, wherever its leader is."""
        return self.plan.url(self.passwords)

    def files(self, centre: Centre) -> Path:
        """The directory of a centre's files."""
        return self.directory / centre.name

    @property
    def bank_directory(self) -> Path:
        """The data directory that the API and the workers of all centres share: keys, credentials."""
        return self.directory / "bank"

    def start(self) -> None:
        """Start every centre that does not run. Raises EtcdMissing, ClusterNotReady."""
        etcd_program()
        self.network.put_up()
        for centre in self.plan.centres:
            self.start_centre(centre)

    def start_bank(self) -> None:
        """Start the API and a worker in every centre: the database is migrated, and the keys are made."""
        if user := self._user():
            user.take(self.bank_directory)
        for centre in self.plan.centres:
            self._write_units(centre)
            for process in self.processes(centre):
                if _is_keeper(process):
                    process.send_signal(signal.SIGHUP)

    def start_centre(self, centre: Centre) -> None:
        """Start a centre, unless it runs; after ``kill`` it joins the others again."""
        if self.is_running(centre):
            return
        self.kill(centre)  # what a killed keeper left behind
        files = self.files(centre)
        user = self._user()
        files.mkdir(exist_ok=True)
        units = self._write_units(centre)
        if user is not None:
            user.take(files)
            user.let_reach(files)
        command = [sys.executable, "-I", "-S", str(Path(keeper.__file__)), str(units)]
        if user is not None:
            command = [*_as_user(user), *command]
        command = self.network.within(centre, command)  # which needs root
        with (files / "keeper.log").open("ab") as log:
            # It is nobody's child: it lives on when we end, and is not ours to wait for.
            subprocess.run(
                ["setsid", "--fork", *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C", _MARK: str(files)},
                check=True,
            )
        deadline = time.monotonic() + _STARTED_WITHIN_S
        while not self.is_running(centre):
            if time.monotonic() > deadline:
                raise ClusterNotReady(f"the keeper of {centre.name} did not start; see {files}/keeper.log")
            time.sleep(_POLL_S)

    def is_running(self, centre: Centre) -> bool:
        """Whether a centre's keeper lives."""
        try:
            return _is_keeper(self._keeper(centre))
        except (OSError, ValueError, psutil.Error):
            return False

    def _keeper(self, centre: Centre) -> psutil.Process:
        return psutil.Process(int((self.files(centre) / keeper.PID_FILE).read_text()))

    def processes(self, centre: Centre) -> list[psutil.Process]:
        """Every process of a centre that lives."""
        wanted = str(self.files(centre))
        children: dict[int, list[psutil.Process]] = {}
        found: dict[int, psutil.Process] = {}
        for process in psutil.process_iter(["ppid", "status"]):
            if process.info["status"] == psutil.STATUS_ZOMBIE:
                continue
            children.setdefault(process.info["ppid"], []).append(process)
            with suppress(psutil.Error):
                if process.environ().get(_MARK) == wanted:
                    found[process.pid] = process
        # PostgreSQL's processes write over their environment to say what they do.
        new = list(found.values())
        while new:
            new = [child for one in new for child in children.get(one.pid, ()) if child.pid not in found]
            found |= {one.pid: one for one in new}
        return list(found.values())

    def kill(self, centre: Centre) -> None:
        """Kill everything in a centre at once, as a loss of power would."""
        while doomed := self.processes(centre):
            for process in doomed:
                try:
                    process.kill()
                except psutil.NoSuchProcess:
                    continue
            time.sleep(_POLL_S)

    def kill_postgres(self, centre: Centre) -> None:
        """Kill a centre's PostgreSQL alone, all its processes at once; Patroni sees what to do."""
        for process in self.processes(centre):
            try:
                if process.name() == "postgres":
                    process.kill()
            except psutil.NoSuchProcess:
                continue

    def restart_unit(self, centre: Centre, name: str) -> None:
        """End the API or the worker of a centre in order; when it is gone, its keeper starts it anew."""
        with suppress(psutil.NoSuchProcess):
            for process in self._keeper(centre).children():
                if BANK_MODULES[name] in process.cmdline():
                    process.terminate()
                    process.wait(_STOPPED_WITHIN_S)

    def stop(self) -> None:
        """End every centre; what does not end in time is killed."""
        for centre in self.plan.centres:
            for process in self.processes(centre):
                if _is_keeper(process):
                    process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + _STOPPED_WITHIN_S
        while time.monotonic() < deadline and any(map(self.processes, self.plan.centres)):
            time.sleep(_POLL_S)
        for centre in self.plan.centres:
            self.kill(centre)
        self.network.take_down()

    def remove(self) -> None:
        """Stop it, and remove its directory with everything in it."""
        self.stop()
        shutil.rmtree(self.directory)

    def _user(self) -> ServiceUser | None:
        if os.geteuid() != 0:
            return None
        user = service_user()
        user.let_reach(self.directory)
        for program in (Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve(), programs()):
            user.let_reach(program)
        probe = user.run([sys.executable, "-I", "-c", "import patroni, sycee, psycopg"])
        if probe.returncode:
            raise ClusterNotReady(
                f"the user {SERVICE_USER}, under whom a cluster runs when root starts it, cannot use "
                f"{sys.executable}: {probe.stderr.strip().splitlines()[-1]}",
                hint="install Sycee where others may read it, as in /opt, or do not run it as root",
            )
        return user

    def _write_units(self, centre: Centre) -> Path:
        files = self.files(centre)
        config = files / "patroni.yml"
        place = Place(
            data_dir=files / "postgres",
            programs=programs_by_own_clock(files, programs()) if self.plan.own_clocks else programs(),
            run_dir=files,
            network="samenet",
            memory=memory_bytes() // (2 * len(self.plan.centres)),
        )
        settings = patroni_settings(self.plan, centre, place, self.passwords)
        _write_private(config, yaml.safe_dump(settings, sort_keys=False).encode())
        etcd = etcd_settings(self.plan, centre, files / "etcd")
        units = [
            _unit(files, "etcd", [str(etcd_program()), *etcd_arguments(etcd)]),
            _unit(files, "patroni", [sys.executable, "-I", "-m", "patroni", str(config)]),
        ]
        if self.bank_directory.exists():
            env = self._bank_environment(centre)
            for name, module in BANK_MODULES.items():
                units.append(_unit(files, name, [sys.executable, "-I", "-m", module], env))
        _write_private(files / "units.json", msgspec.json.encode(units))
        return files / "units.json"

    def _bank_environment(self, centre: Centre) -> dict[str, str]:
        return {
            "SYCEE_DATA_DIR": str(self.bank_directory),
            "SYCEE_DATABASE_URL": self.url,
            "SYCEE_HOST": centre.address,
            "SYCEE_PORT": str(API_PORT),
        }


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A program that a keeper runs."""

    name: str
    command: list[str]
    log: str
    env: dict[str, str]


def _unit(files: Path, name: str, command: list[str], env: dict[str, str] | None = None) -> Unit:
    return Unit(name=name, command=command, log=str(files / f"{name}.log"), env=env or {})


def _write_private(file: Path, content: bytes) -> None:
    file.touch(mode=0o600)
    file.write_bytes(content)


def _as_user(user: ServiceUser) -> list[str]:
    return ["setpriv", f"--reuid={user.user}", f"--regid={user.group}", "--clear-groups"]


def _is_keeper(process: psutil.Process) -> bool:
    try:
        return keeper.__file__ in process.cmdline()
    except psutil.Error:
        return False
