"""The files that a bank's monitoring reads: alert rules, a dashboard, and a configuration that scrapes Sycee.

Rules and dashboard are the same everywhere and lie beside this module; the configuration names where the API
and the workers tell their metrics.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

import msgspec

MONITORING_FILES = ("alerts.yml", "dashboard.json", "prometheus.yml")
"""The names of the files."""


class Targets(msgspec.Struct, frozen=True):
    """Where metrics are told, each as ``host:port``."""

    api: Sequence[str]
    workers: Sequence[str]
    interval_s: int = 15


def monitoring_files(targets: Targets) -> dict[str, bytes]:
    """Every file by its name."""
    kept = files(__name__.rpartition(".")[0])
    found = {name: kept.joinpath(name).read_bytes() for name in MONITORING_FILES if name != "prometheus.yml"}
    found["prometheus.yml"] = _configuration(targets).encode()
    return found


def _configuration(targets: Targets) -> str:
    return f"""\
# Written by `sycee monitoring render`: scrapes the API and the workers, and evaluates the alerts beside it.
global:
  scrape_interval: {targets.interval_s}s
  evaluation_interval: {targets.interval_s}s

rule_files:
  - alerts.yml

scrape_configs:
  - job_name: sycee-api
    static_configs:
      - targets: {_list(targets.api)}
  - job_name: sycee-worker
    static_configs:
      - targets: {_list(targets.workers)}
"""


def _list(targets: Sequence[str]) -> str:
    return msgspec.json.encode(list(targets)).decode()  # a list in JSON is one in YAML
