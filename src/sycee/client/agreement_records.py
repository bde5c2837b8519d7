"""What the bank answers about agreements, and what is sent to it, as typed values."""

from __future__ import annotations

import base64
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct, field

from sycee.client.records import Money
from sycee.kernel.ids import uuid7


class ItemChoice(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is chosen for one item of a package; what is left out is as the package has it."""

    include: bool = True
    negotiated: dict[str, Any] = {}
    ends_on: date | None = None
    name: str = ""
    local_name: str = ""


class NewAgreement(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A package to sign; its id is made here, so sending it twice signs it once."""

    customer: UUID
    package: str
    id: UUID = field(default_factory=uuid7)
    choices: dict[str, ItemChoice] = {}
    signers: list[UUID] = []
    basic_elsewhere: str = ""
    on: date | None = None


class Text(Struct, frozen=True):
    """The same in English and in Chinese."""

    en: str
    zh: str


class ContractTerm(Struct, frozen=True, kw_only=True):
    """A condition of a product: what it is called, and the values that it sets."""

    slot: str
    condition: str
    capability: str
    title: Text
    particulars: list[dict[str, str]]


class ContractRate(Struct, frozen=True, kw_only=True):
    """A step of the balance and its rate, percent a year, on the day of signing."""

    label: Text
    above: str
    rate_key: str | None
    spread: str
    rate: str | None


class ContractItem(Struct, frozen=True, kw_only=True):
    """What a contract says about one product."""

    key: str
    product: str
    product_version: str
    title: Text
    form: str
    currency: str
    opens_account: bool
    account: str | None
    lies_over: str | None
    account_class: str | None
    purpose: str
    started_on: date
    ends_on: date | None
    rates: list[ContractRate]
    negotiated: list[dict[str, str]]
    terms: list[ContractTerm]
    limits: list[ContractTerm]
    channels: list[ContractTerm]
    fees: list[ContractTerm]


class Contract(Struct, frozen=True, kw_only=True):
    """A contract as data."""

    agreement: UUID
    revision: int
    kind: str
    package: str
    package_version: str
    title: Text
    customer: dict[str, str]
    signers: list[str]
    signed_on: date
    made_on: date
    items: list[ContractItem]


class SigningOutcome(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one agreement; ``code`` and ``detail`` say why it was rejected.

    ``waiting``: nothing is signed until others agree to ``approval``, which has the agreement's id.
    """

    id: UUID
    status: Literal["signed", "duplicate", "preview", "waiting", "rejected"]
    approval: UUID | None = None
    code: str | None = None
    detail: str | None = None
    item: str | None = None
    contract: Contract | None = None
    digest: str | None = None
    pdf: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether it is signed, from now or from before, waits for others, or would be signed."""
        return self.status != "rejected"

    @property
    def document(self) -> bytes | None:
        """The contract as PDF, where it was asked for."""
        return None if self.pdf is None else base64.b64decode(self.pdf)


class Arrangement(Struct, frozen=True, kw_only=True):
    """A product in force for a customer, in the version that was agreed to."""

    id: UUID
    key: str
    product: str
    product_version: str
    title: dict[str, str]
    form: str
    currency: str
    account: str | None
    lies_over: UUID | None
    account_class: str | None
    purpose: str
    negotiated: dict[str, Any]
    started_on: date
    ends_on: date | None
    ended_on: date | None


class Agreement(Struct, frozen=True, kw_only=True):
    """A signed package."""

    id: UUID
    cell: int
    customer: UUID
    package: str
    package_version: str
    state: Literal["active", "ended"]
    signed_on: date
    signed_at: datetime
    signed_by: str
    signers: list[UUID]
    choices: dict[str, ItemChoice]
    revision: int
    ended_on: date | None
    arrangements: list[Arrangement]


class EndedArrangement(Struct, frozen=True, kw_only=True):
    """An arrangement that has ended, and what was moved out of its account."""

    key: str
    id: UUID
    account: str | None
    moved_out: Money
    pay_to: str | None


class EndedAgreement(Struct, frozen=True, kw_only=True):
    """What ended, and the contract on what remains (None when nothing does)."""

    agreement: UUID
    ended: list[EndedArrangement]
    contract: Contract | None


class AgreementEvent(Struct, frozen=True, kw_only=True):
    """Something that happened to an agreement after it was signed."""

    id: UUID
    kind: str
    arrangement: UUID | None
    on: date
    at: datetime
    by: str
    reason: str
    before: dict[str, Any]
    after: dict[str, Any]


class ArrangementCondition(Struct, frozen=True, kw_only=True):
    """A limit, channel or fee that holds for an arrangement."""

    slot: str
    condition: str
    capability: str
    parameters: dict[str, Any]
    account: str | None
    started_on: date
    ended_on: date | None


class PackageCustomer(Struct, frozen=True, kw_only=True):
    """A customer whose agreement is on some version of a package."""

    customer: UUID
    agreement: UUID
    version: str
    signed_on: date


class AgreementMove(Struct, frozen=True, kw_only=True):
    """What became of moving one agreement to the newest version."""

    agreement: UUID
    status: Literal["moved", "current", "waiting", "refused"]
    before: str | None
    after: str | None
    changed: list[str]
    added: list[str]
    kept: list[str]
    approval: UUID | None
    code: str | None
    detail: str | None


class SigningOutcomes(Struct, frozen=True):
    """An outcome for each agreement, in order."""

    outcomes: list[SigningOutcome]


class AgreementPage(Struct, frozen=True, kw_only=True):
    """A page of agreements and the cursor of the next page (None on the last)."""

    agreements: list[Agreement]
    next: str | None = None


class AgreementEvents(Struct, frozen=True):
    """What happened to an agreement, oldest first."""

    events: list[AgreementEvent]


class ArrangementConditions(Struct, frozen=True):
    """The limits, channels and fees of an arrangement."""

    conditions: list[ArrangementCondition]


class PackageCustomers(Struct, frozen=True, kw_only=True):
    """A page of customers and the cursor of the next page (None on the last)."""

    customers: list[PackageCustomer]
    next: str | None = None


class AgreementMoves(Struct, frozen=True):
    """A report for each agreement, in order."""

    moves: list[AgreementMove]
