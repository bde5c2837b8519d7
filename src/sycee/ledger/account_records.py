"""What accounts are: their statuses and sides, one to be opened, and one as it stands."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

import msgspec


class AccountStatus(StrEnum):
    """What an account takes part in; the order is that of the numbers in the database.

    A debit-blocked account takes credits only, a credit-blocked one debits only, a frozen one neither,
    a dormant one credits only, a closed one neither, for good. A restricted one is moved by its product
    alone (``post_transfers(..., restricted=True)``). A supervised one takes credits, and pays only what was
    released (``post_transfers(..., released=True)``).
    """

    OPEN = "open"
    DEBIT_BLOCKED = "debit_blocked"
    CREDIT_BLOCKED = "credit_blocked"
    FROZEN = "frozen"
    DORMANT = "dormant"
    CLOSED = "closed"
    RESTRICTED = "restricted"
    SUPERVISED = "supervised"


STATUSES: tuple[AccountStatus, ...] = tuple(AccountStatus)


class NormalSide(StrEnum):
    """The side on which an account's balance counts as positive."""

    DEBIT = "debit"
    CREDIT = "credit"

    @property
    def sign(self) -> int:
        """1 for credit, -1 for debit: what turns credits minus debits into a balance on this side."""
        return 1 if self is NormalSide.CREDIT else -1


class NewAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account to be opened, in ``cell`` or under a ``number`` of 18 digits (which names the cell).

    ``floor`` is the lowest balance in minor units: 0, minus an overdraft line, or None for no floor.
    ``subject`` is the general-ledger subject that its postings roll up to. A ``restricted`` account belongs
    to a product, which alone moves it.
    """

    currency: str
    subject: str
    cell: int | None = None
    number: int | None = None
    normal_side: NormalSide = NormalSide.CREDIT
    floor: int | None = 0
    name: str = ""
    local_name: str = ""
    customer: UUID | None = None
    restricted: bool = False


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account as it stands. Amounts are minor units, positive on the normal side.

    ``held`` is what pending transfers may take out, ``incoming`` what they may bring;
    ``available`` is what can be taken now: balance minus held minus floor, None without a floor.
    ``restricted`` says that it belongs to a product, ``supervised`` that it stands under supervision,
    whatever its status is now.
    """

    number: int
    cell: int
    currency: str
    normal_side: NormalSide
    floor: int | None
    status: AccountStatus
    subject: str
    name: str
    local_name: str
    customer: UUID | None
    balance: int
    held: int
    incoming: int
    opened_on: date
    closed_on: date | None
    entries: int
    restricted: bool = False
    supervised: bool = False

    @property
    def available(self) -> int:
        """What can be taken now; of an account without a floor, its balance minus what is held."""
        return self.balance - self.held - (self.floor or 0)
