"""The screening that comes with the house: payees' names against lists, exact once they are normalised.

A bank has to load a list, even an empty one, before anything passes: no list is a check that cannot run.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from sycee.database import TextArray, Transaction
from sycee.kernel import clock
from sycee.payments.errors import InvalidScreeningList
from sycee.payments.screening.hook import PASSED, Screened, Subject, Verdict

LONGEST_LIST_NAME = 64
_APART = re.compile(r"[\W_]+")


class ScreeningList(msgspec.Struct, frozen=True):
    """A list of names: how many entries it has, who loaded it and when."""

    name: str
    entries: int
    loaded_by: str
    loaded_at: datetime


def normalised(name: str) -> str:
    """A name without what writers of names differ in: width, case, accents' form, spacing, punctuation."""
    return _APART.sub("", unicodedata.normalize("NFKC", name).casefold())


async def load_screening_names(tx: Transaction, names: Iterable[str], *, name: str, by: str) -> ScreeningList:
    """Replace a list by these names. Raises InvalidScreeningList for a name with nothing to compare in it."""
    if not name.strip() or len(name) > LONGEST_LIST_NAME:
        raise InvalidScreeningList(f"a list has a name of at most {LONGEST_LIST_NAME} characters")
    entries: dict[str, str] = {}
    for entry in names:
        key = normalised(entry)
        if not key or "\0" in entry:
            raise InvalidScreeningList(f"{entry[:40]!r} has no letter or digit to compare")
        entries.setdefault(key, entry)
    made = ScreeningList(name, len(entries), by, clock.now())
    await tx.execute(
        "INSERT INTO screening_lists (list, entries, loaded_by, loaded_at) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (list) DO UPDATE SET entries = excluded.entries, loaded_by = excluded.loaded_by,"
        " loaded_at = excluded.loaded_at",
        (made.name, made.entries, made.loaded_by, made.loaded_at),
    )
    await tx.execute("DELETE FROM screening_names WHERE list = %s", (name,))
    await tx.execute(
        "INSERT INTO screening_names (list, normalised, name) SELECT %s, * FROM unnest(%b, %b)",
        (name, TextArray([*entries]), TextArray([*entries.values()])),
    )
    return made


async def screening_lists(tx: Transaction) -> list[ScreeningList]:
    """The lists that are loaded, by name."""
    cursor = await tx.execute("SELECT list, entries, loaded_by, loaded_at FROM screening_lists ORDER BY list")
    return [ScreeningList(*row) for row in await cursor.fetchall()]


async def screen_names(tx: Transaction, subjects: Sequence[Subject]) -> list[Screened]:
    """Stop payments to a payee whose name stands on a list."""
    keys = [normalised(subject.creditor_name) for subject in subjects]
    cursor = await tx.execute(
        "SELECT NULL, NULL, NULL WHERE NOT EXISTS (SELECT FROM screening_lists) UNION ALL"
        " SELECT DISTINCT ON (normalised) normalised, list, name FROM screening_names"
        " WHERE normalised = ANY(%b)",
        (TextArray([*set(keys)]),),
    )
    rows = await cursor.fetchall()
    hits = {
        key: Screened(Verdict.STOP, "listed_name", f"{name} is on the list {on}") for key, on, name in rows
    }
    if None in hits:
        waits = Screened(Verdict.WAIT, "screening_list_not_loaded", "no list of names is loaded")
        return [waits] * len(subjects)
    return [hits.get(key, PASSED) for key in keys] if hits else [PASSED] * len(subjects)
