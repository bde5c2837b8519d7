"""One bad account does not stop the others of its block: what fails together is tried in halves."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import psycopg

from sycee.database import Transaction
from sycee.kernel.errors import SyceeError, Unavailable
from sycee.operations.days import Failure

logger = logging.getLogger("sycee.operations")

Item = TypeVar("Item")


async def isolated(
    tx: Transaction,
    items: Sequence[Item],
    work: Callable[[Transaction, Sequence[Item]], Awaitable[None]],
    failure: Callable[[Item, Exception], Failure],
) -> list[Failure]:
    """Do ``work`` for all items; those for which it fails are left out, each with its failure.

    A lost connection and a roll-back in favour of others are nobody's fault: they are raised.
    """
    if not items:
        return []
    try:
        async with tx.transaction():
            await work(tx, items)
        return []
    except (Unavailable, psycopg.OperationalError):
        raise
    except Exception as error:
        if len(items) == 1:
            found = failure(items[0], error)
            logger.warning("left out: account %s: %s: %s", found.account, found.code, found.reason)
            return [found]
    middle = len(items) // 2
    first = await isolated(tx, items[:middle], work, failure)
    return first + await isolated(tx, items[middle:], work, failure)


def reason_of(error: Exception) -> tuple[str, str]:
    """The code and the words of an error, for a failure."""
    if isinstance(error, SyceeError):
        return error.code, error.detail
    first = str(error).strip().partition("\n")[0]
    return "internal_error", f"{type(error).__name__}: {first}"
