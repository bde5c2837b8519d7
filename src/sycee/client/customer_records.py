"""Customers, owners, persons and mandates as the bank answers with them, and as they are sent to it.

Percentages are decimal text without rounding; ``Decimal(value)`` calculates with them.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from sycee.client.records import Money

CustomerStatus = Literal["prospect", "active", "suspended", "closed"]
RiskGrade = Literal["low", "medium", "high"]
DocumentKind = Literal["resident_id", "passport", "other"]
HoldingKind = Literal["equity", "votes", "benefits", "control"]
OwnerRule = Literal["equity", "benefits", "votes", "control", "management"]


class NewCustomer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A legal entity to register; anything but a prospect needs a ``uscc`` or a ``lei``."""

    name: str
    local_name: str = ""
    uscc: str | None = None
    lei: str | None = None
    registered_capital: Money | None = None
    established_on: date | None = None
    industry: str = ""
    country: str = "CN"
    address: str = ""
    local_address: str = ""
    status: Literal["prospect", "active"] = "prospect"
    risk_grade: RiskGrade = "medium"
    cell: int | None = None
    valid_from: date | None = None


class Parent(Struct, frozen=True, kw_only=True):
    """The company directly above in the group, and the share that it holds, in percent."""

    customer: UUID
    percent: str


class Customer(Struct, frozen=True, kw_only=True):
    """A legal entity as it is on a date: the version that holds from ``valid_from`` on."""

    id: UUID
    cell: int
    name: str
    local_name: str
    uscc: str | None
    lei: str | None
    registered_capital: Money | None
    established_on: date | None
    industry: str
    country: str
    address: str
    local_address: str
    status: CustomerStatus
    risk_grade: RiskGrade
    parent: Parent | None
    version: int
    valid_from: date


class CustomerVersion(Struct, frozen=True, kw_only=True):
    """A customer as it was said to be until before ``valid_to``; superseded when it is no longer said."""

    customer: Customer
    valid_to: date | None
    recorded_at: datetime
    recorded_by: str
    reason: str
    superseded_at: datetime | None
    superseded_by: str | None


class RecordedChange(Struct, frozen=True, kw_only=True):
    """One thing that was recorded of a customer: what, from which date on, by whom and why."""

    id: UUID
    what: str
    effective: date
    changed_at: datetime
    changed_by: str
    reason: str
    before: Any
    after: Any


class GroupMember(Struct, frozen=True, kw_only=True):
    """A company in its group; ``depth`` is 0 at the top."""

    customer: UUID
    name: str
    local_name: str
    parent: UUID | None
    percent: str | None
    depth: int


class Group(Struct, frozen=True, kw_only=True):
    """A group of companies on a date, parents before their subsidiaries."""

    top: UUID
    on: date
    members: list[GroupMember]


