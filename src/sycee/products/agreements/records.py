"""What is asked for and what is kept: signings, agreements, arrangements, and what became of a signing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from sycee.components import ResolvedProduct
from sycee.products.contracts import Contract

MAX_SIGNINGS = 1_000
"""Most agreements that are signed in one transaction."""


class ItemChoice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a customer chose for one item of a package; what is left out is as the package has it.

    ``include``: an optional item is taken when it is named here, unless this is false. ``negotiated``: paths
    into the product's slots and the values agreed on, within the product's bounds. ``ends_on``: the last day
    of a temporary account. ``name`` and ``local_name``: of the account, else the product's title.
    """

    include: bool = True
    negotiated: dict[str, Any] = {}
    ends_on: date | None = None
    name: str = ""
    local_name: str = ""


class SignRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One customer signs one package. ``id`` is made by whoever asks, once: it makes asking again safe.

    ``choices`` are by item key. ``signers`` are the persons who sign for the customer. ``basic_elsewhere`` is
    the permit number of its basic account at another bank. ``on`` is the date for which it was priced; it has
    to be the business date of the customer's cell, which it is when left out. ``package_version`` is the
    version for which it was priced, where it is to be signed at that or not at all.
    """

    id: UUID
    customer: UUID
    package: str
    choices: dict[str, ItemChoice] = {}
    signers: tuple[UUID, ...] = ()
    basic_elsewhere: str = ""
    on: date | None = None
    package_version: str | None = None


class Arrangement(msgspec.Struct, frozen=True, kw_only=True):
    """A product in force for a customer, as it was agreed to: ``product`` is frozen.

    ``account`` is the account that was opened for it; None for a form under which deposits are placed later,
    each with an account of its own. ``lies_over`` names, for an agreement deposit, the arrangement on whose
    account it lies. ``resolved_on`` is the day whose version of the product it is.
    """

    id: UUID
    cell: int
    agreement: UUID
    customer: UUID
    key: str
    product: ResolvedProduct
    currency: str
    account: int | None
    lies_over: UUID | None
    account_class: str | None
    purpose: str
    started_on: date
    resolved_on: date
    ends_on: date | None
    ended_on: date | None


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """A signed package. ``revision`` is that of its newest contract."""

    id: UUID
    cell: int
    customer: UUID
    package: str
    package_version: str
    state: Literal["active", "ended"]
    signed_on: date
    signed_at: datetime
    signed_by: str
    signers: tuple[UUID, ...]
    basic_elsewhere: str
    choices: dict[str, ItemChoice]
    revision: int
    ended_on: date | None
    arrangements: tuple[Arrangement, ...]


class ArrangementCondition(msgspec.Struct, frozen=True, kw_only=True):
    """A limit, channel or fee that holds for an arrangement from ``started_on`` until ``ended_on``."""

    arrangement: UUID
    account: int | None
    slot: str
    condition: str
    capability: str
    parameters: dict[str, Any]
    started_on: date
    ended_on: date | None


class AgreementEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to an agreement after it was signed: who, when, why, what was and what is."""

    id: UUID
    kind: Literal["extended", "changed", "moved", "ended"]
    arrangement: UUID | None
    on: date
    at: datetime
    by: str
    reason: str
    before: dict[str, Any]
    after: dict[str, Any]


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a signing.

    ``signed``, ``duplicate`` (signed before, with the same content) or ``preview`` come with the contract;
    ``rejected`` with the ``code``, ``detail`` and further facts of the rule that refused it. ``waiting``:
    others have to agree first, to the approval that has the agreement's id.
    """

    id: UUID
    status: Literal["signed", "duplicate", "preview", "waiting", "rejected"]
    contract: Contract | None = None
    code: str | None = None
    detail: str | None = None
    facts: dict[str, Any] = {}


class CustomerOnVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A customer whose agreement is on some version of a package."""

    customer: UUID
    agreement: UUID
    package: str
    version: str
    signed_on: date
