"""Where components come from: the packages that are installed and say so.

A distribution adds components by an entry point of the group ``sycee.components`` that names one of its
packages. Importing that package declares its capabilities, in it or below it; its directory ``data`` holds
its YAML files.
"""

from __future__ import annotations

import importlib
from functools import cache
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path

from sycee.components.capabilities import Capability, declared
from sycee.components.yaml_files import Source, read_source, yaml_files

GROUP = "sycee.components"
"""The group of entry points. Ours come in by the same door."""


@cache
def component_packages() -> tuple[str, ...]:
    """The packages that bring components, by name, imported."""
    names = sorted({found.value.partition(":")[0] for found in entry_points(group=GROUP)})
    for name in names:
        importlib.import_module(name)
    return tuple(names)


def declared_capabilities() -> list[Capability]:
    """The capabilities of all installed packages that bring components, declared in them or below."""
    return [made for package in component_packages() for made in declared(package)]


def installed_sources() -> list[Source]:
    """The definitions of all installed packages that bring components.

    Files are named from the package on (``sycee/components/library/data/demand.yaml``), the same everywhere.
    """
    sources = []
    for package in component_packages():
        home = package_directory(package)
        for file in yaml_files(home / "data") if (home / "data").is_dir() else []:
            name = "/".join([*package.split("."), *file.relative_to(home).parts])
            sources.append(read_source(name, file.read_bytes()))
    return sources


def package_directory(package: str) -> Path:
    """Where a package is installed."""
    return Path(str(files(package)))
