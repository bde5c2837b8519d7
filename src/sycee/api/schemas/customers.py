"""Customers, their versions, changes and groups on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from sycee.api.schemas.common import Cell, Cursor, Money, Wire

CustomerStatus = Literal["prospect", "active", "suspended", "closed"]
RiskGrade = Literal["low", "medium", "high"]
EntityName = Annotated[
    str, Meta(min_length=1, max_length=200, description="Name.", examples=["Silk Road Trading Ltd"])
]
EntityLocalName = Annotated[
    str,
    Meta(max_length=200, description="Name in the entity's own language.", examples=["丝路贸易有限公司"]),
]
CreditCode = Annotated[
    str,
    Meta(
        max_length=40,
        description="Unified social credit code (GB 32100); the check character is verified.",
        examples=["91110000600037341L"],
    ),
]
Lei = Annotated[
    str,
    Meta(
        max_length=40,
        description="Legal entity identifier (ISO 17442); the check digits are verified.",
        examples=["213800KUD8LAJWSQ9D15"],
    ),
]
Industry = Annotated[
    str, Meta(max_length=20, description="Code of the industry (GB/T 4754 or NACE).", examples=["F5179"])
]
Country = Annotated[
    str,
    Meta(
        description="ISO 3166 code, two capitals.",
        examples=["CN"],
        extra_json_schema={"pattern": "^[A-Z]{2}$"},
    ),
]
Address = Annotated[str, Meta(max_length=400, description="Registered address.")]
Reason = Annotated[
    str, Meta(min_length=1, max_length=500, description="Why, for the record.", examples=["Licence renewed"])
]
EffectiveFrom = Annotated[
    date | None, Meta(description="First day on which it holds; by default the cell's business date.")
]
Percent = Annotated[
    str,
    Meta(
        max_length=12,
        description="A share in percent, above 0 and up to 100, with at most six decimals.",
        examples=["51.5"],
        extra_json_schema={"pattern": r"^[0-9]{1,3}(\.[0-9]{1,6})?$"},
    ),
]


class NewCustomer(Wire):
    """A legal entity to register. Anything but a prospect needs a `uscc` or a `lei`."""

    name: EntityName
    local_name: EntityLocalName = ""
    uscc: CreditCode | None = None
    lei: Lei | None = None
    registered_capital: Money | None = None
    established_on: date | None = None
    industry: Industry = ""
    country: Country = "CN"
    address: Address = ""
    local_address: Address = ""
    status: Annotated[
        Literal["prospect", "active"],
        Meta(description="A prospect is known to the bank and holds nothing there, such as an owner."),
    ] = "prospect"
    risk_grade: RiskGrade = "medium"
    cell: Annotated[
        Cell | None, Meta(description="Where to place it; by default where the fewest customers are.")
    ] = None
    valid_from: EffectiveFrom = None


class NewCustomers(Wire):
    """Legal entities to register: all of them or none."""

    customers: Annotated[list[NewCustomer], Meta(min_length=1, description="The entities, in order.")]


class Parent(Wire):
    """The company directly above in the group."""

    customer: UUID
    percent: Annotated[str, Meta(description="The share that it holds, in percent.")]


class Customer(Wire):
    """A legal entity as it is on a date."""

    id: UUID
    cell: Cell
    name: EntityName
    local_name: EntityLocalName
    uscc: CreditCode | None
    lei: Lei | None
    registered_capital: Money | None
    established_on: date | None
    industry: Industry
    country: Country
    address: Address
    local_address: Address
    status: CustomerStatus
    risk_grade: RiskGrade
    parent: Parent | None
    version: Annotated[int, Meta(description="Number of the version that holds.")]
    valid_from: Annotated[date, Meta(description="First day of that version.")]


class Customers(Wire):
    """The customers that were registered, in the order of the request."""

    customers: list[Customer]


class CustomerPage(Wire):
    """A page of customers, in the order of their registration."""

    customers: list[Customer]
    next: Annotated[Cursor | None, Meta(description="Cursor of the next page; null on the last.")]


class CustomerChange(Wire):
    """A change to a customer from a date on; what is absent stays as it is."""

    reason: Reason
    effective_from: EffectiveFrom = None
    name: EntityName | UnsetType = UNSET
    local_name: EntityLocalName | UnsetType = UNSET
    uscc: CreditCode | UnsetType | None = UNSET
    lei: Lei | UnsetType | None = UNSET
    registered_capital: Money | UnsetType | None = UNSET
    established_on: date | UnsetType | None = UNSET
    industry: Industry | UnsetType = UNSET
    country: Country | UnsetType = UNSET
    address: Address | UnsetType = UNSET
    local_address: Address | UnsetType = UNSET
    status: CustomerStatus | UnsetType = UNSET
    risk_grade: RiskGrade | UnsetType = UNSET


class CustomerVersion(Wire):
    """A customer as it was said to be between two dates, by whom, and until when that was believed."""

    customer: Customer
    valid_to: Annotated[date | None, Meta(description="First day on which it no longer holds; null: open.")]
    recorded_at: datetime
    recorded_by: Annotated[str, Meta(description="The token that recorded it.")]
    reason: str
    superseded_at: Annotated[
        datetime | None, Meta(description="When something else was said instead; null while it stands.")
    ]
    superseded_by: str | None


class CustomerVersions(Wire):
    """What is known of a customer over time, in order."""

    versions: list[CustomerVersion]


class RecordedChange(Wire):
    """One thing that was recorded of a customer: what, from which date on, by whom and why."""

    id: UUID
    what: Annotated[str, Meta(examples=["changed"])]
    effective: date
    changed_at: datetime
    changed_by: Annotated[str, Meta(description="The token that changed it.")]
    reason: str
    before: Annotated[Any, Meta(description="What it was, where that is told.")]
    after: Annotated[Any, Meta(description="What it became.")]


class RecordedChangePage(Wire):
    """A page of what was recorded of a customer, newest first."""

    changes: list[RecordedChange]
    next: Annotated[Cursor | None, Meta(description="Cursor of the next page; null on the last.")]


class NewParent(Wire):
    """A company's new place in its group, from a date on."""

    parent: Annotated[UUID | None, Meta(description="The company directly above; null takes it out.")]
    reason: Reason
    percent: Annotated[Percent | None, Meta(description="The share that the parent holds.")] = None
    from_day: EffectiveFrom = None


class GroupMember(Wire):
    """A company in its group."""

    customer: UUID
    name: EntityName
    local_name: EntityLocalName
    parent: UUID | None
    percent: Annotated[str | None, Meta(description="What the parent holds of it, in percent.")]
    depth: Annotated[int, Meta(description="0 for the company at the top.")]


class Group(Wire):
    """A group of companies on a date, parents before their subsidiaries."""

    top: UUID
    on: date
    members: list[GroupMember]
