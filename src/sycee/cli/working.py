"""``sycee worker``: carry payments to other banks and take what they say, until stopped.

The command line may not import the worker (it is a neighbour, not something below), so it becomes that
program: same process, another program in it.
"""

from __future__ import annotations

import os
import sys

from sycee.cli.options import DatabaseUrl, DataDir, local_settings

WORKER = "sycee.main.worker"


def worker(data_dir: DataDir = None, database_url: DatabaseUrl = None) -> None:
    """Work at the rails that are connected: send, receive, ask, until Ctrl-C.

    The database has to run (`sycee up`). Any number of workers may run, and any may be killed at any time.
    """
    settings = local_settings(data_dir, database_url)
    environ = {**os.environ, "SYCEE_DATA_DIR": str(settings.data_dir)}
    if settings.database_url is not None:
        environ["SYCEE_DATABASE_URL"] = settings.database_url
    os.execve(sys.executable, [sys.executable, "-m", WORKER], environ)  # noqa: S606 - our own program
