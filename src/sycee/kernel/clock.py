"""The one clock of the bank: instants are aware datetimes in UTC, never local time.

Business dates are not read from here: they belong to a cell and advance by a posted marker.
"""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)
