"""Accounts that bear interest: from when, on what terms, settled how often."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

import msgspec
import psycopg

from sycee.components import InterestTerms, RateTier
from sycee.database import Transaction
from sycee.kernel.ids import cell_of
from sycee.ledger import AccountNotFound, NormalSide
from sycee.products.interest.errors import InterestBearing, InvalidInterest, NotInterestBearing
from sycee.products.interest.terms import InterestAccounting, define_terms

Cycle = Literal["none", "monthly", "quarterly", "semiannual", "annual"]
CYCLES: tuple[Cycle, ...] = ("none", "monthly", "quarterly", "semiannual", "annual")


class InterestStart(msgspec.Struct, frozen=True, kw_only=True):
    """An account that is to bear interest from the beginning of ``start`` on.

    It is settled through ``cycle_day`` of the months that ``cycle`` names (quarterly: March, June,
    September, December), credited the day after; with ``none`` its product says when.
    """

    account: int
    terms: int
    start: date
    cycle: Cycle = "quarterly"
    cycle_day: int = 20


class TermsChange(msgspec.Struct, frozen=True):
    """Other terms for an account from a day on; a day in the past is reckoned again."""

    account: int
    terms: int
    start: date


class InterestPosition(msgspec.Struct, frozen=True, kw_only=True):
    """How an account's interest stands: settled through a day, due through the next, on which balance."""

    account: int
    terms: int
    cycle: Cycle
    first: date
    settled: date
    due: date | None
    balance: int


async def start_interest(tx: Transaction, starts: Sequence[InterestStart]) -> None:
    """Let accounts bear interest, all or none.

    Raises AccountNotFound, InvalidInterest (terms, currency, normal side, day), InterestBearing.
    """
    if not starts:
        return
    await _check_starts(tx, starts)
    try:
        async with tx.transaction():
            await tx.execute(
                "SELECT interest_start(%s::smallint[], %s::bigint[], %s::integer[], %s::date[],"
                " %s::smallint[], %s::smallint[])",
                (
                    [cell_of(start.account) for start in starts],
                    [start.account for start in starts],
                    [start.terms for start in starts],
                    [start.start for start in starts],
                    [CYCLES.index(start.cycle) for start in starts],
                    [start.cycle_day for start in starts],
                ),
            )
    except psycopg.errors.UniqueViolation as error:
        raise InterestBearing(
            "one of the accounts bears interest already: change its terms instead"
        ) from error


async def _check_starts(tx: Transaction, starts: Sequence[InterestStart]) -> None:
    cursor = await tx.execute(
        """
        SELECT n.account, a.number, a.currency, a.sign, t.currency
        FROM unnest(%s::bigint[], %s::integer[]) AS n(account, terms)
        LEFT JOIN accounts AS a ON a.cell = n.account / 1000000000000000 AND a.number = n.account
        LEFT JOIN interest_terms AS t ON t.id = n.terms
        """,
        ([start.account for start in starts], [start.terms for start in starts]),
    )
    for account, found, currency, sign, terms_currency in await cursor.fetchall():
        if found is None:
            raise AccountNotFound(f"there is no account {account}")
        if terms_currency != currency:
            raise InvalidInterest(f"account {account} is in {currency}, its terms are in {terms_currency}")
        if sign != NormalSide.CREDIT.sign:
            raise InvalidInterest(
                f"account {account} has its normal side on debit: only deposits bear interest here"
            )
    for start in starts:
        if not 1 <= start.cycle_day <= 31:
            raise InvalidInterest(f"interest is settled on a day of the month, not on {start.cycle_day}")


async def change_terms(tx: Transaction, changes: Sequence[TermsChange]) -> None:
    """Give accounts other terms from a day on. Days that were reckoned already are reckoned again.

    Raises NotInterestBearing, InvalidInterest for a day before the account bore interest.
    """
    if not changes:
        return
    cursor = await tx.execute(
        """
        SELECT n.account, p.first, n.start FROM unnest(%s::bigint[], %s::date[]) AS n(account, start)
        LEFT JOIN interest_positions AS p ON p.cell = n.account / 1000000000000000 AND p.account = n.account
        """,
        ([change.account for change in changes], [change.start for change in changes]),
    )
    for account, first, start in await cursor.fetchall():
        if first is None:
            raise NotInterestBearing(f"account {account} bears no interest")
        if start < first:
            raise InvalidInterest(f"account {account} bears interest from {first} on, not on {start}")
    await tx.execute(
        "SELECT interest_assign(%s::smallint[], %s::bigint[], %s::date[], %s::integer[])",
        (
            [cell_of(change.account) for change in changes],
            [change.account for change in changes],
            [change.start for change in changes],
            [change.terms for change in changes],
        ),
    )


async def stop_interest(tx: Transaction, account: int, last: date) -> None:
    """Let an account bear no interest after a day. What it earned until then is still settled.

    Raises NotInterestBearing.
    """
    position = await interest_position(tx, account)
    day = max(date.fromordinal(last.toordinal() + 1), position.first)
    await tx.execute(
        "DELETE FROM interest_assignments WHERE cell = %s AND account = %s AND start > %s",
        (cell_of(account), account, day),
    )
    cursor = await tx.execute(
        """
        SELECT currency, expense_subject, payable_subject, tax_rate, tax_subject
        FROM interest_assignments AS a JOIN interest_terms AS t ON t.id = a.terms
        WHERE cell = %s AND account = %s ORDER BY start DESC LIMIT 1
        """,
        (cell_of(account), account),
    )
    row = await cursor.fetchone()
    assert row is not None, "an account that bears interest has terms"
    currency, expense, payable, tax_rate, tax_subject = row
    # What is earned by then is still booked and taxed as it was.
    booked = InterestAccounting(
        expense=expense, payable=payable, tax_rate=tax_rate.normalize() + 0, tax_subject=tax_subject
    )
    nothing = InterestTerms(currency, "actual/360", "split", "parts", (RateTier(),))
    (terms,) = await define_terms(tx, [nothing], booked)
    await change_terms(tx, [TermsChange(account, terms, day)])


async def interest_position(tx: Transaction, account: int) -> InterestPosition:
    """How the account's interest stands. Raises NotInterestBearing."""
    cursor = await tx.execute(
        "SELECT terms, cycle, first, settled, due, balance FROM interest_positions"
        " WHERE cell = %s AND account = %s",
        (cell_of(account), account),
    )
    row = await cursor.fetchone()
    if row is None:
        raise NotInterestBearing(f"account {account} bears no interest")
    terms, cycle, first, settled, due, balance = row
    return InterestPosition(
        account=account,
        terms=terms,
        cycle=CYCLES[cycle],
        first=first,
        settled=settled,
        due=due,
        balance=balance,
    )
