"""The registry of what is installed, built once in the life of a process."""

from __future__ import annotations

from functools import cache

from sycee.components.entry_points import declared_capabilities, installed_sources
from sycee.components.registry import Registry


def examine_installed() -> Registry:
    """The registry of all installed packages, with whatever is wrong left in ``faults``."""
    return Registry(declared_capabilities(), installed_sources())


@cache
def registry() -> Registry:
    """The registry of all installed packages. Raises InvalidComponents."""
    made = examine_installed()
    made.refuse_faults()
    return made
