"""The worker: a channel of its own, for what nobody asks for and has to be done.

It carries what is said to other banks and takes what they say (rails), does what comes by the clock (sweeps),
and tells others' machines what happened (webhooks). It calls front doors again and again, and keeps nothing
between two rounds: any number of workers may run, and any of them may be killed at any time.
"""

from sycee.worker.duties import SWEEPS
from sycee.worker.rails import RailsAtWork
from sycee.worker.sweeps import Sweep, SweepMetrics, SweepsAtWork, until_one_ends
from sycee.worker.watching import WatchAtWork
from sycee.worker.webhooks import WebhooksAtWork

__all__ = [
    "SWEEPS",
    "RailsAtWork",
    "Sweep",
    "SweepMetrics",
    "SweepsAtWork",
    "WatchAtWork",
    "WebhooksAtWork",
    "until_one_ends",
]
