"""Registers of owners and beneficial owners on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from sycee.api.schemas.common import Wire
from sycee.api.schemas.customers import EffectiveFrom, Percent, Reason

HoldingKind = Literal["equity", "votes", "benefits", "control"]
OwnerRule = Literal["equity", "benefits", "votes", "control", "management"]


class Holding(Wire):
    """What one owner holds: a person or a customer (a prospect will do)."""

    kind: Annotated[
        HoldingKind,
        Meta(description="Benefits and votes need to be said only where they differ from the equity."),
    ] = "equity"
    person: UUID | None = None
    customer: UUID | None = None
    percent: Annotated[Percent | None, Meta(description="Every holding has one, but control has none.")] = (
        None
    )


class NewOwnershipRegister(Wire):
    """The whole register of owners of a company, from a date on; it holds until the next one begins."""

    holdings: Annotated[
        list[Holding], Meta(max_length=1000, description="All of them; empty for nobody known.")
    ]
    reason: Reason
    from_day: EffectiveFrom = None


class OwnershipRegister(Wire):
    """A register of owners as it was recorded."""

    id: UUID
    customer: UUID
    holdings: list[Holding]
    valid_from: date
    valid_to: Annotated[date | None, Meta(description="First day of the next register; null on the last.")]
    recorded_at: datetime
    recorded_by: str
    reason: str


class OwnershipRegisters(Wire):
    """The registers of owners of a customer that stand, in the order of their days."""

    registers: list[OwnershipRegister]


class OwnershipStep(Wire):
    """One step of a path: who holds what of which company."""

    owner: UUID
    owner_name: str
    company: UUID
    company_name: str
    kind: HoldingKind
    percent: str | None


class OwnershipPath(Wire):
    """A way from a person to the company, the person's own step first."""

    steps: list[OwnershipStep]
    percent: Annotated[str | None, Meta(description="The product of the steps, exact; null for control.")]


class BeneficialOwner(Wire):
    """A person who owns or controls the company in the end, and what proves it."""

    person: UUID
    name: str
    local_name: str
    rule: Annotated[OwnerRule, Meta(description="The first rule that the person meets.")]
    percent: Annotated[str | None, Meta(description="The sum over all paths in percent, exact.")]
    paths: Annotated[list[OwnershipPath], Meta(description="The largest first, at most 20.")]


class OwnershipReport(Wire):
    """Who owns a company in the end, on a date."""

    customer: UUID
    on: date
    owners: list[BeneficialOwner]
    untraced: Annotated[
        str, Meta(description="Part of the equity, in percent, that leads to no natural person.")
    ]
    exempt: Annotated[
        bool,
        Meta(description="Whether the company need not report its owners: little capital, natural persons."),
    ]
