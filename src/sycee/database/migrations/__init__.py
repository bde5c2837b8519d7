"""Migrations: bringing a database to the shape that this version of Sycee expects.

Alembic's scripts, run from here so that no configuration file is needed. They lie in ``versions/``,
named ``NNNN_what_it_does.py``, and form one line: ``down_revision`` of each is the one before. Each runs
in a transaction of its own. Functions in SQL are kept as files in their domain (``sycee/<domain>/sql``)
and put in place by a migration that calls ``install_sql``.

These functions are synchronous; an event loop calls them through ``asyncio.to_thread``. Alembic takes longer
to import than most commands to run, so it is imported when it is needed.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["current", "install_sql", "pending", "revisions", "upgrade"]


def _running() -> Any:
    return import_module("sycee.database.migrations.running")


def upgrade(url: str, revision: str = "head") -> list[str]:
    """Bring the database at ``url`` to ``revision`` and return the revisions that were applied, in order.

    Another process that migrates the same database is waited for. Raises DatabaseUnavailable.
    """
    applied: list[str] = _running().upgrade(url, revision)
    return applied


def current(url: str) -> str | None:
    """The revision that the database is at; None for an empty one. Raises DatabaseUnavailable."""
    found: str | None = _running().current(url)
    return found


def pending(url: str) -> list[str]:
    """The revisions that the database still lacks, in order. Raises DatabaseUnavailable."""
    lacking: list[str] = _running().pending(url)
    return lacking


def revisions() -> list[str]:
    """Every revision of this version of Sycee, in order."""
    known: list[str] = _running().revisions()
    return known


def install_sql(domain: str, *names: str) -> None:
    """From inside a migration: run ``sycee/<domain>/sql/<name>`` for each name, several statements a file.

    The files hold ``CREATE OR REPLACE FUNCTION`` and the like, so a later migration installs the
    new text by calling this again.
    """
    _running().install_sql(domain, *names)
