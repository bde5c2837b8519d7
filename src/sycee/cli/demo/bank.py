"""Who banks with the demo bank: groups, accounts, internal accounts, and the money to begin with.

Subjects are those of the Chinese chart of accounts for banks: 1003 存放中央银行款项 (deposits with the
central bank), 1011 存放同业款项 (deposits with other banks), 2011 吸收存款 (customers' deposits),
4001 实收资本 (paid-in capital).
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid5

import msgspec

from sycee.client import Money, NewAccount, NewTransfer
from sycee.kernel.ids import account_number

NAMESPACE = UUID("5c9b7d52-6f5e-5d0e-8f3e-2f0c7a1d9e64")
CELLS = {101: "Shanghai 上海", 102: "Qingdao 青岛", 103: "Chengdu 成都"}
CENTRAL_BANK, OTHER_BANKS, DEPOSITS, CAPITAL = "1003", "1011", "2011", "4001"
HOME = "CNY"


class Group(msgspec.Struct, frozen=True):
    """A corporate group, which is a customer, in the cell where its accounts are."""

    key: str
    name: str
    local_name: str
    cell: int

    @property
    def short_name(self) -> str:
        """The first word of the name."""
        return self.name.partition(" ")[0]

    @property
    def customer(self) -> UUID:
        """The id of the customer."""
        return uuid5(NAMESPACE, f"customer {self.key}")


class CustomerAccount(msgspec.Struct, frozen=True):
    """An account of a group, and what it is funded with."""

    group: Group
    serial: int
    currency: str
    name: str
    local_name: str
    opening: str
    overdraft: str | None = None
    frozen: bool = False

    @property
    def number(self) -> str:
        """The account number."""
        return str(account_number(self.group.cell, self.serial))

    @property
    def full_name(self) -> str:
        """The name with the group's."""
        return f"{self.group.name}, {self.name}"


SILK = Group("huachuan", "Huachuan Silk Trading Group", "华川丝绸贸易集团", 101)
SHIPPING = Group("canghai", "Canghai Shipping Group", "沧海航运集团", 102)
MACHINES = Group("kunlun", "Kunlun Precision Machinery Group", "昆仑精密机械集团", 103)
GROUPS = (SILK, SHIPPING, MACHINES)

SILK_HOME = CustomerAccount(SILK, 1001, HOME, "operating account", "基本存款账户", "26800000.00")
SILK_EUROPE = CustomerAccount(SILK, 1002, "EUR", "European subsidiaries", "欧洲子公司账户", "850000.00")
SILK_HONG_KONG = CustomerAccount(SILK, 1003, "HKD", "Hong Kong trade", "香港贸易账户", "1200000.00")
SILK_DOLLARS = CustomerAccount(SILK, 1004, "USD", "dollar settlement", "美元结算账户", "640000.00")
SHIPPING_HOME = CustomerAccount(
    SHIPPING, 2001, HOME, "operating account", "基本存款账户", "18350000.00", "5000000.00"
)
SHIPPING_LONDON = CustomerAccount(SHIPPING, 2002, "GBP", "London office", "伦敦办事处账户", "96000.00")
SHIPPING_HONG_KONG = CustomerAccount(SHIPPING, 2003, "HKD", "harbour dues", "港口费用账户", "300000.00")
SHIPPING_DOLLARS = CustomerAccount(SHIPPING, 2004, "USD", "freight income", "运费收入账户", "415000.00")
MACHINES_HOME = CustomerAccount(MACHINES, 3001, HOME, "operating account", "基本存款账户", "9720000.00")
MACHINES_EUROPE = CustomerAccount(MACHINES, 3002, "EUR", "export income", "出口收入账户", "72000.00")
MACHINES_SWISS = CustomerAccount(MACHINES, 3003, "CHF", "tooling purchases", "工装采购账户", "58000.00")
MACHINES_SINGAPORE = CustomerAccount(
    MACHINES, 3004, "SGD", "Singapore office", "新加坡办事处账户", "220000.00", frozen=True
)
CUSTOMER_ACCOUNTS = (
    SILK_HOME,
    SILK_EUROPE,
    SILK_HONG_KONG,
    SILK_DOLLARS,
    SHIPPING_HOME,
    SHIPPING_LONDON,
    SHIPPING_HONG_KONG,
    SHIPPING_DOLLARS,
    MACHINES_HOME,
    MACHINES_EUROPE,
    MACHINES_SWISS,
    MACHINES_SINGAPORE,
)
CURRENCIES = tuple(sorted({account.currency for account in CUSTOMER_ACCOUNTS}))

_INTERNAL_CELL = 101
_CAPITAL_PAID_IN = "100000000.00"


def settlement_account(currency: str) -> str:
    """The bank's own account for a currency: at the central bank for yuan, at a correspondent for others."""
    return str(account_number(_INTERNAL_CELL, 1 + CURRENCIES.index(currency)))


def capital_account() -> str:
    """The account of the bank's paid-in capital."""
    return str(account_number(_INTERNAL_CELL, 100))


def accounts() -> Iterator[NewAccount]:
    """Every account to open, the bank's own first."""
    for currency in CURRENCIES:
        home = currency == HOME
        yield NewAccount(
            number=settlement_account(currency),
            currency=currency,
            subject=CENTRAL_BANK if home else OTHER_BANKS,
            normal_side="debit",
            floor=None,
            name="Deposits with the central bank" if home else f"Correspondent account, {currency}",
            local_name="存放中央银行款项" if home else f"存放同业款项 {currency}",
        )
    yield NewAccount(
        number=capital_account(),
        currency=HOME,
        subject=CAPITAL,
        floor=None,
        name="Paid-in capital",
        local_name="实收资本",
    )
    for account in CUSTOMER_ACCOUNTS:
        line = account.overdraft
        yield NewAccount(
            number=account.number,
            currency=account.currency,
            subject=DEPOSITS,
            floor=Money(currency=account.currency, value=f"-{line}" if line else "0"),
            name=account.full_name,
            local_name=f"{account.group.local_name} {account.local_name}",
            customer=account.group.customer,
        )


def opening_transfers() -> Iterator[NewTransfer]:
    """The money to begin with: capital paid in, and deposits that came in through the settlement accounts."""
    yield NewTransfer(
        id=uuid5(NAMESPACE, "capital"),
        debit=settlement_account(HOME),
        credit=capital_account(),
        amount=Money(currency=HOME, value=_CAPITAL_PAID_IN),
        reference="CAPITAL",
        description="Capital paid in 实收资本",
    )
    for account in CUSTOMER_ACCOUNTS:
        yield NewTransfer(
            id=uuid5(NAMESPACE, f"opening {account.number}"),
            debit=settlement_account(account.currency),
            credit=account.number,
            amount=Money(currency=account.currency, value=account.opening),
            reference=f"OPENING-{account.serial}",
            description=f"Opening deposit 开户存款: {account.local_name}",
        )
