"""Opening and changing accounts as commands that may wait for approval.

``accounts.change`` is done at once where the bank has no rule for it. What a person asks for is
``accounts.open`` or, unless it only restricts an account, ``accounts.amend``: these wait for another person
of the bank. The amount that rules look at is the overdraft line that is opened; what they look for are
account and customer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from sycee.approvals import Approval, Facts, Line, Stage, register_command
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.kernel.money import Amount
from sycee.ledger.account_records import Account, AccountStatus, NewAccount
from sycee.ledger.accounts import change_account, get_account, open_accounts
from sycee.ledger.errors import InvalidAccount

CHANGE_ACCOUNT, AMEND_ACCOUNT, OPEN_ACCOUNTS = "accounts.change", "accounts.amend", "accounts.open"
"""The names of the commands."""

SHOWN_ACCOUNTS = 50
"""How many accounts of a list are shown one by one to who is to agree."""

_ANOTHER_OF_THE_BANK = (Stage(who="bank:approvals:decide"),)
_BLOCKS = {
    AccountStatus.OPEN: frozenset[str](),
    AccountStatus.DEBIT_BLOCKED: frozenset({"debits"}),
    AccountStatus.CREDIT_BLOCKED: frozenset({"credits"}),
    AccountStatus.FROZEN: frozenset({"debits", "credits"}),
}


class AccountChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is to be changed of an account, and why. ``floor`` in minor units, None for none at all."""

    number: int
    reason: str
    status: AccountStatus | None = None
    floor: int | UnsetType | None = UNSET
    name: str | None = None
    local_name: str | None = None


_decoder = msgspec.json.Decoder(AccountChange)
_new = msgspec.json.Decoder(list[NewAccount])
_opened = msgspec.json.Decoder(list[Account])
_account = msgspec.json.Decoder(Account)


def account_change(change: AccountChange) -> bytes:
    """The payload of a change."""
    return msgspec.json.encode(change)


def changed_account(result: bytes) -> Account:
    """The account as an executed change left it."""
    return _account.decode(result)


def new_accounts_payload(accounts: Sequence[NewAccount]) -> bytes:
    """The payload of accounts to be opened together."""
    return msgspec.json.encode(accounts)


def opened_accounts(result: bytes) -> list[Account]:
    """The accounts that were opened."""
    return _opened.decode(result)


async def only_restricts(tx: Transaction, change: AccountChange) -> bool:
    """Whether a change does no more than stop something: that is never too early. Raises AccountNotFound."""
    if change.floor is not UNSET or change.name is not None or change.local_name is not None:
        return False
    status = (await get_account(tx, change.number)).status
    if change.status not in _BLOCKS or status not in _BLOCKS:
        return False
    return _BLOCKS[change.status] >= _BLOCKS[status]


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
register_command(
    AMEND_ACCOUNT,
    execute=_execute,
    describe=_describe,
    title_en="Amend an account",
    title_zh="变更账户要素",
    maker=Scope.ACCOUNTS_WRITE,
    default=_ANOTHER_OF_THE_BANK,
    like=CHANGE_ACCOUNT,
)


async def _describe_new(tx: Transaction, payload: bytes) -> Facts:
    wanted = _new.decode(payload)
    async with tx.transaction(force_rollback=True):  # what could never be opened is refused at once
        made = await open_accounts(tx, wanted)
    if len({(account.customer, account.cell) for account in made}) > 1:
        raise InvalidAccount("what others agree to is for one customer in one cell: send a list for each")
    currencies, line = {account.currency for account in made}, _overdraft(wanted)
    amount = line if len(currencies) == 1 else None
    return Facts(
        customer=made[0].customer,
        cell=made[0].cell,
        accounts=tuple(new.number for new in wanted if new.number is not None),
        amount=amount,
        currency=None if amount is None else made[0].currency,
        lines=(
            Line(f"{len(made)} accounts are opened", f"开立账户{len(made)}个"),
            *(_new_line(new) for new in wanted[:SHOWN_ACCOUNTS]),
        ),
    )


def _overdraft(wanted: Sequence[NewAccount]) -> int | None:
    """The largest overdraft line, 0 without any; None where one is without a floor."""
    floors = [new.floor for new in wanted]
    return None if None in floors else max(max(-(floor or 0), 0) for floor in floors)


def _new_line(new: NewAccount) -> Line:
    floor = _text(new.floor, new.currency)
    return Line(
        f"{new.name or new.local_name}, {new.currency}, subject {new.subject}, floor {floor}",
        f"{new.local_name or new.name}，{new.currency}，科目{new.subject}，余额下限{floor}",
    )


async def _execute_new(tx: Transaction, payload: bytes, _approval: Approval) -> bytes:
    return msgspec.json.encode(await open_accounts(tx, _new.decode(payload)))


register_command(
    OPEN_ACCOUNTS,
    execute=_execute_new,
    describe=_describe_new,
    title_en="Open accounts",
    title_zh="开立账户",
    maker=Scope.ACCOUNTS_WRITE,
    default=_ANOTHER_OF_THE_BANK,
)
