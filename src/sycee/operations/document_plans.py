"""Which accounts get which documents at the end of a day: what their products say, else what is usual."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sycee import ledger, products
from sycee.database import Transaction
from sycee.ledger import Account
from sycee.operations.cycles import SUNDAY, Cycle, Span, spans_ending
from sycee.operations.days import Day
from sycee.operations.documents import DocumentKind


class Due(msgspec.Struct, frozen=True):
    """What falls due of a cycle: the periods that end; ``empty`` whether also without entries."""

    spans: tuple[Span, ...]
    empty: bool = True


class DocumentPlan:
    """What falls due at the end of one day, of one kind of document."""

    def __init__(self, day: Day, usual: Due, by_product: dict[bytes, Due]) -> None:
        self._day = day
        self._usual = usual
        self._by_product = by_product

    @classmethod
    async def of(cls, tx: Transaction, day: Day, kind: DocumentKind, usual: Cycle) -> DocumentPlan:
        """The plan of a day: of every product that somebody agreed to, and of accounts without one."""
        by_product = {}
        for terms in await products.statement_terms(tx):
            made = terms.cycle
            name = made.cycle if kind is DocumentKind.STATEMENT else made.confirmation
            empty = made.empty or kind is not DocumentKind.STATEMENT
            by_product[terms.snapshot] = _due(Cycle(name), day, made.weekday, empty=empty)
        return cls(day, _due(usual, day, SUNDAY, empty=True), by_product)

    @property
    def nothing(self) -> bool:
        """Whether nothing falls due for anybody."""
        return not self._usual.spans and not any(due.spans for due in self._by_product.values())

    async def accounts(self, tx: Transaction, after: int, limit: int) -> list[Account]:
        """The next accounts to look at, by number; all of the cell when what is usual falls due."""
        if self._usual.spans:
            return await ledger.list_accounts(tx, cell=self._day.cell, after=after or None, limit=limit)
        due = [snapshot for snapshot, found in self._by_product.items() if found.spans]
        numbers = await products.accounts_under(tx, self._day.cell, due, after, limit)
        return [await ledger.get_account(tx, number) for number in numbers]

    async def due(
        self, tx: Transaction, accounts: Sequence[Account]
    ) -> dict[tuple[Span, bool], list[Account]]:
        """The accounts for which a period ends, by period, and whether also without entries.

        The bank's own accounts have no customer, and get no documents.
        """
        customers = [account for account in accounts if account.customer is not None]
        under = await products.snapshots_of(tx, [account.number for account in customers])
        found: dict[tuple[Span, bool], list[Account]] = {}
        for account in customers:
            snapshot = under.get(account.number)
            due = self._by_product.get(snapshot, self._usual) if snapshot is not None else self._usual
            for span in due.spans:
                if _lived(account, span):
                    found.setdefault((span, due.empty), []).append(account)
        return found


def _due(cycle: Cycle, day: Day, weekday: int, *, empty: bool) -> Due:
    return Due(tuple(spans_ending(cycle, day.business_date, day.last, weekday=weekday)), empty)


def _lived(account: Account, span: Span) -> bool:
    """Whether the account was there on some day of the period."""
    return account.opened_on <= span[1] and (account.closed_on is None or account.closed_on >= span[0])
