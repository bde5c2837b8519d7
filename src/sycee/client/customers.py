"""What can be asked of a bank about customers: who they are, who owns them, and who signs for them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import date
from typing import Any, Literal, TypeVar
from uuid import UUID

from sycee.client.customer_records import (
    Contact,
    ContactList,
    Customer,
    CustomerList,
    CustomerPage,
    CustomerStatus,
    CustomerVersion,
    CustomerVersionList,
    DueDiligence,
    DueDiligenceRecord,
    Group,
    Holding,
    Mandate,
    MandateDecision,
    MandateList,
    NewCustomer,
    NewMandate,
    NewPerson,
    OwnershipRegister,
    OwnershipRegisterList,
    OwnershipReport,
    Person,
    PersonList,
    RecordedChange,
    RecordedChangePage,
    RiskGrade,
)
from sycee.client.records import Money
from sycee.client.transport import Transport
from sycee.kernel.ids import uuid7

Reply = TypeVar("Reply")

_CUSTOMERS = "/v1/customers"


class CustomerCalls:
    """The part of the client that is about customers. Dates default to the business date of the cell."""

    _transport: Transport

    async def register_customers(self, customers: Sequence[NewCustomer]) -> list[Customer]:
        """Register legal entities, all or none; each is placed in a cell."""
        body = {"customers": customers}
        reply = await self._transport.call("POST", _CUSTOMERS, CustomerList, body=body, key=str(uuid7()))
        return reply.customers

    async def customer(self, customer: UUID, *, on: date | None = None) -> Customer:
        """The customer as it is today, or as it was or will be on a date."""
        return await self._transport.call("GET", f"{_CUSTOMERS}/{customer}", Customer, params=_on(on))

    async def customers(
        self,
        *,
        name: str | None = None,
        uscc: str | None = None,
        lei: str | None = None,
        status: CustomerStatus | None = None,
        risk_grade: RiskGrade | None = None,
        cell: int | None = None,
        page: int = 100,
    ) -> AsyncIterator[Customer]:
        """Customers in the order of their registration; ``name`` is a part of either name, in any case."""
        cursor: str | None = None
        wanted = {"name": name, "uscc": uscc, "lei": lei, "status": status, "risk_grade": risk_grade}
        while True:
            params = {**wanted, "cell": cell, "cursor": cursor, "limit": page}
            reply = await self._transport.call("GET", _CUSTOMERS, CustomerPage, params=params)
            for customer in reply.customers:
                yield customer
            if (cursor := reply.next) is None:
                return

    async def change_customer(
        self, customer: UUID, *, reason: str, effective_from: date | None = None, **changes: Any
    ) -> Customer:
        """Change fields of NewCustomer from a date on and leave the rest; ``reason`` goes on record."""
        body = {"reason": reason, "effective_from": effective_from, **changes}
        return await self._transport.call("PATCH", f"{_CUSTOMERS}/{customer}", Customer, body=body)

    async def customer_versions(self, customer: UUID, *, superseded: bool = False) -> list[CustomerVersion]:
        """What is known of a customer over time; with ``superseded`` also what was said before."""
        path, params = f"{_CUSTOMERS}/{customer}/versions", {"superseded": str(superseded).lower()}
        return (await self._transport.call("GET", path, CustomerVersionList, params=params)).versions

    async def customer_changes(self, customer: UUID, *, page: int = 100) -> AsyncIterator[RecordedChange]:
        """Everything that was recorded of a customer, newest first, with who and why."""
        cursor: str | None = None
        while True:
            params = {"cursor": cursor, "limit": page}
            path = f"{_CUSTOMERS}/{customer}/changes"
            reply = await self._transport.call("GET", path, RecordedChangePage, params=params)
            for change in reply.changes:
                yield change
            if (cursor := reply.next) is None:
                return

    # Groups and owners

    async def set_parent(
        self,
        customer: UUID,
        parent: UUID | None,
        percent: str | None = None,
        *,
        reason: str,
        from_day: date | None = None,
    ) -> Customer:
        """Put a company under another that holds ``percent`` of it; None takes it out of its group."""
        body = {"parent": parent, "percent": percent, "reason": reason, "from_day": from_day}
        return await self._post(f"{customer}/parent", Customer, body)

    async def group(self, customer: UUID, *, on: date | None = None) -> Group:
        """The whole group of companies that a customer belongs to."""
        return await self._transport.call("GET", f"{_CUSTOMERS}/{customer}/group", Group, params=_on(on))

    async def record_ownership(
        self, customer: UUID, holdings: Sequence[Holding], *, reason: str, from_day: date | None = None
    ) -> OwnershipRegister:
        """Record the whole register of owners from a date on; it holds until the next one begins."""
        body = {"holdings": holdings, "reason": reason, "from_day": from_day}
        return await self._post(f"{customer}/ownership-registers", OwnershipRegister, body)

    async def ownership_registers(self, customer: UUID) -> list[OwnershipRegister]:
        """The registers of owners that stand, in the order of their days."""
        path = f"{_CUSTOMERS}/{customer}/ownership-registers"
        return (await self._transport.call("GET", path, OwnershipRegisterList)).registers

    async def beneficial_owners(self, customer: UUID, *, on: date | None = None) -> OwnershipReport:
        """Who owns a customer in the end, and the paths that prove it."""
        path = f"{_CUSTOMERS}/{customer}/beneficial-owners"
        return await self._transport.call("GET", path, OwnershipReport, params=_on(on))

    # Persons and the posts they hold

    async def register_persons(self, persons: Sequence[NewPerson]) -> list[Person]:
        """Record persons, all or none; one who is known already is answered with as he or she is."""
        body = {"persons": persons}
        reply = await self._transport.call("POST", "/v1/persons", PersonList, body=body, key=str(uuid7()))
        return reply.persons

    async def person(self, person: UUID) -> Person:
        """The person with this id."""
        return await self._transport.call("GET", f"/v1/persons/{person}", Person)

    async def add_contact(
        self,
        customer: UUID,
        person: UUID,
        post: str,
        *,
        phone: str = "",
        email: str = "",
        valid_from: date | None = None,
        valid_to: date | None = None,
        reason: str = "",
    ) -> Contact:
        """Let a person hold a post; a legal representative takes the place of the one before.

        Raises WaitsForApproval when another person of the bank has to agree first.
        """
        body = {
            "person": person,
            "post": post,
            "phone": phone,
            "email": email,
            "valid_from": valid_from,
            "valid_to": valid_to,
            "reason": reason,
        }
        return await self._post(f"{customer}/contacts", Contact, body)

    async def contacts(self, customer: UUID, *, on: date | None = None) -> list[Contact]:
        """Who holds which post on a date; without one, everybody who ever did or will."""
        path = f"{_CUSTOMERS}/{customer}/contacts"
        return (await self._transport.call("GET", path, ContactList, params=_on(on))).contacts

    async def end_contact(
        self, customer: UUID, contact: UUID, *, reason: str, on: date | None = None
    ) -> Contact:
        """Let a contact hold no longer from a date on."""
        return await self._post(f"{customer}/contacts/{contact}/end", Contact, {"reason": reason, "on": on})

    # Due diligence

    async def record_due_diligence(
        self,
        customer: UUID,
        outcome: Literal["passed", "failed"],
        valid_until: date,
        risk_grade: RiskGrade,
        *,
        done_on: date | None = None,
        note: str = "",
    ) -> DueDiligence:
        """Record a round of due diligence, until when it counts, and the risk grade from then on."""
        body = {
            "outcome": outcome,
            "valid_until": valid_until,
            "risk_grade": risk_grade,
            "done_on": done_on,
            "note": note,
        }
        return await self._post(f"{customer}/due-diligence", DueDiligence, body)

    async def due_diligence(self, customer: UUID, *, on: date | None = None) -> DueDiligenceRecord:
        """Every round of due diligence, and what they amount to on a date."""
        path = f"{_CUSTOMERS}/{customer}/due-diligence"
        return await self._transport.call("GET", path, DueDiligenceRecord, params=_on(on))

    async def fitness(self, customer: UUID, *, on: date | None = None) -> Customer:
        """The customer, if it may use the bank on a date; raises the problem that it would meet."""
        return await self._transport.call("GET", f"{_CUSTOMERS}/{customer}/fitness", Customer, params=_on(on))

    # Mandates

    async def give_mandates(
        self, customer: UUID, mandates: Sequence[NewMandate], *, reason: str = ""
    ) -> list[Mandate]:
        """Record who may sign for a customer, for what, up to how much, and how many together.

        Raises WaitsForApproval when another person of the bank has to agree first.
        """
        body = {"mandates": mandates, "reason": reason}
        return (await self._post(f"{customer}/mandates", MandateList, body)).mandates

    async def mandates(self, customer: UUID, *, on: date | None = None) -> list[Mandate]:
        """The mandates that hold on a date; without one, all there ever were."""
        path = f"{_CUSTOMERS}/{customer}/mandates"
        return (await self._transport.call("GET", path, MandateList, params=_on(on))).mandates

    async def mandates_of_person(self, person: UUID, *, on: date | None = None) -> list[Mandate]:
        """For whom a person may sign: the mandates that name him or her."""
        path = f"/v1/persons/{person}/mandates"
        return (await self._transport.call("GET", path, MandateList, params=_on(on))).mandates

    async def revoke_mandate(
        self, customer: UUID, mandate: UUID, *, reason: str, on: date | None = None
    ) -> Mandate:
        """Let a mandate hold no longer from a date on."""
        return await self._post(
            f"{customer}/mandates/{mandate}/revoke", Mandate, {"reason": reason, "on": on}
        )

    async def check_mandate(
        self,
        customer: UUID,
        operation: str,
        signers: Iterable[UUID],
        *,
        amount: Money | str | None = None,
        on: date | None = None,
    ) -> MandateDecision:
        """Whether these persons together may do this; raises the problem that they would meet."""
        known = Money.parse(amount) if isinstance(amount, str) else amount
        body = {"operation": operation, "signers": list(signers), "amount": known, "on": on}
        path = f"{_CUSTOMERS}/{customer}/mandates/check"
        return await self._transport.call("POST", path, MandateDecision, body=body)

    async def _post(self, path: str, reply: type[Reply], body: dict[str, Any]) -> Reply:
        return await self._transport.change(
            "POST", f"{_CUSTOMERS}/{path}", reply, body=body, key=str(uuid7())
        )


def _on(day: date | None) -> dict[str, str | None]:
    return {"on": None if day is None else day.isoformat()}
