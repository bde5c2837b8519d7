"""Signing days: what is signed when, by which keys, and what the server's upkeep does."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sycee import ledger
from sycee.database import Database
from sycee.ledger import SealKeys, SealKeyUnusable
from sycee.main.server import sign_days_once

DAYS = [date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 24)]


async def _advance(database: Database, to: date) -> None:
    async with database.transaction() as tx:
        await ledger.create_cell(tx, 101, "Shanghai", DAYS[0])
        await ledger.open_accounts(tx, [ledger.NewAccount(cell=101, currency="CNY", subject="2011")])
        await ledger.advance_business_date(tx, 101, to)


async def test_a_day_is_signed_once_it_is_over(database: Database, tmp_path: Path) -> None:
    keys = SealKeys.at(tmp_path / "keys.pem")
    await _advance(database, DAYS[1])
    assert await sign_days_once(keys, database) == 0  # nothing was posted on the first day: there is no seal
    await _advance(database, DAYS[2])
    assert await sign_days_once(keys, database) == 1
    assert await sign_days_once(keys, database) == 0
    found = await ledger.verify_seals(database, trusted_keys={keys.public.id: keys.public})
    assert (found.signed_days, found.breaks) == (1, [])


async def test_a_day_signed_by_other_keys_is_not_believed(database: Database, tmp_path: Path) -> None:
    ours, theirs = SealKeys.at(tmp_path / "ours.pem"), SealKeys.at(tmp_path / "theirs.pem")
    for day in DAYS[1:]:
        await _advance(database, day)
    await sign_days_once(theirs, database)
    found = await ledger.verify_seals(database, trusted_keys={ours.public.id: ours.public})
    assert ["not trusted" in one.detail for one in found.breaks] == [True]


def test_keys_are_found_again_and_readable_by_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys.pem"
    assert SealKeys.at(path).public == SealKeys.at(path).public
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_with_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.pem"
    path.write_text("hello")
    with pytest.raises(SealKeyUnusable, match="two private keys"):
        SealKeys.at(path)
