"""``sycee worker``: do what nobody asks for and has to be done, until stopped.

The command line may not import the worker (it is a neighbour, not something below), so it becomes that
program: same process, another program in it.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from sycee.cli.options import DatabaseUrl, DataDir, local_settings
from sycee.cli.worker_process import WORKER


def worker(
    *,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    metrics_port: Annotated[
        int | None,
        typer.Option(
            "--metrics-port",
            min=1,
            max=65_535,
            help="Tell Prometheus on this port how the worker and the bank stand.",
        ),
    ] = None,
) -> None:
    """Work at the rails that are connected, and do what comes by the clock, until Ctrl-C.

    Pays what is due, goes on with bulk orders, ends what nobody approved. `sycee up` starts a worker; for
    more of them, or elsewhere, the database has to run. Any number may run, any may be killed at any time.
    """
    settings = local_settings(data_dir, database_url)
    environ = {**os.environ, "SYCEE_DATA_DIR": str(settings.data_dir)}
    if settings.database_url is not None:
        environ["SYCEE_DATABASE_URL"] = settings.database_url
    if metrics_port is not None:
        environ["SYCEE_WORKER_METRICS_PORT"] = str(metrics_port)
    os.execve(sys.executable, [sys.executable, "-m", WORKER], environ)  # noqa: S606 - our own program
