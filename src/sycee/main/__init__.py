"""The composition root: where settings, database and channels are put together, and nothing else."""

from __future__ import annotations


def run() -> None:
    """Entry point of the ``sycee`` command."""
    from sycee import cli  # noqa: PLC0415 - the server's processes need no terminal

    cli.run(openapi_json=_openapi_json)


def _openapi_json() -> bytes:
    from sycee.api import openapi_json  # noqa: PLC0415 - most commands need no API

    return openapi_json()
