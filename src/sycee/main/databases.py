"""The database of a process that serves or works: the one that the settings name."""

from __future__ import annotations

from sycee.database import Database, DatabaseUnavailable, running_url
from sycee.kernel.settings import Settings

CONNECTION_WITHIN_S = 10.0
"""How long to wait for a free connection."""


async def open_database(settings: Settings) -> Database:
    """The database that the settings name, or the embedded one that runs on their data directory.

    Raises DatabaseUnavailable.
    """
    url = settings.database_url or running_url(settings.data_dir)
    if url is None:
        raise DatabaseUnavailable(
            f"no database URL is set, and no embedded server runs on {settings.data_dir}"
            " (`sycee up` starts one)"
        )
    return await Database.open(
        url,
        min_size=settings.database_min_connections,
        max_size=settings.database_max_connections,
        timeout_s=CONNECTION_WITHIN_S,
        patience_s=settings.database_patience_s,
    )
