"""What can be asked of a bank about agreements: signing packages, contracts, changes, ends, moves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import quote
from uuid import UUID

from sycee.client.agreement_records import (
    Agreement,
    AgreementEvent,
    AgreementEvents,
    AgreementMove,
    AgreementMoves,
    AgreementPage,
    ArrangementCondition,
    ArrangementConditions,
    Contract,
    EndedAgreement,
    ItemChoice,
    NewAgreement,
    PackageCustomer,
    PackageCustomers,
    SigningOutcome,
    SigningOutcomes,
)
from sycee.client.transport import Transport
from sycee.kernel.ids import uuid7

_MOVED_AT_ONCE = 50


class AgreementCalls:
    """The part of the client that is about agreements."""

    _transport: Transport

    async def sign(
        self, agreements: Sequence[NewAgreement], *, dry_run: bool = False, pdf: bool = False
    ) -> list[SigningOutcome]:
        """Sign packages, each as a whole or not at all; an outcome for each comes back, in order.

        What a person asks for may be ``waiting`` for others to agree; sent again, it tells how it stands.
        ``dry_run`` shows what would be opened and priced. ``pdf`` brings the contracts as documents too.
        """
        body = {"agreements": agreements, "dry_run": dry_run, "pdf": pdf}
        return (await self._transport.call("POST", "/v1/agreements", SigningOutcomes, body=body)).outcomes

    async def sign_package(
        self,
        customer: UUID,
        package: str,
        choices: Mapping[str, ItemChoice] | None = None,
        *,
        signers: Sequence[UUID] = (),
        agreement_id: UUID | None = None,
        basic_elsewhere: str = "",
        dry_run: bool = False,
        pdf: bool = False,
    ) -> SigningOutcome:
        """One click: one customer signs one package. A rejection is an outcome, not an exception."""
        agreement = NewAgreement(
            id=agreement_id or uuid7(),
            customer=customer,
            package=package,
            choices=dict(choices or {}),
            signers=list(signers),
            basic_elsewhere=basic_elsewhere,
        )
        return (await self.sign([agreement], dry_run=dry_run, pdf=pdf))[0]

    async def agreement(self, agreement_id: UUID | str) -> Agreement:
        """The agreement with its arrangements, as it stands now."""
        return await self._transport.call("GET", f"/v1/agreements/{agreement_id}", Agreement)

    async def agreements(
        self, *, customer: UUID | None = None, package: str | None = None, page: int = 100
    ) -> AsyncIterator[Agreement]:
        """Agreements by id, of one customer or one package if given."""
        cursor: str | None = None
        while True:
            params = {
                "customer": None if customer is None else str(customer),
                "package": package,
                "cursor": cursor,
                "limit": page,
            }
            reply = await self._transport.call("GET", "/v1/agreements", AgreementPage, params=params)
            for agreement in reply.agreements:
                yield agreement
            if (cursor := reply.next) is None:
                return

    async def contract(self, agreement_id: UUID | str, *, revision: int | None = None) -> Contract:
        """The contract as data: the newest revision, or the one that is named."""
        path = f"/v1/agreements/{agreement_id}/contract"
        return await self._transport.call("GET", path, Contract, params={"revision": revision})

    async def contract_pdf(self, agreement_id: UUID | str, *, revision: int | None = None) -> bytes:
        """The contract on paper, in Chinese and English."""
        response = await self._transport.send(
            "GET",
            f"/v1/agreements/{agreement_id}/contract",
            params={"revision": revision},
            headers={"Accept": "application/pdf"},
        )
        return response.content

    async def change_agreement(
        self,
        agreement_id: UUID | str,
        key: str,
        *,
        reason: str,
        signers: Sequence[UUID],
        negotiated: Mapping[str, Any] | None = None,
        ends_on: date | None = None,
    ) -> Contract:
        """Agree on other terms for one arrangement; the new contract comes back. Raises WaitsForApproval."""
        body = {
            "key": key,
            "reason": reason,
            "signers": list(signers),
            "negotiated": dict(negotiated or {}),
            "ends_on": ends_on,
        }
        path = f"/v1/agreements/{agreement_id}/changes"
        return await self._transport.change("POST", path, Contract, body=body, key=str(uuid7()))

    async def extend_agreement(
        self,
        agreement_id: UUID | str,
        items: Mapping[str, ItemChoice],
        *,
        reason: str,
        signers: Sequence[UUID],
    ) -> Contract:
        """Take further items of the package; the new contract comes back. Raises WaitsForApproval."""
        body = {"items": dict(items), "reason": reason, "signers": list(signers)}
        path = f"/v1/agreements/{agreement_id}/items"
        return await self._transport.change("POST", path, Contract, body=body, key=str(uuid7()))

    async def end_agreement(
        self,
        agreement_id: UUID | str,
        *,
        reason: str,
        signers: Sequence[UUID],
        keys: Sequence[str] | None = None,
        pay_to: str | None = None,
    ) -> EndedAgreement:
        """End an agreement, or the arrangements under ``keys``; what is left goes to ``pay_to``.

        Raises WaitsForApproval.
        """
        body = {
            "reason": reason,
            "signers": list(signers),
            "keys": None if keys is None else list(keys),
            "pay_to": pay_to,
        }
        path = f"/v1/agreements/{agreement_id}/end"
        return await self._transport.change("POST", path, EndedAgreement, body=body, key=str(uuid7()))

    async def agreement_events(self, agreement_id: UUID | str) -> list[AgreementEvent]:
        """What happened to an agreement since it was signed, oldest first."""
        path = f"/v1/agreements/{agreement_id}/events"
        return (await self._transport.call("GET", path, AgreementEvents)).events

    async def arrangement_conditions(self, arrangement_id: UUID | str) -> list[ArrangementCondition]:
        """The limits, channels and fees of an arrangement, ended ones included."""
        path = f"/v1/arrangements/{arrangement_id}/conditions"
        return (await self._transport.call("GET", path, ArrangementConditions)).conditions

    async def package_customers(
        self, package: str, *, older_than: str | None = None, page: int = 200
    ) -> AsyncIterator[PackageCustomer]:
        """Who has an agreement on a package; with ``older_than`` (a version) only those on older ones."""
        cursor: str | None = None
        path = f"/v1/packages/{quote(package, safe='')}/customers"
        while True:
            params = {"older_than": older_than, "cursor": cursor, "limit": page}
            reply = await self._transport.call("GET", path, PackageCustomers, params=params)
            for customer in reply.customers:
                yield customer
            if (cursor := reply.next) is None:
                return

    async def move_agreements(
        self, agreements: Sequence[UUID], *, reason: str, dry_run: bool = False
    ) -> AsyncIterator[AgreementMove]:
        """Move agreements to their packages as sold today; a report for each, as it becomes known.

        What a person asks for may be ``waiting`` for others to agree to ``approval``.
        """
        for start in range(0, len(agreements), _MOVED_AT_ONCE):
            body = {
                "agreements": list(agreements[start : start + _MOVED_AT_ONCE]),
                "reason": reason,
                "dry_run": dry_run,
            }
            reply = await self._transport.call("POST", "/v1/agreement-moves", AgreementMoves, body=body)
            for move in reply.moves:
                yield move
