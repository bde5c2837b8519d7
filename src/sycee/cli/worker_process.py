"""A worker as a child process of ``sycee up``."""

from __future__ import annotations

from sycee.cli.child_process import ChildProcess
from sycee.kernel.errors import SyceeError

WORKER = "sycee.main.worker"


class WorkerFailed(SyceeError):
    """The worker did not start, or stopped by itself"""

    code = "worker_failed"


class WorkerProcess(ChildProcess):
    """One running worker. It has nothing to be ready for: what it does waits for it."""

    module = WORKER
    called = "the worker"
    failed = WorkerFailed
