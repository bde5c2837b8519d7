"""The simulator's memory: one SQLite file that survives the death of its process at any point."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sycee.payments.simulator.configuration import Configuration, Rail
from sycee.payments.simulator.faults import Fault

_TABLES = Path(__file__).with_name("tables.sql")


class Store:
    """The file, its transactions, and what is kept beside the books: the date, numbers, faults."""

    def __init__(self, path: Path, configuration: Configuration) -> None:
        """Open the file; a new one begins as configured, an old one goes on as it was."""
        path.parent.mkdir(parents=True, exist_ok=True)
        # One thread uses it at a time, not always the same one.
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(_TABLES.read_text())
        self._kinds: set[str] = set()
        with self.transaction():
            if self.fact("day") is None:
                self._begin(configuration)
            # Nobody else writes to the file, so what is asked for with every item is kept at hand.
            self._day = date.fromisoformat(self.fact("day") or "")
            self._kinds = {fault.what for fault in self.faults()}

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _begin(self, configuration: Configuration) -> None:
        facts = {
            "day": configuration.day.isoformat(),
            "currency": configuration.currency,
            "recalls": configuration.recalls,
            "seed": str(configuration.seed),
            "number": "0",
            "draws": "0",
        }
        for name, value in facts.items():
            self.set_fact(name, value)
        for rail in configuration.rails:
            self.execute("INSERT INTO rails VALUES (?, ?, ?)", rail.name, rail.cap, rail.open)
            for bank, balance in configuration.banks.items():
                self.execute("INSERT INTO positions VALUES (?, ?, ?, ?)", rail.name, bank, balance, balance)
        self.set_faults(configuration.faults)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it, durably, or nothing."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def execute(self, statement: str, *values: Any) -> int:
        """Run a statement; how many rows it changed."""
        return self._connection.execute(statement, values).rowcount

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Every row of a query."""
        return self._connection.execute(statement, values).fetchall()

    def row(self, statement: str, *values: Any) -> tuple[Any, ...] | None:
        """The first row of a query, if there is one."""
        found: tuple[Any, ...] | None = self._connection.execute(statement, values).fetchone()
        return found

    def fact(self, name: str) -> str | None:
        """A single fact, None when it was never set."""
        found = self.row("SELECT value FROM facts WHERE name = ?", name)
        return None if found is None else str(found[0])

    def set_fact(self, name: str, value: str) -> None:
        """Keep a single fact."""
        self.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", name, value)

    @property
    def day(self) -> date:
        """The date on which is settled now."""
        return self._day

    def next_day(self) -> None:
        """Go on to the next date."""
        self._day += timedelta(days=1)
        self.set_fact("day", self._day.isoformat())

    def next_number(self) -> int:
        """A number that was never given before."""
        number = int(self.fact("number") or 0) + 1
        self.set_fact("number", str(number))
        return number

    def rail(self, name: str) -> Rail | None:
        """A rail by its name."""
        found = self.row("SELECT name, cap, open FROM rails WHERE name = ?", name)
        return None if found is None else Rail(found[0], found[1], bool(found[2]))

    def set_faults(self, faults: Sequence[Fault]) -> None:
        """Put these faults in place of all there were."""
        self.execute("DELETE FROM faults")
        self._kinds = {fault.what for fault in faults}
        for fault in faults:
            self.execute(
                "INSERT INTO faults (what, at, times, chance, polls, reason) VALUES (?, ?, ?, ?, ?, ?)",
                fault.what, fault.at, fault.times, fault.chance, fault.polls, fault.reason,
            )  # fmt: skip

    def faults(self) -> list[Fault]:
        """The faults that are not spent."""
        found = self.rows("SELECT what, at, times, chance, polls, reason FROM faults ORDER BY id")
        return [Fault(*row) for row in found]

    def strike(self, what: str, at: str | None = None) -> Fault | None:
        """Whether a fault strikes here now: it, with one of its times spent, or None."""
        if what not in self._kinds:
            return None
        found = self.rows(
            "SELECT id, what, at, times, chance, polls, reason FROM faults"
            " WHERE what = ? AND at IS ? ORDER BY id",
            what, at,
        )  # fmt: skip
        for identity, *values in found:
            fault = Fault(*values)
            if fault.chance < 1 and self.draw().random() >= fault.chance:
                continue
            if fault.times is not None:
                self.execute("UPDATE faults SET times = times - 1 WHERE id = ?", identity)
                self.execute("DELETE FROM faults WHERE id = ? AND times = 0", identity)
            return fault
        return None

    def draw(self) -> random.Random:
        """Chance that can be repeated: it follows from the seed and from how often it was asked."""
        draws = int(self.fact("draws") or 0) + 1
        self.set_fact("draws", str(draws))
        return random.Random(f"{self.fact('seed')}:{draws}")
