"""``sycee monitoring``: the files with which Prometheus and Grafana watch the bank."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from sycee.cli.options import Json, local_settings
from sycee.cli.output import hint, out, print_json

app = typer.Typer(no_args_is_help=True, help="Files for Prometheus and Grafana.")

_TARGET = re.compile(r"(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):([1-9]\d{0,4})")


def _target(text: str) -> str:
    found = _TARGET.fullmatch(text)
    if found is None or int(found[2]) > 65_535:
        raise typer.BadParameter(f"{text!r} is not a target; write it as host:port")
    return text


@app.callback()
def _group() -> None:
    """Keep `render` a command below `monitoring`, though it is the only one."""


@app.command("render")
def render(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write; made when missing.")],
    *,
    api: Annotated[
        list[str] | None,
        typer.Option(
            "--api",
            metavar="HOST:PORT",
            parser=_target,
            help="Where an API tells metrics; several times. Default: from the settings of this machine.",
        ),
    ] = None,
    worker: Annotated[
        list[str] | None,
        typer.Option(
            "--worker",
            metavar="HOST:PORT",
            parser=_target,
            help="Where a worker tells metrics; several times. "
            "Default: SYCEE_WORKER_METRICS_PORT, or port 8801, of this machine.",
        ),
    ] = None,
    interval: Annotated[
        int, typer.Option("--interval-s", min=1, max=3600, help="Seconds between two looks at each target.")
    ] = 15,
    json: Json = False,
) -> None:
    """Write alert rules, a dashboard, and a configuration of Prometheus that scrapes this bank.

    Files of the same names are replaced.
    """
    from sycee.operations import Targets, monitoring_files  # noqa: PLC0415 - few commands need operations

    settings = local_settings()
    first = settings.api_metrics_port
    ports = [settings.port] if first is None else range(first, first + settings.workers)
    targets = Targets(
        api=api or [f"{settings.host}:{port}" for port in ports],
        workers=worker or [f"{settings.host}:{settings.worker_metrics_port or 8801}"],
        interval_s=interval,
    )
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in monitoring_files(targets).items():
        (directory / name).write_bytes(content)
        written.append(str(directory / name))
    if json:
        print_json({"files": written, "api": targets.api, "workers": targets.workers})
        return
    for path in written:
        out.print(path, markup=False, soft_wrap=True)
    if first is None and settings.workers > 1:
        hint("several processes serve the API: set SYCEE_API_METRICS_PORT, so that each can be asked")
