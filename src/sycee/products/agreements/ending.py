"""Ending agreements, all or in part: interest settled, money moved out, accounts closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec

from sycee import ledger
from sycee.database import Transaction
from sycee.kernel.ids import uuid7
from sycee.kernel.money import Amount
from sycee.products.agreements import basic_accounts, revising
from sycee.products.agreements.account_classes import BASIC, receives_only
from sycee.products.agreements.customers import END, require_standing
from sycee.products.agreements.errors import ArrangementInUse, BalanceLeft, PayoutRefused
from sycee.products.agreements.offers import OfferedItem
from sycee.products.agreements.revising import Revision
from sycee.products.contracts import Contract
from sycee.products.interest.errors import NotInterestBearing
from sycee.products.interest.positions import stop_interest
from sycee.products.interest.postings import settle_interest

_ONE_DAY = timedelta(days=1)


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """An arrangement that was ended: its account, and what was on it and moved out (minor units)."""

    key: str
    arrangement: UUID
    account: int | None
    currency: str
    moved_out: int
    pay_to: int | None


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an agreement that was ended, all or in part; ``contract`` is what remains of it."""

    agreement: UUID
    ended: tuple[Ended, ...]
    contract: Contract | None


async def end_agreement(
    tx: Transaction,
    agreement: UUID,
    *,
    keys: Sequence[str] | None = None,
    pay_to: int | None = None,
    signers: tuple[UUID, ...],
    by: str,
    reason: str,
) -> Ending:
    """End an agreement, or the arrangements under ``keys``.

    Interest is settled through the day before. What is then on an account goes to ``pay_to``; an account
    with nothing on it needs none. What lies over an account that stays gives its interest terms back.

    Raises AgreementNotFound, AgreementEnded, ArrangementNotFound, ArrangementInUse (something lies over it, a
    deposit placed under it is open, a basic account that others need), BalanceLeft, PayoutRefused,
    ledger.AccountNotEmpty for what is held, and what refuses the customer's signers.
    """
    revision = await revising.begin(tx, agreement, by=by, reason=reason)
    standing = await require_standing(tx, revision.agreement.customer, signers, END)
    wanted = list(dict.fromkeys(keys)) if keys is not None else list(revision.items)
    for key in wanted:
        revising.arrangement(revision, key)
    await _refuse_if_used(tx, revision, wanted)
    ended = [
        await _end(tx, revision, revision.items[key], pay_to, wanted)
        # What lies over an account goes before the account itself.
        for key in sorted(wanted, key=lambda one: revision.items[one].lies_over is None)
    ]
    for key in wanted:
        del revision.items[key]
    if revision.items:
        made = await revising.finish(tx, revision, standing.signers)
        return Ending(agreement=agreement, ended=tuple(ended), contract=made)
    await tx.execute(
        "UPDATE agreements SET ended_on = %s WHERE cell = %s AND id = %s",
        (revision.on, revision.agreement.cell, agreement),
    )
    return Ending(agreement=agreement, ended=tuple(ended), contract=None)


async def _refuse_if_used(tx: Transaction, revision: Revision, keys: Sequence[str]) -> None:
    for key in keys:
        above = revision.lying_over(key)
        if above is not None and above.key not in keys:
            raise ArrangementInUse(
                f"{above.key} lies over the account of {key}: end it too, or before", item=key
            )
    cursor = await tx.execute(
        """
        SELECT a.key, x.account FROM arrangements a
        JOIN arrangement_accounts x ON x.cell = a.cell AND x.arrangement = a.id
        JOIN account_profiles p ON p.cell = x.cell AND p.number = x.account
        WHERE a.cell = %s AND a.id = ANY(%s) AND p.closed_on IS NULL AND x.account IS DISTINCT FROM a.account
        ORDER BY x.account LIMIT 1
        """,
        (revision.agreement.cell, [revision.ids[key] for key in keys]),
    )
    row = await cursor.fetchone()
    if row is not None:
        raise ArrangementInUse(f"deposit {row[1]} was placed under {row[0]} and is still open", item=row[0])
    if any(revision.items[key].account_class == BASIC for key in keys):
        await _refuse_if_needed(tx, revision, keys)


