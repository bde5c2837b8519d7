"""What can be asked of a bank about direct debits: mandates, debits, blocks, terms."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Literal
from uuid import UUID

import msgspec

from sycee.client.approval_records import Approval
from sycee.client.bulk_orders import MEDIA
from sycee.client.debit_records import (
    DebitBlock,
    DebitBlockList,
    DebitMandate,
    DebitMandateList,
    DebitMandatePage,
    DebitMandateState,
    DebitMandateStep,
    DebitMandateStepList,
    DebitSide,
    DebitState,
    DebitTerms,
    DebitTermsList,
    DirectDebit,
    DirectDebitOutcome,
    DirectDebitOutcomeList,
    DirectDebitPage,
    DirectDebitStep,
    DirectDebitStepList,
    NewDebitMandate,
    NewDirectDebit,
    StreamedDebitStep,
)
from sycee.client.errors import WaitsForApproval
from sycee.client.transport import Transport
from sycee.kernel.ids import uuid7

_MANDATES, _DEBITS = "/v1/direct-debit-mandates", "/v1/direct-debits"
_BLOCKS, _TERMS = "/v1/direct-debit-blocks", "/v1/direct-debit-terms"
_STOPPED = "/v1/stopped-direct-debits"
ACCEPTED = 202
_step = msgspec.json.Decoder(StreamedDebitStep)


class DirectDebitCalls:
    """The part of the client that is about direct debits."""

    _transport: Transport

    async def propose_debit_mandates(self, mandates: Sequence[NewDebitMandate]) -> list[DebitMandate]:
        """Propose mandates as their payee, all or none; their payers sign them."""
        body = {"mandates": mandates}
        reply = await self._transport.call("POST", _MANDATES, DebitMandateList, body=body, key=uuid7().hex)
        return reply.mandates

    async def debit_mandate(self, id: UUID) -> DebitMandate:
        """The mandate as it stands."""
        return await self._transport.call("GET", f"{_MANDATES}/{id}", DebitMandate)

    async def debit_mandate_steps(self, id: UUID) -> list[DebitMandateStep]:
        """Everything that was done to a mandate, the first step first."""
        return (await self._transport.call("GET", f"{_MANDATES}/{id}/events", DebitMandateStepList)).events

    async def debit_mandates(
        self,
        *,
        customer: UUID | None = None,
        side: DebitSide | None = None,
        account: str | None = None,
        state: DebitMandateState | None = None,
        page: int = 100,
    ) -> AsyncIterator[DebitMandate]:
        """Mandates of a customer, payee or payer, the newest first; ``page`` are fetched at a time."""
        cursor: str | None = None
        while True:
            params = {
                "customer": None if customer is None else str(customer),
                "side": side,
                "account": account,
                "state": state,
                "cursor": cursor,
                "limit": page,
            }
            reply = await self._transport.call("GET", _MANDATES, DebitMandatePage, params=params)
            for mandate in reply.mandates:
                yield mandate
            if (cursor := reply.next) is None:
                return

    async def sign_debit_mandate(self, id: UUID, *, paper: str | None = None) -> DebitMandate:
        """Sign a mandate as its payer; the bank's officer names the ``paper`` that the payer signed."""
        body = {} if paper is None else {"paper": paper}
        path = f"{_MANDATES}/{id}/sign"
        return await self._transport.call("POST", path, DebitMandate, body=body, key=uuid7().hex)

    async def change_debit_mandate(
        self, id: UUID, act: Literal["suspend", "resume", "cancel"], reason: str
    ) -> DebitMandate:
        """Suspend or resume a mandate as its payer, or cancel it."""
        body = {"reason": reason}
        return await self._transport.call("POST", f"{_MANDATES}/{id}/{act}", DebitMandate, body=body)

    async def collect_direct_debits(
        self, debits: Sequence[NewDirectDebit], *, all_or_nothing: bool = False
    ) -> list[DirectDebitOutcome]:
        """Collect debits under mandates; an outcome each, in order. Sending the same again is safe.

        Raises WaitsForApproval when others have to agree first.
        """
        body = {"debits": debits, "all_or_nothing": all_or_nothing}
        return (await self._transport.change("POST", _DEBITS, DirectDebitOutcomeList, body=body)).outcomes

    async def send_collection(
        self,
        content: bytes,
        *,
        kind: Literal["xml", "csv", "xlsx"] = "xml",
        all_or_nothing: bool = False,
        retry_days: int = 0,
        message_id: str | None = None,
    ) -> bytes:
        """Collect a pain.008 file or a filled template; returns the report, pain.002 or CSV.

        ``message_id`` is for templates alone. Sending the same file again is safe.

        Raises WaitsForApproval when others have to agree first: send it again for the report.
        """
        response = await self._transport.send(
            "POST",
            "/v1/collections",
            params={
                "all_or_nothing": str(all_or_nothing).lower(),
                "retry_days": retry_days,
                "message_id": message_id,
            },
            content=content,
            headers={"Content-Type": MEDIA[kind]},
        )
        if response.status_code == ACCEPTED:
            raise WaitsForApproval(self._transport.read(response, Approval))
        return response.content

    async def collection_template(self, kind: Literal["csv", "xlsx"]) -> bytes:
        """An empty table to be filled in and sent."""
        path = f"/v1/collection-templates/{kind}"
        return (await self._transport.send("GET", path, headers={"Accept": "*/*"})).content

    async def direct_debit(self, id: UUID) -> DirectDebit:
        """The debit as it stands."""
        return await self._transport.call("GET", f"{_DEBITS}/{id}", DirectDebit)

    async def follow_direct_debits(
        self, *, after: str | None = None
    ) -> AsyncIterator[tuple[str, StreamedDebitStep]]:
        """The steps of direct debits as they happen, each with its place; cut off, it goes on where it was.

        ``after`` is the place of the last step that was read (``"0"``: from the beginning); None begins now.
        """
        async for place, data in self._transport.follow(f"{_DEBITS}/events", after):
            yield place, _step.decode(data)

    async def direct_debit_steps(self, id: UUID) -> list[DirectDebitStep]:
        """Every step of a debit, the first one first."""
        return (await self._transport.call("GET", f"{_DEBITS}/{id}/events", DirectDebitStepList)).events

    async def direct_debits(
        self,
        *,
        customer: UUID | None = None,
        side: DebitSide | None = None,
        account: str | None = None,
        mandate: UUID | None = None,
        state: DebitState | None = None,
        page: int = 100,
    ) -> AsyncIterator[DirectDebit]:
        """Debits of a customer, payee or payer, the newest first; ``page`` are fetched at a time."""
        cursor: str | None = None
        while True:
            params = {
                "customer": None if customer is None else str(customer),
                "side": side,
                "account": account,
                "mandate": None if mandate is None else str(mandate),
                "state": state,
                "cursor": cursor,
                "limit": page,
            }
            reply = await self._transport.call("GET", _DEBITS, DirectDebitPage, params=params)
            for debit in reply.debits:
                yield debit
            if (cursor := reply.next) is None:
                return

    async def change_direct_debits(
        self,
        act: Literal["refuse", "cancel", "return", "reverse"],
        debits: Sequence[UUID],
        reason: str,
    ) -> list[DirectDebitOutcome]:
        """Refuse or have returned as the payer; cancel or reverse as the payee. An outcome each."""
        body = {"debits": debits, "reason": reason}
        path = f"{_DEBITS}/{act}"
        return (await self._transport.call("POST", path, DirectDebitOutcomeList, body=body)).outcomes

    async def decide_stopped_direct_debits(
        self, decision: Literal["release", "refuse"], debits: Sequence[UUID], reason: str
    ) -> list[DirectDebitOutcome]:
        """Let debits go on that screening stopped, or reject them: for the bank."""
        body = {"debits": debits, "reason": reason}
        path = f"{_STOPPED}/{decision}"
        return (await self._transport.call("POST", path, DirectDebitOutcomeList, body=body)).outcomes

    async def block_creditor(
        self, debtor: UUID, creditor: UUID, reason: str, *, id: UUID | None = None
    ) -> DebitBlock:
        """Let a payee debit nothing from a payer any more."""
        body = {"id": id or uuid7(), "debtor": debtor, "creditor": creditor, "reason": reason}
        return await self._transport.call("POST", _BLOCKS, DebitBlock, body=body)

    async def lift_debit_block(self, id: UUID, reason: str) -> DebitBlock:
        """Let a blocked payee debit again."""
        body = {"reason": reason}
        return await self._transport.call("POST", f"{_BLOCKS}/{id}/lift", DebitBlock, body=body)

    async def debit_blocks(self, *, customer: UUID | None = None) -> list[DebitBlock]:
        """The payees that are blocked now, of one payer or of all."""
        params = {"customer": None if customer is None else str(customer)}
        return (await self._transport.call("GET", _BLOCKS, DebitBlockList, params=params)).blocks

    async def set_debit_terms(
        self, valid_from: date, *, calendar: str, refund_days: int, retry_days_most: int
    ) -> DebitTerms:
        """Set the terms of direct debits from a business date to come.

        Raises WaitsForApproval for a person.
        """
        body = {
            "valid_from": valid_from,
            "calendar": calendar,
            "refund_days": refund_days,
            "retry_days_most": retry_days_most,
        }
        return await self._transport.change("POST", _TERMS, DebitTerms, body=body, key=uuid7().hex)

    async def debit_terms(self) -> list[DebitTerms]:
        """The terms of direct debits, those of the latest day first."""
        return (await self._transport.call("GET", _TERMS, DebitTermsList)).terms
