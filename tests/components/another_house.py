"""Puts the package of another house on the path: its entry point is found as that of any other."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sycee.components import registry
from sycee.components.entry_points import component_packages

ACME = Path(__file__).with_name("acme")


@contextmanager
def installed() -> Iterator[None]:
    """While it lasts, this process has Acme's components beside its own."""
    sys.path.insert(0, str(ACME))
    forget()
    try:
        yield
    finally:
        sys.path.remove(str(ACME))
        forget()


def forget() -> None:
    """Look at what is installed once more."""
    registry.cache_clear()
    component_packages.cache_clear()
