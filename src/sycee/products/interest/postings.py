"""Interest on one account: what it has earned, what was paid and why, and paying it by day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from sycee.database import Transaction
from sycee.kernel.ids import cell_of
from sycee.ledger import NewTransfer, get_account, post_transfers
from sycee.products.interest.closing import FAILURES
from sycee.products.interest.errors import InterestNotSettled, InterestPostingNotFound, InvalidInterest
from sycee.products.interest.lines import UNIT, InterestLine, expand, rounded, tiers_of
from sycee.products.interest.positions import interest_position

Kind = Literal["settlement", "correction", "product"]
KINDS: tuple[Kind, ...] = ("settlement", "correction", "product")
_ONE_DAY = timedelta(days=1)
_SELECT = """
    SELECT id, kind, start, through, units, amount, tax, corrects, paid_to, booked_on, value_date, reason
    FROM interest_postings WHERE cell = %s AND account = %s
"""


class AccruedInterest(msgspec.Struct, frozen=True, kw_only=True):
    """What an account has earned and not been paid, through a day; ``exact`` in minor units, not rounded."""

    account: int
    currency: str
    start: date
    through: date
    exact: Fraction
    lines: tuple[InterestLine, ...]


class InterestPosting(msgspec.Struct, frozen=True, kw_only=True):
    """Interest that was settled: ``amount`` in minor units before ``tax``; negative was charged.

    A correction ``corrects`` a settlement: ``exact`` is what that should have been, ``amount`` the rest.
    ``transfer`` is None when there was nothing to post.
    """

    id: UUID
    account: int
    kind: Kind
    start: date
    through: date
    exact: Fraction
    amount: int
    tax: int
    corrects: UUID | None
    paid_to: int
    booked_on: date
    value_date: date
    reason: str
    transfer: UUID | None


class Explanation(msgspec.Struct, frozen=True):
    """A posting of interest with all that made it: the lines add up to its exact amount.

    Of a correction, ``before`` is what was posted for the same days until then: the settlement and the
    corrections of it, in their order.
    """

    posting: InterestPosting
    currency: str
    lines: tuple[InterestLine, ...]
    before: tuple[InterestPosting, ...] = ()

    @property
    def earned(self) -> int:
        """What the lines come to, rounded: minor units before tax."""
        return self.posting.amount + self.posted_before

    @property
    def posted_before(self) -> int:
        """What had been posted for these days, minor units before tax; 0 unless this is a correction."""
        return sum(posting.amount for posting in self.before)


class PaidPart(msgspec.Struct, frozen=True):
    """A part of a deposit that is paid out with its interest: what remains keeps the day it began on."""

    amount: int
    since: date


async def accrued_interest(tx: Transaction, account: int, through: date | None = None) -> AccruedInterest:
    """What the account has earned since it was last settled, on balances as of the last close.

    Through a day; by default through the last one that is closed, which is the day before ``start`` when
    nothing is open. Raises NotInterestBearing, InvalidInterest for a day of which no rate is known.
    """
    position = await interest_position(tx, account)
    start = position.settled + _ONE_DAY
    through = through or max(position.settled, await _closed_through(tx, account))
    cursor = await tx.execute(
        "SELECT start, days, balance, terms, rates, units, upto FROM"
        " (SELECT array_agg(account) AS accounts, array_agg(start) AS starts, array_agg(through) AS throughs"
        " FROM interest_spans(%(cell)s::smallint, %(accounts)s, %(starts)s, %(throughs)s)) AS s,"
        " interest_lines(%(cell)s::smallint, s.accounts, s.starts, s.throughs) ORDER BY start",
        {"cell": cell_of(account), "accounts": [account], "starts": [start], "throughs": [through]},
    )
    rows = await cursor.fetchall()
    lines = expand([row[:6] for row in rows], await tiers_of(tx, [row[3] for row in rows]), through)
    if sum((row[6] - row[0]).days for row in rows) < (through - start).days + 1:
        raise InvalidInterest(
            f"of some days from {start} through {through} no rate is known for account {account}"
        )
    return AccruedInterest(
        account=account,
        currency=(await get_account(tx, account)).currency,
        start=start,
        through=through,
        exact=sum((line.interest for line in lines), Fraction(0)),
        lines=lines,
    )


async def _closed_through(tx: Transaction, account: int) -> date:
    cursor = await tx.execute("SELECT through FROM interest_feeds WHERE cell = %s", (cell_of(account),))
    row = await cursor.fetchone()
    assert row is not None, "a cell whose accounts bear interest is fed"
    found: date = row[0]
    return found


async def settle_interest(tx: Transaction, account: int, through: date) -> InterestPosting | None:
    """Settle an account's interest through a day now, as for closing it; None when no day is open.

    Everything that the books have by now is counted. Raises NotInterestBearing, InterestNotSettled.
    """
    cell = cell_of(account)
    await _catch_up(tx, account)
    position = await interest_position(tx, account)
    if through <= position.settled:
        return None
    # rates and terms may begin on days that the cell has not been taken over yet
    await tx.execute("SELECT interest_redraw(%s::smallint, %s, %s)", (cell, [account], through))
    await tx.execute(
        "UPDATE interest_positions SET due = %s, booked_on = NULL WHERE cell = %s AND account = %s",
        (through, cell, account),
    )
    cursor = await tx.execute(
        "SELECT codes FROM interest_settle(%s::smallint, %s, %s, 1, %s)",
        (cell, through, account - 1, [account]),
    )
    row = await cursor.fetchone()
    if row and row[0]:
        code = row[0][0]
        raise InterestNotSettled(
            f"the interest on account {account} through {through}: {FAILURES.get(code, code)}", reason=code
        )
    (posting,) = await _postings(tx, account, "AND kind = 0 AND through = %s", [through])
    await _redraw(tx, account)
    return posting


async def pay_interest(
    tx: Transaction,
    account: int,
    *,
    id: UUID,
    to: int,
    through: date,
    lines: Sequence[InterestLine],
    part: PaidPart | None = None,
    reason: str = "",
) -> InterestPosting:
    """Pay interest that a product reckoned by its own rule: rounded once, from interest payable to ``to``.

    ``id`` is the transfer's and the posting's. Post what is withdrawn before calling this. Without ``part``
    the account is settled through ``through``; with it, that part of the balance stops counting from its
    ``since`` on and what remains keeps its start.

    Raises NotInterestBearing, InterestNotSettled when the books refuse the transfer.
    """
    await _catch_up(tx, account)
    position = await interest_position(tx, account)
    today = await _business_date(tx, account)
    exact = sum((line.interest for line in lines), Fraction(0))
    amount = rounded(exact)
    start = min((line.start for line in lines), default=through)
    if amount:
        await _post(tx, account, id, to, amount, position.terms)
    await tx.execute(
        """
        INSERT INTO interest_postings (cell, account, id, kind, start, through, units, amount, paid_to,
                                       booked_on, value_date, reason, lines)
        VALUES (%s, %s, %s, 2, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (cell_of(account), account, id, start, through, _units(exact), amount, to, today, today, reason,
         Jsonb([_kept(line) for line in lines])),
    )  # fmt: skip
    if part is None:
        await tx.execute(
            "UPDATE interest_positions SET settled = greatest(settled, %s),"
            " due = CASE WHEN due <= %s THEN interest_next_due(cycle, cycle_day, %s) ELSE due END"
            " WHERE cell = %s AND account = %s",
            (through, through, through, cell_of(account), account),
        )
    else:
        await tx.execute(
            "SELECT interest_release_part(%s::smallint, %s, %s, %s, %s)",
            (cell_of(account), account, part.amount, part.since, today),
        )
    await _redraw(tx, account)
    return (await _postings(tx, account, "AND id = %s", [id]))[0]


