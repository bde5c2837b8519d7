"""Agreements on the wire: signing a list, what is in force, changes, ends, moves between versions.

A contract is a document of its own: what its digest is of. So it is the same here as where it is kept, and
its shape is that of ``sycee.products``.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from sycee.api.schemas.common import AccountNumber, CurrencyCode, Cursor, Money, Wire
from sycee.products import MAX_SIGNINGS, Contract

ItemKey = Annotated[str, Meta(max_length=60, description="Key of an item of the package.", examples=["main"])]
PackageId = Annotated[
    str, Meta(max_length=100, description="Id of the package.", examples=["settlement-starter"])
]
Signers = Annotated[
    list[UUID],
    Meta(max_length=20, description="The persons who sign for the customer, as its mandates ask for."),
]
Reason = Annotated[
    str, Meta(min_length=1, max_length=500, description="Why, for the record.", examples=["Board 2026-07"])
]
Negotiated = Annotated[
    dict[str, Any],
    Meta(description="Paths into the product and the values agreed on, within the product's bounds."),
]
EndsOn = Annotated[date | None, Meta(description="The last day of a temporary account.")]
Account = Annotated[
    AccountNumber | None,
    Meta(description="The account that was opened; null in a preview, and where deposits are placed later."),
]


class ItemChoice(Wire, omit_defaults=True):
    """What a customer chose for one item; what is absent is as the package has it."""

    include: Annotated[bool, Meta(description="Whether an optional item is taken.")] = True
    negotiated: Negotiated = msgspec.field(default_factory=dict)
    ends_on: EndsOn = None
    name: Annotated[str, Meta(max_length=200, description="Name of the account.")] = ""
    local_name: Annotated[str, Meta(max_length=200, description="Name of the account in Chinese.")] = ""


Choices = Annotated[dict[str, ItemChoice], Meta(description="What was chosen, by the key of the item.")]


class NewAgreement(Wire):
    """A package that a customer signs. The id is made by whoever asks, once: sending it again is safe."""

    id: UUID
    customer: UUID
    package: PackageId
    choices: Choices = msgspec.field(default_factory=dict)
    signers: Signers = msgspec.field(default_factory=list)
    basic_elsewhere: Annotated[
        str, Meta(max_length=60, description="Permit number of a basic account at another bank.")
    ] = ""
    on: Annotated[
        date | None, Meta(description="The date it was priced for; has to be the business date.")
    ] = None


class NewAgreements(Wire):
    """Agreements to sign: each as a whole or not at all."""

    agreements: Annotated[
        list[NewAgreement],
        Meta(min_length=1, max_length=MAX_SIGNINGS, description="The agreements, in order."),
    ]
    dry_run: Annotated[bool, Meta(description="Show what would be opened and priced; change nothing.")] = (
        False
    )
    pdf: Annotated[bool, Meta(description="Answer with the contracts as PDF, too.")] = False


class SigningOutcome(Wire, omit_defaults=True):
    """What became of one agreement."""

    id: UUID
    status: Annotated[
        Literal["signed", "duplicate", "preview", "waiting", "rejected"],
        Meta(
            description="`duplicate`: signed before, with the same content; its first contract comes. "
            "`waiting`: others have to agree first."
        ),
    ]
    approval: Annotated[
        UUID | None, Meta(description="Of one that waits: the approval, which has the agreement's id.")
    ] = None
    code: Annotated[str | None, Meta(description="Of a rejection: the rule's stable code.")] = None
    detail: Annotated[str | None, Meta(description="Of a rejection: what is wrong, for people.")] = None
    item: Annotated[str | None, Meta(description="Of a rejection: the item that it is about.")] = None
    contract: Annotated[Contract | None, Meta(description="The contract as data.")] = None
    digest: Annotated[
        str | None, Meta(description="SHA-256 of the contract's data, in hexadecimal digits.")
    ] = None
    pdf: Annotated[str | None, Meta(description="The contract as PDF, in Base64.")] = None


class SigningOutcomes(Wire):
    """An outcome for each agreement, in the order of the request."""

    outcomes: list[SigningOutcome]


class Arrangement(Wire):
    """A product in force for a customer, in the version that was agreed to."""

    id: UUID
    key: ItemKey
    product: str
    product_version: Annotated[str, Meta(description="Since when the product is as it is.")]
    title: Annotated[dict[str, str], Meta(description="The title by language, `en` and `zh`.")]
    form: Annotated[str, Meta(description="The form of deposit; empty for a service.")]
    currency: CurrencyCode
    account: Account
    lies_over: Annotated[
        UUID | None, Meta(description="Of an agreement deposit: the arrangement on whose account it lies.")
    ]
    account_class: str | None
    purpose: str
    negotiated: Negotiated
    started_on: date
    ends_on: EndsOn
    ended_on: date | None


class Agreement(Wire):
    """A signed package."""

    id: UUID
    cell: int
    customer: UUID
    package: PackageId
    package_version: str
    state: Literal["active", "ended"]
    signed_on: date
    signed_at: datetime
    signed_by: Annotated[str, Meta(description="Id of the token that asked for it.")]
    signers: Signers
    choices: Choices
    revision: Annotated[int, Meta(description="Number of the newest contract; 1 as signed.")]
    ended_on: date | None
    arrangements: list[Arrangement]


class AgreementPage(Wire):
    """A page of agreements, by id."""

    agreements: list[Agreement]
    next: Annotated[Cursor | None, Meta(description="Cursor of the next page; null on the last.")]


class AgreementChange(Wire):
    """Other terms for one arrangement, from the business date on."""

    key: ItemKey
    signers: Signers
    reason: Reason
    negotiated: Annotated[
        dict[str, Any],
        Meta(description="Values by path; null takes one back to the product's own. Others stay."),
    ] = msgspec.field(default_factory=dict)
    ends_on: EndsOn = None


class AgreementExtension(Wire):
    """Further items of the package, as it is sold today."""

    items: Annotated[
        dict[str, ItemChoice], Meta(min_length=1, description="What was chosen, by the key of the item.")
    ]
    signers: Signers
    reason: Reason


class AgreementEnd(Wire):
    """The end of an agreement, or of some of its arrangements."""

    signers: Signers
    reason: Reason
    keys: Annotated[
        list[str] | None, Meta(description="The arrangements that end; all of them when absent.")
    ] = None
    pay_to: Annotated[AccountNumber | None, Meta(description="Where what is left on the accounts goes.")] = (
        None
    )


class EndedArrangement(Wire):
    """An arrangement that has ended."""

    key: ItemKey
    id: UUID
    account: Account
    moved_out: Annotated[Money, Meta(description="What was left on the account, interest included.")]
    pay_to: Annotated[AccountNumber | None, Meta(description="Where that went.")]


class EndedAgreement(Wire):
    """What ended, and the contract on what remains (null when nothing does)."""

    agreement: UUID
    ended: list[EndedArrangement]
    contract: Contract | None


class AgreementEvent(Wire):
    """Something that happened to an agreement after it was signed."""

    id: UUID
    kind: Literal["extended", "changed", "moved", "ended"]
    arrangement: UUID | None
    on: date
    at: datetime
    by: str
    reason: str
    before: dict[str, Any]
    after: dict[str, Any]


class AgreementEvents(Wire):
    """What happened to an agreement since it was signed, oldest first."""

    events: list[AgreementEvent]


class ArrangementCondition(Wire):
    """A limit, channel or fee that holds for an arrangement."""

    slot: Annotated[Literal["limits", "channels", "fees"], Meta(description="What it is.")]
    condition: str
    capability: str
    parameters: dict[str, Any]
    account: Account
    started_on: date
    ended_on: Annotated[date | None, Meta(description="The first day on which it no longer holds.")]


class ArrangementConditions(Wire):
    """The limits, channels and fees of an arrangement, ended ones included."""

    conditions: list[ArrangementCondition]


class PackageCustomer(Wire):
    """A customer whose agreement is on some version of a package."""

    customer: UUID
    agreement: UUID
    version: str
    signed_on: date


class PackageCustomers(Wire):
    """A page of customers, by the id of their agreement."""

    customers: list[PackageCustomer]
    next: Annotated[Cursor | None, Meta(description="Cursor of the next page; null on the last.")]


class NewMoves(Wire):
    """Agreements to move to their package as it is sold today."""

    agreements: Annotated[
        list[UUID], Meta(min_length=1, max_length=MAX_SIGNINGS, description="Ids of the agreements.")
    ]
    reason: Reason
    dry_run: Annotated[bool, Meta(description="Report what would become of each; change nothing.")] = False


class AgreementMove(Wire):
    """What became of moving one agreement."""

    agreement: UUID
    status: Annotated[
        Literal["moved", "current", "waiting", "refused"],
        Meta(
            description="`current`: it was on the newest version. `waiting`: others have to agree first, to "
            "`approval`."
        ),
    ]
    before: str | None
    after: str | None
    changed: Annotated[list[str], Meta(description="Items that have other terms now.")]
    added: Annotated[list[str], Meta(description="Items that every customer of the new version has.")]
    kept: Annotated[list[str], Meta(description="Items that the package no longer has; they stay.")]
    approval: UUID | None
    code: str | None
    detail: str | None


class AgreementMoves(Wire):
    """A report for each agreement, in the order of the request."""

    moves: list[AgreementMove]
