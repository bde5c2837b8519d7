"""``python -m sycee.main`` is the ``sycee`` command."""

from sycee.main import run

run()
