"""The checks of the books, run on the database: the invariants, and the seals of every posted batch.

For ``sycee ledger check`` and ``sycee ledger verify``, and for the demo.
"""

from __future__ import annotations

from collections.abc import Sequence

from sycee.cli.books import opened
from sycee.cli.output import progress
from sycee.ledger import Break, CheckResult, VerificationResult, check_books, verify_seals


async def check(url: str) -> list[CheckResult]:
    """Prove the invariants of the books, each by a query over all of them."""
    with progress("Checking the books", None) as step:
        async with opened(url) as database:
            return await check_books(database, step)


async def verify(url: str) -> VerificationResult:
    """Recompute the seal of every batch and compare it with the one that was stored."""
    with progress("Verifying the seals", None) as step:
        async with opened(url) as database:
            return await verify_seals(database, step)


async def check_all(url: str) -> list[CheckResult]:
    """Every check of the books, and the seals as one more."""
    found = await verify(url)
    detail = f"{found.batches} batches with {found.transfers} transfers"
    if found.breaks:
        detail += f"; broken: {broken(found.breaks)}"
    seals = CheckResult(name="seals", passed=not found.breaks, detail=detail)
    return [*await check(url), seals]


def broken(breaks: Sequence[Break]) -> str:
    """Where the seals are broken, in one line."""
    return "; ".join(f"cell {one.cell}, batch {one.batch}: {one.detail}" for one in breaks)
