"""How a simulated payment system begins: its rails, the banks on them with their money, its faults.

A JSON file says it; without one there are three rails and three banks with plenty of money.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec

from sycee.kernel.errors import InvalidInput
from sycee.payments.simulator.faults import Fault, placed

ZONE = ZoneInfo("Asia/Shanghai")
PLENTY = 10**16
OUR_BANK, OTHER_BANKS = "313100000013", ("102100099996", "105100000017")


class InvalidSimulation(InvalidInput):
    """The simulated payment system cannot be set up like that"""

    code = "invalid_simulation"


class Rail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rail: the most that one payment may carry (minor units), and whether it is open now."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=35)]
    cap: Annotated[int, msgspec.Meta(ge=1)] | None = None
    open: bool = True


class Configuration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rails, the settlement balance of every bank on each of them, and the first date.

    recalls says how the simulated banks answer them.
    """

    day: date = msgspec.field(default_factory=lambda: datetime.now(ZONE).date())
    currency: str = "CNY"
    rails: tuple[Rail, ...] = (Rail("HVPS"), Rail("BEPS", 100_000_000), Rail("IBPS", 100_000_000))
    banks: dict[str, int] = msgspec.field(
        default_factory=lambda: dict.fromkeys((OUR_BANK, *OTHER_BANKS), PLENTY)
    )
    recalls: Literal["accept", "refuse", "ignore"] = "accept"
    faults: tuple[Fault, ...] = ()
    seed: int = 0


def read_configuration(path: Path | None) -> Configuration:
    """The configuration in a file, or the usual one. Raises InvalidSimulation naming what is wrong."""
    if path is None:
        return Configuration()
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Configuration)
        return msgspec.structs.replace(found, faults=tuple(map(placed, found.faults)))
    except (msgspec.DecodeError, ValueError) as problem:
        raise InvalidSimulation(f"{path}: {problem}") from None
