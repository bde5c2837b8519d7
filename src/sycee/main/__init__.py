"""The composition root: where settings, database and channels are put together, and nothing else."""

from __future__ import annotations

__all__ = ["run"]


def run() -> None:
    """Entry point of the ``sycee`` command."""
    try:
        from sycee.cli import run as run_command_line  # noqa: PLC0415 - the server's workers need no terminal
    except KeyboardInterrupt:  # so early that nobody is there yet to say it nicely
        raise SystemExit(130) from None
    run_command_line(_openapi_json)


def _openapi_json() -> bytes:
    from sycee.api import openapi_json  # noqa: PLC0415 - few commands need the API

    return openapi_json()
