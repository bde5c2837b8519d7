"""What a benchmark reports: medians, the spread behind them, the machine and the versions."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import psycopg

from sycee import __version__
from sycee.cli.output import out, table

Figures = dict[str, list[float]]
"""Every single figure, by name, in the order of the rounds."""


def machine(database_url: str) -> dict[str, Any]:
    """What the figures were measured on: processors, memory, versions, and that commits are durable."""
    with psycopg.connect(database_url) as connection:
        names = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers")
        settings = {name: connection.execute(f"SHOW {name}".encode()).fetchone() for name in names}
    return {**processor(), "postgresql": {name: row[0] for name, row in settings.items() if row}}


def processor() -> dict[str, Any]:
    """What figures without a database were measured on."""
    return {
        "cpus": os.cpu_count(),
        "cpu": _cpu_model(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "sycee": __version__,
    }


def _cpu_model() -> str:
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def medians(figures: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """The median of each figure over its rounds."""
    return {name: round(median(values), 3 if median(values) < 100 else 0) for name, values in figures.items()}


def print_report(title: str, result: Mapping[str, Any], targets: Mapping[str, str]) -> None:
    """A table of medians with their spread and the target of each, then machine and sizes."""
    rows = []
    for name, values in result["rounds"].items():
        spread = f"{_number(min(values))} … {_number(max(values))}"
        rows.append([name, _number(median(values)), spread, targets.get(name, "")])
    out.print(table(title, ["figure", "median", "spread over rounds", "target"], rows))
    for part in ("sizes", "machine"):
        out.print(
            part + ": " + ", ".join(f"{name} {value}" for name, value in result[part].items()), style="dim"
        )


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
