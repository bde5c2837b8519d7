"""The reference of the settings: every ``SYCEE_*`` variable, its default and what it means."""

from __future__ import annotations

from sycee.kernel.settings import SETTINGS
from tools.reference_pages.markdown import code, opening, page, table

CLIENT_VARIABLES = {
    "SYCEE_URL": "Address of the bank that the SDK and the command line speak to. "
    "Unset: the one that `sycee up` left in the data directory, else `SYCEE_HOST` and `SYCEE_PORT`.",
    "SYCEE_TOKEN": "Bearer token that the SDK and the command line send. "
    "Unset: the one that `sycee up` left in the data directory, for its own address only.",
}


def settings_page() -> str:
    """The page ``settings.md``."""
    about = (
        "Everything that can be set from outside is an environment variable. It is read once, at the start. "
        "Unset or empty means the default. A value that cannot be used ends the start with "
        "`invalid_setting`, which names the variable. Switches take `on`, `off`, `yes`, `no`, "
        "`true`, `false`, `1`, `0`."
    )
    lines = opening("Settings", "sycee.kernel.settings", about)
    lines += ["## The bank", ""]
    rows = [[code(one.variable), one.kind, code(one.default) or "unset", one.description] for one in SETTINGS]
    lines += table(["variable", "kind", "default", "meaning"], rows)
    lines += ["## Programs that speak to a bank", ""]
    lines += table(["variable", "meaning"], [[code(name), text] for name, text in CLIENT_VARIABLES.items()])
    return page(lines)
