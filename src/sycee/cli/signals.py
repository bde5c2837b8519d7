"""Signals that mean "stop": all of them arrive as KeyboardInterrupt, and none while stopping."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    # Sent on rather than raised here: asyncio knows how to end a running loop by SIGINT only.
    signal.raise_signal(signal.SIGINT)


@contextmanager
def stop_by_signal() -> Iterator[None]:
    """Within, SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt.

    Also when the process was started with SIGINT ignored, as a shell does for what it puts in the background.
    Signals reach a process's main thread: in any other nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _STOPPING}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _as_interrupt)
    signal.signal(signal.SIGHUP, _as_interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Within, the signals that mean "stop" are passed over: what is being stopped is stopped in order."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
