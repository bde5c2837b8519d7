"""Migrations form one line, run once, and wait for each other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from sycee.database import DatabaseUnavailable, migrations


def test_migrations_bring_an_empty_database_to_the_last_revision(empty_database_url: str) -> None:
    line = migrations.revisions()
    assert migrations.current(empty_database_url) is None
    assert migrations.pending(empty_database_url) == line
    assert migrations.upgrade(empty_database_url) == line
    assert migrations.pending(empty_database_url) == []
    assert migrations.current(empty_database_url) == (line[-1] if line else None)


def test_revisions_form_one_line_in_the_order_of_their_numbers() -> None:
    line = migrations.revisions()
    assert [revision[:4] for revision in line] == [f"{number:04d}" for number in range(1, len(line) + 1)]


def test_a_second_upgrade_applies_nothing(empty_database_url: str) -> None:
    migrations.upgrade(empty_database_url)
    assert migrations.upgrade(empty_database_url) == []


def test_two_that_migrate_together_apply_each_revision_once(empty_database_url: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        applied = list(pool.map(migrations.upgrade, [empty_database_url] * 2))
    assert sorted(applied, key=len) == sorted([[], migrations.revisions()], key=len)


def test_an_unreachable_database_is_said_to_be_unavailable(tmp_path: object) -> None:
    with pytest.raises(DatabaseUnavailable):
        migrations.current(f"postgresql://sycee@/sycee?host={tmp_path}")
