"""Changing an account as a command that may wait for approval: ``accounts.change``.

Where the bank has no rule for it, it is done at once. The amount that rules look at is the overdraft line
that a new floor opens; what they look for are the account and its customer.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from sycee.approvals import Approval, Facts, Line, register_command
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.kernel.money import Amount
from sycee.ledger.account_records import Account, AccountStatus
from sycee.ledger.accounts import change_account, get_account

CHANGE_ACCOUNT = "accounts.change"
"""The name of the command."""


class AccountChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is to be changed of an account, and why. ``floor`` in minor units, None for none at all."""

    number: int
    reason: str
    status: AccountStatus | None = None
    floor: int | UnsetType | None = UNSET
    name: str | None = None
    local_name: str | None = None


_decoder = msgspec.json.Decoder(AccountChange)
_account = msgspec.json.Decoder(Account)


def account_change(change: AccountChange) -> bytes:
    """The payload of a change."""
    return msgspec.json.encode(change)


def changed_account(result: bytes) -> Account:
    """The account as an executed change left it."""
    return _account.decode(result)


async def _describe(tx: Transaction, payload: bytes) -> Facts:
    change = _decoder.decode(payload)
    account = await get_account(tx, change.number)
    lines = [Line(f"Account {account.number} {account.name}", f"账户 {account.number} {account.local_name}")]
    if change.status is not None:
        lines.append(
            Line(f"Status: {account.status} → {change.status}", f"状态：{account.status} → {change.status}")
        )
    amount = None
    if change.floor is not UNSET:
        before, after = (_text(floor, account.currency) for floor in (account.floor, change.floor))
        lines.append(Line(f"Floor: {before} → {after}", f"余额下限：{before} → {after}"))
        amount = None if change.floor is None else -change.floor
    for name, zh, new, old in (
        ("Name", "户名（英文）", change.name, account.name),
        ("Local name", "户名", change.local_name, account.local_name),
    ):
        if new is not None:
            lines.append(Line(f"{name}: {old} → {new}", f"{zh}：{old} → {new}"))
    lines.append(Line(f"Reason: {change.reason}", f"原因：{change.reason}"))
    return Facts(
        customer=account.customer,
        cell=account.cell,
        accounts=(account.number,),
        amount=amount if amount is None or amount >= 0 else None,
        currency=account.currency if amount is not None and amount >= 0 else None,
        lines=tuple(lines),
    )


def _text(floor: int | None, currency: str) -> str:
    return "–" if floor is None else str(Amount(floor, currency))


async def _execute(tx: Transaction, payload: bytes, _approval: Approval) -> bytes:
    change = _decoder.decode(payload)
    given: dict[str, Any] = {} if change.floor is UNSET else {"floor": change.floor}
    changed = await change_account(
        tx,
        change.number,
        reason=change.reason,
        status=change.status,
        name=change.name,
        local_name=change.local_name,
        **given,
    )
    return msgspec.json.encode(changed)


register_command(
    CHANGE_ACCOUNT,
    execute=_execute,
    describe=_describe,
    title_en="Change an account",
    title_zh="变更账户",
    maker=Scope.ACCOUNTS_WRITE,
    default=(),
)
