"""The composition root: where settings, database and channels are put together, and nothing else."""

from __future__ import annotations


def run() -> None:
    """Entry point of the ``sycee`` command."""
    from sycee.cli.app import app  # noqa: PLC0415 - the server's processes need no terminal

    app()