class Holding(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one owner holds: a ``person`` or a ``customer``, and how much, in percent; control has none."""

    kind: HoldingKind = "equity"
    person: UUID | None = None
    customer: UUID | None = None
    percent: str | None = None


class OwnershipRegister(Struct, frozen=True, kw_only=True):
    """The owners of a customer from ``valid_from`` until before ``valid_to``."""

    id: UUID
    customer: UUID
    holdings: list[Holding]
    valid_from: date
    valid_to: date | None
    recorded_at: datetime
    recorded_by: str
    reason: str


class OwnershipStep(Struct, frozen=True, kw_only=True):
    """One step of a path: who holds what of which company."""

    owner: UUID
    owner_name: str
    company: UUID
    company_name: str
    kind: HoldingKind
    percent: str | None


class OwnershipPath(Struct, frozen=True, kw_only=True):
    """A way from a person to the company, the person's own step first."""

    steps: list[OwnershipStep]
    percent: str | None


class BeneficialOwner(Struct, frozen=True, kw_only=True):
    """A person who owns or controls a company in the end, and the paths that prove it."""

    person: UUID
    name: str
    local_name: str
    rule: OwnerRule
    percent: str | None
    paths: list[OwnershipPath]


class OwnershipReport(Struct, frozen=True, kw_only=True):
    """Who owns a company in the end; ``untraced`` percent of its equity lead to no natural person."""

    customer: UUID
    on: date
    owners: list[BeneficialOwner]
    untraced: str
    exempt: bool


class NewPerson(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A natural person to record, known by a document."""

    name: str
    document_number: str
    local_name: str = ""
    document_kind: DocumentKind = "resident_id"
    country: str = "CN"
    born_on: date | None = None


class Person(Struct, frozen=True, kw_only=True):
    """A natural person that the bank knows."""

    id: UUID
    name: str
    local_name: str
    document_kind: DocumentKind
    document_number: str
    country: str
    born_on: date | None


class Contact(Struct, frozen=True, kw_only=True):
    """A person at a customer, in a post, from ``valid_from`` until before ``valid_to``."""

    id: UUID
    customer: UUID
    person: UUID
    name: str
    local_name: str
    post: str
    phone: str
    email: str
    valid_from: date
    valid_to: date | None
    recorded_at: datetime
    recorded_by: str


class DueDiligence(Struct, frozen=True, kw_only=True):
    """A round of due diligence; ``valid_until`` is the last day on which it counts."""

    id: UUID
    customer: UUID
    outcome: Literal["passed", "failed"]
    done_on: date
    valid_until: date
    risk_grade: RiskGrade
    note: str
    recorded_at: datetime
    recorded_by: str


class DueDiligenceRecord(Struct, frozen=True, kw_only=True):
    """Every round of due diligence, the last one first, and what they amount to on a date."""

    on: date
    status: Literal["valid", "expired", "failed", "missing"]
    rounds: list[DueDiligence]


class Signatory(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who may sign, in which group: a person, or whoever holds a post at the customer."""

    group: str = "A"
    person: UUID | None = None
    post: str | None = None


class SigningRule(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What may be signed for, up to how much; any line of ``signatures`` is enough, such as ``"A+B"``."""

    operations: tuple[str, ...]
    signatures: tuple[str, ...] = ("A",)
    up_to: Money | None = None
    currency: str | None = None


class NewMandate(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A mandate to give: one paper of the customer's with its signatories and rules."""

    signatories: tuple[Signatory, ...]
    rules: tuple[SigningRule, ...]
    reference: str = ""
    valid_from: date | None = None
    valid_to: date | None = None


class Mandate(Struct, frozen=True, kw_only=True):
    """A mandate as it stands."""

    id: UUID
    customer: UUID
    reference: str
    signatories: list[Signatory]
    rules: list[SigningRule]
    valid_from: date
    valid_to: date | None
    recorded_at: datetime
    recorded_by: str


class MandateDecision(Struct, frozen=True, kw_only=True):
    """Yes, and why: the mandate, the line of signatures that was met, and who met it."""

    mandate: UUID
    reference: str
    operation: str
    signatures: str
    signers: list[UUID]
    up_to: Money | None


class CustomerList(Struct, frozen=True, kw_only=True):
    """The customers that were registered, in order."""

    customers: list[Customer]


class CustomerPage(Struct, frozen=True, kw_only=True):
    """A page of customers and the cursor of the next page (None on the last)."""

    customers: list[Customer]
    next: str | None = None


class CustomerVersionList(Struct, frozen=True, kw_only=True):
    """What is known of a customer over time, in order."""

    versions: list[CustomerVersion]


class RecordedChangePage(Struct, frozen=True, kw_only=True):
    """A page of what was recorded and the cursor of the next page (None on the last)."""

    changes: list[RecordedChange]
    next: str | None = None


class OwnershipRegisterList(Struct, frozen=True, kw_only=True):
    """The registers of owners that stand, in the order of their days."""

    registers: list[OwnershipRegister]


class PersonList(Struct, frozen=True, kw_only=True):
    """Persons, in order."""

    persons: list[Person]


class ContactList(Struct, frozen=True, kw_only=True):
    """Contacts, by post and first day."""

    contacts: list[Contact]


class MandateList(Struct, frozen=True, kw_only=True):
    """Mandates, oldest first."""

    mandates: list[Mandate]