async def _post(tx: Transaction, account: int, id: UUID, to: int, amount: int, terms: int) -> None:
    cursor = await tx.execute(
        "SELECT interest_account(%s::smallint, currency, payable_subject, expense_subject, 1::smallint,"
        " 'Interest payable', '应付利息'), currency FROM interest_terms WHERE id = %s",
        (cell_of(account), terms),
    )
    row = await cursor.fetchone()
    assert row is not None, "positions refer to terms"
    payable, currency = row
    debit, credit = (payable, to) if amount > 0 else (to, payable)
    transfer = NewTransfer(
        id=id, debit=debit, credit=credit, amount=abs(amount), currency=currency, description="Interest"
    )
    (outcome,) = await post_transfers(tx, [transfer], restricted=True)
    if outcome.status != "posted":
        raise InterestNotSettled(
            f"the interest on account {account} cannot be paid to {to}: {outcome.detail or outcome.status}",
            reason=outcome.code,
        )


async def _catch_up(tx: Transaction, account: int) -> None:
    """Count what was posted since the last close, and reckon again what that or a correction has changed.

    A correction changes the days after it, and so perhaps the settlements after the one it corrects.
    """
    cell = cell_of(account)
    await interest_position(tx, account)
    corrected = 1
    while corrected:
        await tx.execute("SELECT interest_feed_account(%s::smallint, %s)", (cell, account))
        cursor = await tx.execute(
            "SELECT codes, corrected, refused"
            " FROM cells AS c, interest_reaccrue(c.cell, c.business_date - 1, %s, 1, %s) WHERE c.cell = %s",
            (account - 1, [account], cell),
        )
        row = await cursor.fetchone()
        assert row is not None, "an account lies in a cell"
        codes, corrected, refused = row
        if refused:
            raise InterestNotSettled(
                f"the interest on account {account} has to be corrected first:"
                f" {FAILURES.get(codes[0], codes[0])}",
                reason=codes[0],
            )


