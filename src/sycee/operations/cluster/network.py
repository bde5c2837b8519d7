"""The network between the centres of a cluster on this machine.

As root every centre has a network namespace of its own, joined to the others by a bridge, so that a centre
can be cut off as by a broken line: its processes live on, and nothing reaches them. Without root the centres
are addresses of the loopback interface, and cannot be cut off.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

from sycee.operations.cluster.errors import ClusterNotReady, IsolationImpossible
from sycee.operations.cluster.plan import Centre, Plan, gateway, net_of


def can_separate() -> bool:
    """Whether centres can have network namespaces here: it takes root, and the program ``ip``."""
    return os.geteuid() == 0 and shutil.which("ip") is not None


class CentreNetwork:
    """The network of a plan; everything is made when it is missing, and gone after ``take_down``."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._number = net_of(plan).network_address.packed[2]
        self._bridge = f"sycee{self._number}"

    @property
    def separate(self) -> bool:
        """Whether every centre has a namespace of its own."""
        return self._plan.network == "namespaces"

    def namespace(self, centre: Centre) -> str:
        """The name of a centre's network namespace."""
        return f"sycee{self._number}-{centre.name}"

    def within(self, centre: Centre, command: Sequence[str]) -> list[str]:
        """The command line that runs a command in a centre's network."""
        if not self.separate:
            return list(command)
        return ["ip", "netns", "exec", self.namespace(centre), *command]

    def put_up(self) -> None:
        """Make what is missing. Raises ClusterNotReady when the kernel refuses."""
        if not self.separate:
            return
        if not _is_there(self._bridge):
            _ip("link", "add", self._bridge, "type", "bridge")
            _ip("addr", "add", gateway(self._plan), "dev", self._bridge)
        _ip("link", "set", self._bridge, "up")
        prefix = gateway(self._plan).partition("/")[2]
        for number, centre in enumerate(self._plan.centres):
            space, line = self.namespace(centre), self._line(number)
            if space in _namespaces():
                continue
            _ip("netns", "add", space)
            _ip("link", "add", line, "type", "veth", "peer", "name", "eth0", "netns", space)
            _ip("link", "set", line, "master", self._bridge)
            _ip("link", "set", line, "up")
            _ip("-n", space, "addr", "add", f"{centre.address}/{prefix}", "dev", "eth0")
            for device in ("lo", "eth0"):
                _ip("-n", space, "link", "set", device, "up")

    def take_down(self) -> None:
        """Take it all away; harmless where there is nothing."""
        if not self.separate:
            return
        for centre in self._plan.centres:
            if self.namespace(centre) in _namespaces():
                _ip("netns", "del", self.namespace(centre))
        if _is_there(self._bridge):
            _ip("link", "del", self._bridge)

    def cut_off(self, centre: Centre) -> None:
        """Cut a centre's line. Raises IsolationImpossible where centres share one network."""
        self._switch(centre, "down")

    def join(self, centre: Centre) -> None:
        """Mend a centre's line. Raises IsolationImpossible where centres share one network."""
        self._switch(centre, "up")

    def is_cut_off(self, centre: Centre) -> bool:
        """Whether a centre's line is cut."""
        if not self.separate:
            return False
        line = self._line(self._plan.centres.index(centre))
        said = subprocess.run(
            ["ip", "-br", "link", "show", line], capture_output=True, text=True, check=False
        )
        return "DOWN" in said.stdout.split()[1:2] or "LOWERLAYERDOWN" in said.stdout

    def _switch(self, centre: Centre, to: str) -> None:
        if not self.separate:
            raise IsolationImpossible(
                "the centres share the loopback interface: run `sycee cluster up` as root, with iproute2"
            )
        _ip("link", "set", self._line(self._plan.centres.index(centre)), to)

    def _line(self, number: int) -> str:
        return f"sycee{self._number}-{number}"


def _namespaces() -> set[str]:
    said = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True)
    return {line.split()[0] for line in said.stdout.splitlines() if line}


def _is_there(device: str) -> bool:
    return subprocess.run(["ip", "link", "show", device], capture_output=True, check=False).returncode == 0


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ClusterNotReady(f"`ip {' '.join(arguments)}` failed: {done.stderr.strip()}")
