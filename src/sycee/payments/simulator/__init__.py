"""A central bank's payment system, simulated: rails, settlement balances, other banks, and misbehaviour.

A process of its own with its own books on disk (SQLite), reached over HTTP. It shares the message formats
with the bank and nothing else: neither its tables nor its code of payments.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

__all__ = ["serve_simulator"]

DIED = 137
"""The exit code after a death that a fault asked for, as after SIGKILL."""


def serve_simulator(host: str, port: int, data_dir: Path, configuration: Path | None = None) -> None:
    """Serve a simulated payment system until a signal ends it; what it did is in ``data_dir``.

    Raises InvalidSimulation for a configuration that cannot be.
    """
    # Few commands need the simulator, and its web framework takes a while.
    from granian.constants import Interfaces  # noqa: PLC0415
    from granian.server.embed import Server  # noqa: PLC0415

    from sycee.payments.simulator.application import create_application  # noqa: PLC0415
    from sycee.payments.simulator.central_bank import CentralBank  # noqa: PLC0415
    from sycee.payments.simulator.configuration import read_configuration  # noqa: PLC0415

    central = CentralBank(data_dir / "central-bank.sqlite", read_configuration(configuration), _die)
    server = Server(
        create_application(central), address=host, port=port, interface=Interfaces.ASGI, websockets=False
    )

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, server.stop)
        await server.serve()

    try:
        asyncio.run(serve())
    finally:
        central.close()


def _die(at: str) -> None:
    print(f"dying as told: {at}", file=sys.stderr, flush=True)  # noqa: T201 - its last words
    os._exit(DIED)
