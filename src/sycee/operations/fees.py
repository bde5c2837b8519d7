"""Fees of a cycle: what falls due of the signed products' fees, and charging it.

A fee that fell due is written down once, with its amount and the id of its transfer. It is charged in the
same block when the account has the money, and otherwise at each end of day until it has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID, uuid5

import msgspec

from sycee import ledger, products
from sycee.components import library
from sycee.database import Transaction
from sycee.ledger import Account, NewAccount, NewTransfer
from sycee.operations.cycles import Cycle, Span, spans_ending
from sycee.operations.days import Day, Failure

_IDS = UUID("3f7c1a52-0b64-5d1e-8f3a-9a1d2f0c7e11")
_ADVICE = {
    "insufficient_funds": "the fee stays due and is tried again at the next close",
    "fee_currency": "the fee of the product is in another currency than the account: correct the condition",
    "fee_unreadable": "the condition of the product cannot be read: correct it",
}
_USUAL = "mend the account: the fee stays due and is tried again at the next close"


class DueFee(msgspec.Struct, frozen=True, kw_only=True):
    """A fee that fell due; ``amount`` in minor units, 0 when it was waived."""

    account: int
    condition: str
    arrangement: UUID
    span: Span
    amount: int
    currency: str
    subject: str
    transfer: UUID


def cycles_end(day: Day) -> bool:
    """Whether the cycle of any fee ends with the days that an end of day covers."""
    return bool(spans_ending(Cycle.MONTHLY, day.business_date, day.last))


async def fall_due(tx: Transaction, day: Day, accounts: Sequence[Account]) -> list[Failure]:
    """Write down the fees that fall due on these accounts; those that cannot be reckoned are failures."""
    living = {one.number: one for one in accounts if one.closed_on is None and one.customer is not None}
    found, unreadable = await products.periodic_fees(tx, list(living), day.last)
    failed = [_failure(number, "fee_unreadable", reason) for number, reason in unreadable.items()]
    wanted: dict[Span, list[products.PeriodicFee]] = {}
    for fee in found:
        if fee.fee.currency != living[fee.account].currency:
            reason = (
                f"{fee.condition} is in {fee.fee.currency}, the account in {living[fee.account].currency}"
            )
            failed.append(_failure(fee.account, "fee_currency", reason))
            continue
        for span in spans_ending(Cycle(fee.fee.cycle), day.business_date, day.last):
            if fee.since <= span[1]:
                wanted.setdefault(span, []).append(fee)
    made: list[DueFee] = []
    for span, fees in wanted.items():
        made += await _reckoned(tx, span, fees, living)
    await _write(tx, made)
    return failed


async def _reckoned(
    tx: Transaction, span: Span, fees: Sequence[products.PeriodicFee], accounts: Mapping[int, Account]
) -> list[DueFee]:
    """The fees of a period. What waives them is the average balance of its days."""
    asked = [accounts[number] for number in {fee.account for fee in fees if fee.fee.waived_from is not None}]
    averages = await ledger.average_balances(tx, asked, *span) if asked else {}
    made = []
    for fee in fees:
        earlier = spans_ending(Cycle(fee.fee.cycle), fee.since, span[0] - timedelta(days=1))
        use = library.FeeUse(used=len(earlier), balance=averages.get(fee.account, 0))
        made.append(
            DueFee(
                account=fee.account,
                condition=fee.condition,
                arrangement=fee.arrangement,
                span=span,
                amount=fee.fee.charge(use).amount,
                currency=fee.fee.currency,
                subject=fee.income_subject,
                transfer=uuid5(_IDS, f"{fee.account} {fee.condition} {fee.arrangement} {span[1]}"),
            )
        )
    return made


async def _write(tx: Transaction, made: Sequence[DueFee]) -> None:
    if not made:
        return
    await tx.execute(
        """
        INSERT INTO day_fees (cell, account, condition, arrangement, period_start, period_end, amount,
                              currency, subject, transfer, state)
        SELECT account / 1000000000000000, *, CASE amount WHEN 0 THEN 'waived' ELSE 'due' END
        FROM unnest(%s::bigint[], %s::text[], %s::uuid[], %s::date[], %s::date[], %s::bigint[], %s::text[],
                    %s::text[], %s::uuid[])
            AS f(account, condition, arrangement, period_start, period_end, amount, currency, subject,
                 transfer)
        ON CONFLICT DO NOTHING
        """,
        (
            [fee.account for fee in made],
            [fee.condition for fee in made],
            [fee.arrangement for fee in made],
            [fee.span[0] for fee in made],
            [fee.span[1] for fee in made],
            [fee.amount for fee in made],
            [fee.currency for fee in made],
            [fee.subject for fee in made],
            [fee.transfer for fee in made],
        ),
    )


async def accounts_that_owe(tx: Transaction, cell: int, after: int, limit: int) -> list[int]:
    """The accounts of a cell with fees that are due, by number, after a number."""
    cursor = await tx.execute(
        "SELECT DISTINCT account FROM day_fees WHERE cell = %s AND account > %s AND state = 'due'"
        " ORDER BY account LIMIT %s",
        (cell, after, limit),
    )
    return [row[0] for row in await cursor.fetchall()]


async def charge(tx: Transaction, day: Day, accounts: Sequence[int]) -> tuple[int, list[Failure]]:
    """Charge what is due on these accounts; how many fees were, and what was refused, with the reason."""
    cursor = await tx.execute(
        """
        SELECT account, condition, period_end, amount, currency, subject, transfer FROM day_fees
        WHERE cell = %s AND account = ANY(%s) AND state = 'due' ORDER BY account, period_end, condition
        """,
        (day.cell, list(accounts)),
    )
    due = await cursor.fetchall()
    if not due:
        return 0, []
    income = await _income_accounts(tx, day.cell, sorted({(row[4], row[5]) for row in due}))
    outcomes = await ledger.post_transfers(
        tx,
        [
            NewTransfer(
                id=transfer,
                debit=account,
                credit=income[currency, subject],
                amount=amount,
                currency=currency,
                reference=condition[:140],
                description=f"Fee for the period to {end}",
            )
            for account, condition, end, amount, currency, subject, transfer in due
        ],
    )
    charged, failed = [], []
    for row, outcome in zip(due, outcomes, strict=True):
        if outcome.code is None:
            charged.append(row[6])
        else:
            reason = f"{row[1]} for the period to {row[2]}: {outcome.detail}"
            failed.append(_failure(row[0], outcome.code, reason))
    await tx.execute(
        "UPDATE day_fees SET state = 'charged', charged_on = %s"
        " WHERE cell = %s AND account = ANY(%s) AND transfer = ANY(%s)",
        (day.next_date, day.cell, list(accounts), charged),
    )
    return len(charged), failed


async def _income_accounts(
    tx: Transaction, cell: int, wanted: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    """The bank's own accounts for fees, by currency and subject; opened when they are first needed."""
    cursor = await tx.execute("SELECT currency, subject, number FROM fee_accounts WHERE cell = %s", (cell,))
    found = {(currency, subject): number for currency, subject, number in await cursor.fetchall()}
    for currency, subject in wanted:
        if (currency, subject) in found:
            continue
        new = NewAccount(
            currency=currency,
            subject=subject,
            cell=cell,
            floor=None,
            name="Fee income",
            local_name="手续费收入",
        )
        (opened,) = await ledger.open_accounts(tx, [new])
        await tx.execute(
            "INSERT INTO fee_accounts (cell, currency, subject, number) VALUES (%s, %s, %s, %s)",
            (cell, currency, subject, opened.number),
        )
        found[currency, subject] = opened.number
    return found


def _failure(account: int, code: str, reason: str) -> Failure:
    return Failure(account=account, code=code, reason=reason, advice=_ADVICE.get(code, _USUAL))


class FeeCharge(msgspec.Struct, frozen=True, kw_only=True):
    """A fee of an account as it was kept."""

    condition: str
    start: date
    end: date
    state: str
    amount: int
    currency: str
    transfer: UUID
    charged_on: date | None


async def fee_charges(tx: Transaction, account: int) -> list[FeeCharge]:
    """The fees of cycles of an account, newest first: charged, waived, still due."""
    cursor = await tx.execute(
        """
        SELECT condition, period_start, period_end, state, amount, currency, transfer, charged_on
        FROM day_fees WHERE cell = %s AND account = %s ORDER BY period_end DESC, condition
        """,
        (account // 10**15, account),
    )
    names = FeeCharge.__struct_fields__
    return [FeeCharge(**dict(zip(names, row, strict=True))) for row in await cursor.fetchall()]
