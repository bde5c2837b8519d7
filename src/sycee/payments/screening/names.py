"""The screening that comes with the house: names against lists, exact once they are normalised.

A bank has to load a list, even an empty one, before anything passes: no list is a check that cannot run.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache

import msgspec

from sycee.database import TextArray, Transaction
from sycee.kernel import clock
from sycee.payments.errors import InvalidScreeningList
from sycee.payments.screening.hook import PASSED, Screened, Subject, Verdict

LONGEST_LIST_NAME = 64
_APART = re.compile(r"[\W_]+")
_ALIKE = {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"}
"""Scripts with letters that look like those of another of them."""


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
    entries = entries_of(names, name=name)
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


def entries_of(names: Iterable[str], *, name: str) -> dict[str, str]:
    """The entries of a list, by what they are compared by. Raises InvalidScreeningList."""
    if not name.strip() or len(name) > LONGEST_LIST_NAME:
        raise InvalidScreeningList(f"a list has a name of at most {LONGEST_LIST_NAME} characters")
    entries: dict[str, str] = {}
    for entry in names:
        key = normalised(entry)
        if not key or "\0" in entry:
            raise InvalidScreeningList(f"{entry[:40]!r} has no letter or digit to compare")
        entries.setdefault(key, entry)
    return entries


async def listed_names(tx: Transaction, name: str) -> dict[str, str]:
    """The entries of a list as it is loaded, by what they are compared by."""
    cursor = await tx.execute("SELECT normalised, name FROM screening_names WHERE list = %s", (name,))
    return dict(await cursor.fetchall())


async def screening_lists(tx: Transaction) -> list[ScreeningList]:
    """The lists that are loaded, by name."""
    cursor = await tx.execute("SELECT list, entries, loaded_by, loaded_at FROM screening_lists ORDER BY list")
    return [ScreeningList(*row) for row in await cursor.fetchall()]


def in_one_script(name: str) -> bool:
    """Whether no word of a name mixes letters that look alike: Latin with Cyrillic, Greek and the like.

    Such a word reads as one name and compares as another (Unicode Technical Standard 39, 5.1).
    """
    return all(len(_scripts(word)) < 2 for word in name.split())


@cache
def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]


def _scripts(word: str) -> set[str]:
    return {_script(letter) for letter in unicodedata.normalize("NFKC", word) if letter.isalpha()} & _ALIKE


async def screen_names(tx: Transaction, subjects: Sequence[Subject]) -> list[Screened]:
    """Stop payments to or from a name that stands on a list, or that cannot be compared with one."""
    keys = [[normalised(name) for name in subject.names] for subject in subjects]
    cursor = await tx.execute(
        "SELECT NULL, NULL, NULL WHERE NOT EXISTS (SELECT FROM screening_lists) UNION ALL"
        " SELECT DISTINCT ON (normalised) normalised, list, name FROM screening_names"
        " WHERE normalised = ANY(%b)",
        (TextArray([*{key for names in keys for key in names}]),),
    )
    rows = await cursor.fetchall()
    hits = {
        key: Screened(Verdict.STOP, "listed_name", f"{name} is on the list {on}") for key, on, name in rows
    }
    if None in hits:
        waits = Screened(Verdict.WAIT, "screening_list_not_loaded", "no list of names is loaded")
        return [waits] * len(subjects)
    return [_judged(subject, names, hits) for subject, names in zip(subjects, keys, strict=True)]


def _judged(subject: Subject, keys: Sequence[str], hits: Mapping[str, Screened]) -> Screened:
    for name, key in zip(subject.names, keys, strict=True):
        if key in hits:
            return hits[key]
        if not key:
            return Screened(Verdict.STOP, "name_not_comparable", f"{name[:40]!r} has no letter or digit")
        if not name.isascii() and not in_one_script(name):
            return Screened(Verdict.STOP, "mixed_scripts", f"{name[:40]!r} mixes letters that look alike")
    return PASSED
