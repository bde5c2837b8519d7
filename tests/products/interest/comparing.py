"""Reads the database back and holds it against the model of interest: everything, at every close."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest

from sycee import ledger, products
from sycee.database import Database, Transaction
from tests.products.interest.model import Bank
from tests.products.interest.model_days import Day, balances_by_value_date, earned
from tests.products.interest.model_records import ModelAccount, Posting

ONE_DAY = timedelta(days=1)
UNIT = 160_308_000_000_000
_DIGESTED = (
    "interest_positions",
    "interest_balances",
    "interest_forward",
    "interest_stale",
    "interest_postings",
    "interest_accruals",
    "interest_accounts",
    "interest_feeds",
    "transfers",
)


class Reader:
    """Compares a cell with the model of it."""

    def __init__(self, database: Database, bank: Bank, cell: int) -> None:
        self.database = database
        self.bank = bank
        self.cell = cell
        self.explained: set[tuple[int, UUID]] = set()
        self.told: dict[int, int] = {}

    async def compare(self, business_date: date, *, whole: bool = False) -> None:
        """All that the engine says at the end of a close is what the model says.

        What cannot have changed is not asked for again, unless the ``whole`` is wanted.
        """
        bearing = [account for account in self.bank.accounts.values() if account.first is not None]
        async with self.database.transaction() as tx:
            found = {one.number: one.balance for one in await ledger.list_accounts(tx, limit=1_000)}
            for number, account in self.bank.accounts.items():
                assert found[number] == account.balance
            told = await self._told(tx)
            for account in bearing:
                if whole or told.get(account.number) != self.told.get(account.number):
                    await self._postings(tx, account)
                assert told.get(account.number, 0) == len(account.postings)
                await self._position(tx, account)
                await self._accrued(tx, account, business_date - ONE_DAY, whole=whole)
            self.told = told
            await self._lines(tx, bearing, business_date)
            await self._balances(tx, bearing, business_date - ONE_DAY)
        await self.general_ledger()

    async def _told(self, tx: Transaction) -> dict[int, int]:
        """How many postings each account has."""
        cursor = await tx.execute("SELECT account, count(*) FROM interest_postings GROUP BY account")
        return dict(await cursor.fetchall())

    async def _postings(self, tx: Transaction, account: ModelAccount) -> None:
        found = await products.interest_postings(tx, account.number, limit=1_000)
        by_id = {one.id: one for one in found}
        told = {
            Posting(
                one.kind, one.start, one.through, one.exact, one.amount, one.tax, one.value_date,
                one.booked_on,
                by_id[one.corrects].through if one.corrects else None, one.paid_to,
            ): one
            for one in found
        }  # fmt: skip
        expected = {one._replace(days=()): one for one in account.postings}
        assert set(told) == set(expected)
        for key, posting in told.items():
            if posting.kind != "product" and (account.number, posting.id) not in self.explained:
                explanation = await products.explain(tx, account.number, posting.id)
                check_lines(explanation.lines, posting.exact, expected[key].days)
                self.explained.add((account.number, posting.id))

    async def _position(self, tx: Transaction, account: ModelAccount) -> None:
        found = await products.interest_position(tx, account.number)
        assert (found.first, found.settled, found.due) == (account.first, account.settled, account.due)

    async def _accrued(self, tx: Transaction, account: ModelAccount, through: date, *, whole: bool) -> None:
        first = account.settled + ONE_DAY
        midway = first + (through - first) // 2
        for last in {through, midway} if whole else {midway if self.bank.posted % 2 else through}:
            if last < first:
                continue
            days = self.bank.open_days(account, last)
            expected = earned(days)
            if not expected.known:
                with pytest.raises(products.InvalidInterest):
                    async with tx.transaction():
                        await products.accrued_interest(tx, account.number, last)
                continue
            found = await products.accrued_interest(tx, account.number, last)
            assert (found.start, found.through, found.exact) == (first, last, expected.amount)
            check_lines(found.lines, found.exact, tuple(days))

    async def _lines(self, tx: Transaction, bearing: list[ModelAccount], day: date) -> None:
        """What is added up for the general ledger: account by account, so that nothing hides in a sum."""
        cursor = await tx.execute(
            "SELECT p.account, u.units FROM interest_positions AS p"
            " CROSS JOIN LATERAL interest_unsettled(p.cell, %s, p.account - 1, p.account) AS u"
            " WHERE p.cell = %s AND p.account NOT IN (SELECT account FROM interest_stale)",
            (day, self.cell),
        )
        told: dict[int, Any] = dict(await cursor.fetchall())
        for account in bearing:
            if account.number in told:  # else something has changed since it was reckoned
                assert Fraction(told[account.number]) / UNIT == self.bank.unsettled(account, day - ONE_DAY)

    async def _balances(self, tx: Transaction, bearing: list[ModelAccount], through: date) -> None:
        cursor = await tx.execute(
            "SELECT account, day, balance FROM interest_balances WHERE cell = %s ORDER BY day", (self.cell,)
        )
        rows: dict[int, list[tuple[date, int]]] = {}
        for number, day, balance in await cursor.fetchall():
            rows.setdefault(number, []).append((day, balance))
        for account in bearing:
            assert account.first is not None
            changes = rows[account.number]
            assert changes[0][0] == account.first
            ends = [*[day for day, _ in changes[1:]], through + ONE_DAY]
            told = {
                start + timedelta(n): balance
                for (start, balance), end in zip(changes, ends, strict=True)
                for n in range((end - start).days)
            }
            expected = balances_by_value_date(account, self.bank.fed, account.first, through)
            assert {day: told[day] for day in expected} == expected

    async def general_ledger(self, *, adopt: bool = False) -> None:
        """Interest payable, expense and tax stand where they should; or are taken as they are (``adopt``)."""
        async with self.database.transaction() as tx:
            cursor = await tx.execute(
                "SELECT i.currency, i.subject, i.beside, a.posted FROM interest_accounts AS i"
                " JOIN accounts AS a USING (cell, number) WHERE cell = %s",
                (self.cell,),
            )
            posted = {tuple(row[:3]): row[3] for row in await cursor.fetchall()}
            cursor = await tx.execute(
                "SELECT currency, expense_subject, payable_subject, sum(amount)::bigint"
                " FROM interest_accruals"
                " WHERE cell = %s GROUP BY 1, 2, 3",
                (self.cell,),
            )
            accrued = {tuple(row[:3]): row[3] for row in await cursor.fetchall()}
        bank = self.bank
        for pair in {*bank.payable, *bank.accrued, *accrued}:
            currency, expense_subject, payable_subject = pair
            if adopt:
                bank.payable[pair] = posted.get((currency, payable_subject, expense_subject), 0)
                bank.accrued[pair] = accrued.get(pair, 0)
            assert posted.get((currency, payable_subject, expense_subject), 0) == bank.payable.get(pair, 0)
            assert -posted.get((currency, expense_subject, payable_subject), 0) == accrued.get(pair, 0)
            assert accrued.get(pair, 0) == bank.accrued.get(pair, 0)
        taxes = {key[:2]: amount for key, amount in posted.items() if not key[2] and amount}
        assert taxes == {key: amount for key, amount in bank.withheld.items() if amount}

    async def digest(self, *tables: str) -> list[Any]:
        """All rows of some tables (of all that matter), so that two moments can be compared."""
        found = []
        async with self.database.transaction() as tx:
            for table in tables or _DIGESTED:
                # 0.0 is 0
                numbers = ", trim_scale(accrued), trim_scale(daily)" if table == "interest_positions" else ""
                rest = f"(to_jsonb(t) - 'accrued' - 'daily')::text{numbers}"
                cursor = await tx.execute(f"SELECT {rest} FROM {table} AS t ORDER BY 1".encode())
                found.append((table, await cursor.fetchall()))
        return found

    async def check_books(self) -> None:
        """The books' own checks hold."""
        assert [check for check in await ledger.check_books(self.database) if not check.passed] == []


def check_lines(lines: tuple[products.InterestLine, ...], exact: Fraction, days: tuple[Day, ...]) -> None:
    """The lines add up exactly, each by itself is right, and day by day they are what the model says."""
    assert sum((line.interest for line in lines), Fraction(0)) == exact
    told: dict[date, list[tuple[int, Fraction]]] = {day.day: [] for day in days}
    by_day = {day.day: day for day in days}
    for line in lines:
        covered = [line.start + timedelta(n) for n in range((line.end - line.start).days + 1)]
        assert line.days == sum(by_day[day].weight for day in covered)
        (year,) = {by_day[day].year for day in covered}
        assert line.interest == Fraction(line.balance * line.days) * Fraction(line.rate) / (100 * year)
        for day in covered:
            told[day].append((line.balance, Fraction(line.rate)))
    for known in days:
        assert known.shares is not None
        assert [share for share in told[known.day] if share[0]] == [
            share for share in known.shares if share[0]
        ]
