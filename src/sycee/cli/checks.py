"""The checks of the books, run on the database: the invariants, interest, and the seals of every batch.

For ``sycee ledger check`` and ``sycee ledger verify``, and for the demo.
"""

from __future__ import annotations

from collections.abc import Sequence

from sycee.cli.books import opened
from sycee.cli.output import progress
from sycee.ledger import Break, CheckResult, SealKeys, VerificationResult, check_books, verify_seals
from sycee.products import check_interest


async def check(url: str) -> list[CheckResult]:
    """Prove the invariants of the books, and that interest is what it is made of."""
    with progress("Checking the books", None) as step:
        async with opened(url) as database:
            return [*await check_books(database, step), *await check_interest(database, step)]


async def verify(url: str, keys: SealKeys | None = None) -> VerificationResult:
    """Recompute the seal of every batch and compare it with the one that was stored.

    Signatures are checked with the public halves of ``keys``, else with the keys that the database has.
    """
    trusted = {keys.public.id: keys.public} if keys is not None else None
    with progress("Verifying the seals", None) as step:
        async with opened(url) as database:
            return await verify_seals(database, step, trusted_keys=trusted)


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