async def _refuse_if_needed(tx: Transaction, revision: Revision, keys: Sequence[str]) -> None:
    """A basic account closes last: the accounts beside it are opened because there is one."""
    cursor = await tx.execute(
        """
        SELECT a.key, a.agreement FROM arrangements a
        WHERE a.customer = %s AND a.ended_on IS NULL AND a.account_class NOT IN ('basic', 'temporary')
          AND a.id <> ALL(%s)
        ORDER BY a.id LIMIT 1
        """,
        (revision.agreement.customer, [revision.ids[key] for key in keys]),
    )
    row = await cursor.fetchone()
    if row is not None:
        raise ArrangementInUse(
            f"{row[0]} of agreement {row[1]} needs the customer's basic account: end it before", item=row[0]
        )


async def _end(
    tx: Transaction, revision: Revision, item: OfferedItem, pay_to: int | None, keys: Sequence[str]
) -> Ended:
    id, account = revision.ids[item.key], revision.accounts.get(item.key)
    moved = 0
    if account is not None:
        moved = await _close(tx, revision, item, account, pay_to)
    elif item.lies_over is not None and item.lies_over not in keys:
        await revising.set_interest(tx, revision, item.lies_over, None, revision.items[item.lies_over])
    cell = revision.agreement.cell
    await tx.execute(
        "UPDATE arrangements SET ended_on = %s WHERE cell = %s AND id = %s", (revision.on, cell, id)
    )
    await revising.end_conditions(tx, cell, id, revision.on)
    ended = Ended(
        key=item.key,
        arrangement=id,
        account=account,
        currency=item.currency,
        moved_out=moved,
        pay_to=pay_to if moved else None,
    )
    await revising.note(
        tx, revision, "ended", id, {"product": item.product.id}, msgspec.structs.asdict(ended)
    )
    return ended


async def _close(
    tx: Transaction, revision: Revision, item: OfferedItem, account: int, pay_to: int | None
) -> int:
    """Settle, move out, close; returns what was moved out in minor units."""
    try:
        await settle_interest(tx, account, revision.on - _ONE_DAY)
        await stop_interest(tx, account, revision.on - _ONE_DAY)
    except NotInterestBearing:
        pass  # a product may bear none
    left = (await ledger.get_account(tx, account)).balance
    if left:
        if pay_to is None:
            shown = Amount(left, item.currency)
            raise BalanceLeft(
                f"{shown} is on account {account} of {item.key}: say where it goes", item=item.key
            )
        if receives_only(item.product):
            await ledger.change_account(
                tx, account, status=ledger.AccountStatus.OPEN, reason=f"ends: {revision.reason}"
            )
        await _pay_out(tx, revision, account, pay_to, Amount(left, item.currency))
    await ledger.change_account(
        tx, account, status=ledger.AccountStatus.CLOSED, reason=f"agreement ended: {revision.reason}"
    )
    await basic_accounts.release(tx, revision.agreement.cell, account)
    return left


async def _pay_out(tx: Transaction, revision: Revision, account: int, pay_to: int, amount: Amount) -> None:
    transfer = ledger.NewTransfer(
        id=uuid7(),
        debit=account if amount.minor > 0 else pay_to,
        credit=pay_to if amount.minor > 0 else account,
        amount=abs(amount.minor),
        currency=amount.currency,
        description="Balance on closing 销户余额",
        reference=str(revision.agreement.id),
    )
    (outcome,) = await ledger.post_transfers(tx, [transfer])
    if outcome.status != "posted":
        raise PayoutRefused(
            f"{amount} could not go from {account} to {pay_to}: {outcome.detail} [{outcome.code}]",
            rejection=outcome.code,
        )
