"""The reference of components: the catalogue of all that is installed."""

from __future__ import annotations

from sycee.cli.component_catalogue import catalogue
from sycee.components import registry
from tools.reference_pages.markdown import opening, page


def components_page() -> str:
    """The page ``components.md``."""
    about = (
        "Everything that products are made of, as it is installed with Sycee. What a bank releases on top is "
        "shown by `sycee component list`. How it fits together is told in "
        "[Components](../concepts/components.md)."
    )
    lines = opening("Components", "the capabilities and YAML files under sycee.components.library", about)
    return page([*lines, *catalogue(registry()).splitlines()])
