"""Mandates on the wire: who may sign for a customer, for what, up to how much, how many together."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, field

from sycee.api.schemas.common import CurrencyCode, Money, Wire
from sycee.api.schemas.customers import EffectiveFrom
from sycee.api.schemas.persons import LastDay, Post

SignatureLine = Annotated[
    str,
    Meta(
        description="`A+B` is one signatory of group A together with one of group B, `A+A` two of group A.",
        examples=["A+B"],
        extra_json_schema={"pattern": r"^[A-Z](\+[A-Z]){0,5}$"},
    ),
]


class Signatory(Wire):
    """Who may sign, in which group: a person, or whoever holds a post at the customer."""

    group: Annotated[
        str, Meta(description="One letter.", extra_json_schema={"pattern": "^[A-Z]$"}, examples=["A"])
    ] = "A"
    person: UUID | None = None
    post: Post | None = None


class SigningRule(Wire):
    """What may be signed for, up to how much, and which signatures are enough: any of the lines."""

    operations: Annotated[list[str], Meta(min_length=1, examples=[["pay", "sign_agreement"]])]
    signatures: Annotated[list[SignatureLine], Meta(min_length=1)] = field(default_factory=lambda: ["A"])
    up_to: Annotated[Money | None, Meta(description="The largest amount; null for any.")] = None
    currency: Annotated[
        CurrencyCode | None, Meta(description="The only currency, where there is no limit; null for all.")
    ] = None


class NewMandate(Wire):
    """A mandate to give: one paper of the customer's with its signatories and rules."""

    signatories: Annotated[list[Signatory], Meta(min_length=1, max_length=100)]
    rules: Annotated[list[SigningRule], Meta(min_length=1, max_length=50)]
    reference: Annotated[
        str, Meta(max_length=140, description="Of the paper.", examples=["Board 2026-7"])
    ] = ""
    valid_from: EffectiveFrom = None
    valid_to: LastDay = None


class NewMandates(Wire):
    """Mandates to give: all of them or none."""

    mandates: Annotated[list[NewMandate], Meta(min_length=1, max_length=100)]
    reason: Annotated[str, Meta(max_length=500)] = ""


class Mandate(Wire):
    """A mandate as it stands."""

    id: UUID
    customer: UUID
    reference: str
    signatories: list[Signatory]
    rules: list[SigningRule]
    valid_from: date
    valid_to: LastDay
    recorded_at: datetime
    recorded_by: str


class Mandates(Wire):
    """Mandates, oldest first."""

    mandates: list[Mandate]


class SigningCheck(Wire):
    """A question: may these persons, signing together, do this for the customer?"""

    operation: Annotated[str, Meta(max_length=60, examples=["pay"])]
    signers: Annotated[list[UUID], Meta(max_length=20, description="Persons; one twice counts once.")]
    amount: Annotated[Money | None, Meta(description="Absent for an act without an amount.")] = None
    on: Annotated[date | None, Meta(description="By default the cell's business date.")] = None


class MandateDecision(Wire):
    """Yes, and why: the mandate, the line of signatures that was met, and who met it."""

    mandate: UUID
    reference: str
    operation: str
    signatures: SignatureLine
    signers: list[UUID]
    up_to: Money | None
