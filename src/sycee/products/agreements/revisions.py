"""What may be asked of a signed agreement: other terms, further items, the newest version, an end."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeAlias
from uuid import UUID

import msgspec

from sycee.products.agreements.records import ItemChoice


class ChangeTerms(msgspec.Struct, frozen=True, kw_only=True, tag="change"):
    """Other terms for one arrangement: see ``change_agreement``."""

    agreement: UUID
    key: str
    negotiated: dict[str, Any] = {}
    ends_on: date | None = None
    signers: tuple[UUID, ...]
    reason: str


class TakeItems(msgspec.Struct, frozen=True, kw_only=True, tag="extend"):
    """Further items of the package: see ``extend_agreement``."""

    agreement: UUID
    choices: dict[str, ItemChoice]
    signers: tuple[UUID, ...]
    reason: str


class MoveToNewest(msgspec.Struct, frozen=True, kw_only=True, tag="move"):
    """The package as it is sold today: see ``move_agreement``. The bank does that; no customer signs."""

    agreement: UUID
    reason: str
    signers: tuple[UUID, ...] = ()


class EndItems(msgspec.Struct, frozen=True, kw_only=True, tag="end"):
    """The end of an agreement, or of some of its arrangements: see ``end_agreement``."""

    agreement: UUID
    keys: tuple[str, ...] | None = None
    pay_to: int | None = None
    signers: tuple[UUID, ...]
    reason: str


AgreementAct: TypeAlias = ChangeTerms | TakeItems | MoveToNewest | EndItems
