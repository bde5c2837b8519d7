"""``sycee bench components``: a large registry is loaded, resolves products, and refuses a broken component.

Everything is read from YAML files as a bank's own would be, and checked as a whole. The broken component is a
condition in the middle of the last file, with a field that its capability does not know.
"""

from __future__ import annotations

import tempfile
import time
from datetime import date
from decimal import Decimal
from pathlib import Path
from statistics import quantiles
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from sycee.cli.benchmarks.report import Figures, medians, processor
from sycee.cli.output import progress
from sycee.components import InvalidComponents, Kind, Parameters, Registry, capability

COMPONENT_TARGETS = {
    "load_s": "< 2",
    "resolve_ms": "< 1",
    "resolve_p99_ms": "< 1",
    "refuse_s": "< 2",
}
FILES = 20
PRODUCTS_SHARE = 0.2
_DAY = date(2026, 3, 31)
_SPREAD = "interest.tiers.1.spread"


class BenchmarkTier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step of the balance."""

    above: Annotated[int, Meta(ge=0)]
    rate_key: str | None = None
    spread: Decimal = Decimal(0)


@capability("benchmark.interest", version=1, kind=Kind.INTEREST, owner="benchmarks", zh="基准计息")
class BenchmarkInterest(Parameters, frozen=True, kw_only=True):
    """Interest by tiers, for the benchmark alone"""

    rate_rule: str = "split"
    tiers: Annotated[tuple[BenchmarkTier, ...], Meta(min_length=1)]


@capability("benchmark.fee", version=1, kind=Kind.FEE, owner="benchmarks", zh="基准收费")
class BenchmarkFee(Parameters, frozen=True, kw_only=True):
    """A fee, for the benchmark alone"""

    amount: Annotated[int, Meta(ge=0)]
    currency: str = "CNY"


class ComponentSizes(msgspec.Struct, frozen=True, kw_only=True):
    """How much is measured: ``components`` are conditions and products together."""

    rounds: int
    components: int


def bench_components(sizes: ComponentSizes) -> dict[str, Any]:
    """Medians, spread and machine."""
    products = int(sizes.components * PRODUCTS_SHARE)
    conditions = sizes.components - products
    figures: Figures = {name: [] for name in COMPONENT_TARGETS}
    with tempfile.TemporaryDirectory(prefix="sycee-bench-") as text:
        sound, broken = Path(text) / "sound", Path(text) / "broken"
        name = _write(sound, conditions, products, broken=False)
        _write(broken, conditions, products, broken=True)
        with progress("loading, resolving, refusing", sizes.rounds) as step:
            for _ in range(sizes.rounds):
                _round(sound, broken, name, figures)
                step()
    return {
        **medians(figures),
        "rounds": figures,
        "sizes": {"conditions": conditions, "products": products, "files": FILES, "rounds": sizes.rounds},
        "machine": processor(),
    }


def _round(sound: Path, broken: Path, name: str, figures: Figures) -> None:
    capabilities: list[type[Parameters]] = [BenchmarkInterest, BenchmarkFee]
    started = time.perf_counter()
    registry = Registry.load([sound], capabilities)
    figures["load_s"].append(time.perf_counter() - started)
    times = []
    for id in registry.products:
        started = time.perf_counter()
        registry.resolve(id, _DAY, {_SPREAD: "0.25"})
        times.append((time.perf_counter() - started) * 1000)
    figures["resolve_ms"].append(sum(times) / len(times))
    figures["resolve_p99_ms"].append(quantiles(times, n=100)[98])
    figures["refuse_s"].append(_refusal_s(broken, capabilities, name))


def _refusal_s(broken: Path, capabilities: list[type[Parameters]], name: str) -> float:
    """How long it takes to refuse the broken component, and no other, by its name."""
    started = time.perf_counter()
    try:
        Registry.load([broken], capabilities)
    except InvalidComponents as error:
        took_s = time.perf_counter() - started
        found = [fault.message.partition(":")[0] for fault in error.faults]
        if found == [name]:
            return took_s
        raise
    raise AssertionError("the broken component was not refused")


def _write(directory: Path, conditions: int, products: int, *, broken: bool) -> str:
    """Write the files; returns the id of the condition that is broken when one is to be."""
    directory.mkdir()
    wrong = conditions - conditions // FILES // 2
    for part in range(FILES):
        lines = ["conditions:"]
        for number in range(part * conditions // FILES, (part + 1) * conditions // FILES):
            lines += _condition(number, "abuve" if broken and number == wrong else "above")
        lines.append("products:")
        for number in range(part * products // FILES, (part + 1) * products // FILES):
            lines += _product(number, conditions)
        if part == 0:
            lines += [
                "product_lines: [{id: deposits, title: {en: Deposits, zh: 存款}}]",
                "product_groups: [{id: deposits.demand, line: deposits, title: {en: Demand, zh: 活期}}]",
            ]
        (directory / f"part-{part:02}.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return f"condition.{wrong}"


def _condition(number: int, above: str) -> list[str]:
    head = [f"- id: condition.{number}", f"  title: {{en: Condition {number}, zh: 条件{number}}}"]
    if number % 2:
        return [*head, "  uses: benchmark.fee@1", "  from: 2020-01-01", f"  with: {{amount: {number}}}"]
    return [
        *head,
        "  uses: benchmark.interest@1",
        "  from: 2020-01-01",
        "  with:",
        "    tiers:",
        "    - {above: 0, rate_key: demand}",
        f'    - {{{above}: 50000000, rate_key: agreement, spread: "0.10"}}',
    ]


def _product(number: int, conditions: int) -> list[str]:
    """Every tenth product is a base of the nine after it."""
    interest = number * 2 % (conditions - conditions % 2)
    fees = f"[condition.{interest + 1}, condition.{(interest + 3) % conditions | 1}]"
    lines = [f"- id: product-{number}", f"  title: {{en: Product {number}, zh: 产品{number}}}"]
    lines.append("  from: 2020-01-01")
    if number % 10 == 0:
        bounds = f'  negotiable: {{{_SPREAD}: {{min: "0", max: "1"}}}}'
        return [*lines, "  group: deposits.demand", f"  slots: {{interest: condition.{interest}}}", bounds]
    return [*lines, f"  base: product-{number - number % 10}", f"  slots: {{fees: {fees}}}"]
