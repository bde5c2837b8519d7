"""``sycee bench``: what the books and the API can do on this machine, as ratios measured in one run.

Each benchmark starts a database server of its own, with durable commits, in a directory of its own that it
removes. Load comes from separate processes. Figures are medians over rounds; ``rounds`` has every single one.
"""

from sycee.cli.benchmarks.command import app

__all__ = ["app"]
