"""A handful of capabilities and a way to write YAML, for the tests of the registry."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, field

from sycee.components import Fault, InvalidComponents, Kind, Parameters, Registry, capability

DAY = date(2026, 3, 31)


class Tier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step of the balance."""

    above: Annotated[int, Meta(ge=0)] = 0
    spread: Decimal = Decimal(0)


@capability("kit.interest", version=1, kind=Kind.INTEREST, owner="tests", zh="计息")
class Interest(Parameters, frozen=True, kw_only=True):
    """Interest of the kit"""

    tiers: Annotated[tuple[Tier, ...], Meta(min_length=1)]
    rule: str = "split"
    least: int | None = None

    def __post_init__(self) -> None:
        if self.tiers[0].above:
            raise ValueError("the first tier starts at 0")


@capability("kit.interest", version=2, kind=Kind.INTEREST, owner="tests", zh="计息")
class InterestOfTwo(Parameters, frozen=True, kw_only=True):
    """Interest of the kit, second version"""

    spread: Decimal
    by_currency: dict[str, Annotated[int, Meta(ge=0)]] = field(default_factory=dict)


@capability("kit.fee", version=1, kind=Kind.FEE, owner="tests", zh="收费")
class Fee(Parameters, frozen=True, kw_only=True):
    """A fee of the kit"""

    amount: Annotated[int, Meta(ge=0)]


@capability("kit.tenor", version=1, kind=Kind.TENOR, owner="tests", zh="期限")
class Tenor(Parameters, frozen=True, kw_only=True):
    """A tenor of the kit"""

    months: Annotated[int, Meta(ge=1, le=60)]


KIT: list[type[Parameters]] = [Interest, InterestOfTwo, Fee, Tenor]

BASE = """\
product_lines: [{id: line, title: {en: Line, zh: 条线}}]
product_groups: [{id: group, line: line, title: {en: Group, zh: 产品组}}]
conditions:
- id: rate
  uses: kit.interest@1
  title: {en: Rate, zh: 利率}
  from: 2020-01-01
  with: {tiers: [{spread: "0.10"}]}
- id: rate.high
  uses: kit.interest@1
  title: {en: High, zh: 高}
  from: 2020-01-01
  with: {tiers: [{spread: "0.20"}]}
- {id: rate.two, uses: kit.interest@2, title: {en: Two, zh: 二}, from: 2020-01-01, with: {spread: "0.5"}}
- {id: fee.a, uses: kit.fee@1, title: {en: Fee A, zh: 费甲}, from: 2020-01-01, with: {amount: 100}}
- {id: fee.b, uses: kit.fee@1, title: {en: Fee B, zh: 费乙}, from: 2020-01-01, with: {amount: 200}}
- {id: tenor.3m, uses: kit.tenor@1, title: {en: 3 months, zh: 三个月}, from: 2020-01-01, with: {months: 3}}
- {id: tenor.6m, uses: kit.tenor@1, title: {en: 6 months, zh: 六个月}, from: 2020-01-01, with: {months: 6}}
"""


def write(directory: Path, text: str, name: str = "made.yaml") -> Path:
    """A YAML file beside what all tests stand on."""
    (directory / "base.yaml").write_text(BASE, encoding="utf-8")
    file = directory / name
    file.write_bytes(text.encode())
    return file


def loaded(directory: Path, text: str = "") -> Registry:
    """The registry of the kit with further definitions."""
    write(directory, text)
    return Registry.load([directory], KIT)


def faults(directory: Path, text: str) -> list[Fault]:
    """What is wrong with further definitions; what all tests stand on is not."""
    write(directory, text)
    found = Registry.examine([directory], KIT).faults
    assert all(fault.file.endswith("made.yaml") for fault in found), found
    if found:
        assert str(found[0]) in str(InvalidComponents(found))
    return found


def product(slots: str, more: str = "") -> str:
    """A product with these slots, on lines 1 to 6."""
    return (
        "products:\n- id: made\n  title: {en: Made, zh: 新}\n  from: 2020-01-01\n  group: group\n"
        f"  slots: {slots}\n{more}"
    )