async def _redraw(tx: Transaction, account: int) -> None:
    await tx.execute(
        "SELECT interest_redraw(cell, %s, business_date - 1) FROM cells WHERE cell = %s",
        ([account], cell_of(account)),
    )


async def _business_date(tx: Transaction, account: int) -> date:
    cursor = await tx.execute("SELECT business_date FROM cells WHERE cell = %s", (cell_of(account),))
    row = await cursor.fetchone()
    assert row is not None, "an account lies in a cell"
    found: date = row[0]
    return found


def _units(exact: Fraction) -> Decimal:
    """Exact in units, but for thirds of them that a product's own rule may bring: those to 20 decimals."""
    units = exact * UNIT
    return (
        Decimal(units.numerator) / Decimal(units.denominator)
        if units.denominator > 1
        else Decimal(units.numerator)
    )


def _kept(line: InterestLine) -> list[Any]:
    return [
        line.start.isoformat(), line.end.isoformat(), line.days, line.balance, str(line.rate),
        str(line.interest),
    ]  # fmt: skip


async def interest_postings(
    tx: Transaction, account: int, *, before: UUID | None = None, limit: int = 100
) -> list[InterestPosting]:
    """What was settled, corrected and paid on an account, newest first; before the posting ``before``."""
    if before is None:
        return await _postings(tx, account, "ORDER BY booked_on DESC, id DESC LIMIT %s", [limit])
    return await _postings(
        tx,
        account,
        "AND (booked_on, id) < (SELECT booked_on, id FROM interest_postings WHERE cell = %s AND account = %s"
        " AND id = %s) ORDER BY booked_on DESC, id DESC LIMIT %s",
        [cell_of(account), account, before, limit],
    )


async def _postings(tx: Transaction, account: int, clause: str, values: list[Any]) -> list[InterestPosting]:
    cursor = await tx.execute(
        _SELECT + clause,
        [cell_of(account), account, *values],
    )
    return [
        InterestPosting(
            id=row[0],
            account=account,
            kind=KINDS[row[1]],
            start=row[2],
            through=row[3],
            exact=Fraction(row[4]) / UNIT,
            amount=row[5],
            tax=row[6],
            corrects=row[7],
            paid_to=row[8],
            booked_on=row[9],
            value_date=row[10],
            reason=row[11],
            transfer=row[0] if row[5] - row[6] else None,
        )
        for row in await cursor.fetchall()
    ]


async def explain(tx: Transaction, account: int, posting: UUID) -> Explanation:
    """A posting with the lines that made it. Raises InterestPostingNotFound."""
    found = await _postings(tx, account, "AND id = %s", [posting])
    if not found:
        raise InterestPostingNotFound(f"account {account} has no posting of interest {posting}")
    cursor = await tx.execute(
        "SELECT lines FROM interest_postings WHERE cell = %s AND account = %s AND id = %s",
        (cell_of(account), account, posting),
    )
    row = await cursor.fetchone()
    kept = row[0] if row else []
    currency = (await get_account(tx, account)).currency
    if found[0].kind == "product":
        lines = tuple(
            InterestLine(
                date.fromisoformat(line[0]), date.fromisoformat(line[1]), line[2], line[3], Decimal(line[4]),
                Fraction(line[5]),
            )
            for line in kept
        )  # fmt: skip
    else:
        kept = [[*line[:4], [Decimal(str(rate)) for rate in line[4]], line[5]] for line in kept]
        lines = expand(kept, await tiers_of(tx, [line[3] for line in kept]), found[0].through)
    return Explanation(found[0], currency, lines, await _posted_before(tx, found[0]))


async def _posted_before(tx: Transaction, posting: InterestPosting) -> tuple[InterestPosting, ...]:
    if posting.corrects is None:
        return ()
    # The ids of a settlement and its corrections rise with their serials.
    clause = "AND (id = %s OR corrects = %s) AND id < %s ORDER BY id"
    return tuple(
        await _postings(tx, posting.account, clause, [posting.corrects, posting.corrects, posting.id])
    )
