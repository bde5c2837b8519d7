"""What the books of a restored bank have to prove: as `sycee ledger check` and `sycee ledger verify` do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from sycee.database import Database, migrations
from sycee.ledger import SEAL_KEYS_FILE, PublicKeys, SealKeys, check_books, list_cells, verify_seals
from sycee.operations.backups.catalogue import CellPosition, Proof
from sycee.products import check_interest

Keys = Mapping[str, PublicKeys]
_BREAKS_KEPT = 20


def trusted_keys(directory: Path) -> Keys | None:
    """The public halves of the keys that a bank keeps in a directory; None when it keeps none there."""
    path = directory / SEAL_KEYS_FILE
    if not path.exists():
        return None
    public = SealKeys.at(path).public
    return {public.id: public}


def prove(
    url: str, *, migrate: bool, keys: Keys | None = None, say: Callable[[str], None] = lambda _step: None
) -> Proof:
    """Run every check of the books and recompute every seal.

    Books of an older version are brought up first where they may be (``migrate``: in a throw-away server),
    and otherwise left unproved, with the migrations that are pending. ``keys``: whose signatures are believed
    (None: those of the database's own keys).
    """
    pending = migrations.pending(url)
    if pending and not migrate:
        return Proof(passed=False, took_s=0.0, pending=pending)
    migrated = migrations.upgrade(url) if pending else []
    started = time.monotonic()
    found = asyncio.run(_prove(url, keys, say))
    took_s = round(time.monotonic() - started, 3)
    return msgspec.structs.replace(found, took_s=took_s, migrated=migrated)


async def _prove(url: str, keys: Keys | None, say: Callable[[str], None]) -> Proof:
    async with await Database.open(url, min_size=1, max_size=2) as database:
        async with database.transaction() as tx:
            cells = await list_cells(tx)
        say("checking the books")
        checks = [*await check_books(database), *await check_interest(database)]
        say("verifying the seals")
        seals = await verify_seals(database, trusted_keys=keys)
    return Proof(
        passed=all(one.passed for one in checks) and not seals.breaks,
        took_s=0.0,
        cells=[CellPosition(c.cell, c.business_date.isoformat(), c.batch, c.position) for c in cells],
        checks=checks,
        batches=seals.batches,
        transfers=seals.transfers,
        signed_days=seals.signed_days,
        breaks=[f"cell {b.cell}, batch {b.batch}: {b.detail}" for b in seals.breaks[:_BREAKS_KEPT]],
    )
