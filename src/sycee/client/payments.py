"""What can be asked of a bank about payments, rails and screening."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID

import msgspec

from sycee.client.payment_records import (
    NewPayment,
    Payment,
    PaymentChange,
    PaymentChangeList,
    PaymentPage,
    PaymentState,
    PaymentStep,
    PaymentStepList,
    Rail,
    RailList,
    RailTerms,
    RailTermsPage,
    ScreeningList,
    ScreeningListList,
    SubmittedPayment,
    SubmittedPaymentList,
    TermsState,
)
from sycee.client.transport import Transport
from sycee.kernel.ids import uuid7

_PAYMENTS, _TERMS = "/v1/payments", "/v1/rail-terms"
_step = msgspec.json.Decoder(PaymentStep)


class PaymentCalls:
    """The part of the client that is about payments."""

    _transport: Transport

    async def submit_payments(
        self, payments: Sequence[NewPayment], *, all_or_nothing: bool = False, dry_run: bool = False
    ) -> list[SubmittedPayment]:
        """Submit payments; an outcome each, in order. ``dry_run`` tells rail, fee and time beforehand.

        Raises WaitsForApproval when others have to agree to the list first.
        """
        body = {"payments": payments, "all_or_nothing": all_or_nothing, "dry_run": dry_run}
        reply = await self._transport.change("POST", _PAYMENTS, SubmittedPaymentList, body=body)
        return reply.outcomes

    async def payment(self, id: UUID) -> Payment:
        """The payment as it stands now."""
        return await self._transport.call("GET", f"{_PAYMENTS}/{id}", Payment)

    async def payments(
        self,
        *,
        customer: UUID | None = None,
        account: str | None = None,
        order: UUID | None = None,
        state: PaymentState | None = None,
        page: int = 100,
    ) -> AsyncIterator[Payment]:
        """Payments, the newest first; ``page`` of them are fetched at a time."""
        cursor: str | None = None
        while True:
            params = {
                "customer": _text(customer),
                "account": account,
                "order": _text(order),
                "state": state,
                "cursor": cursor,
                "limit": page,
            }
            reply = await self._transport.call("GET", _PAYMENTS, PaymentPage, params=params)
            for payment in reply.payments:
                yield payment
            if (cursor := reply.next) is None:
                return

    async def payment_steps(self, id: UUID) -> list[PaymentStep]:
        """Every step of a payment, the first one first."""
        reply = await self._transport.call("GET", f"{_PAYMENTS}/{id}/events", PaymentStepList)
        return reply.events

    async def follow_payments(self, *, after: str | None = None) -> AsyncIterator[tuple[str, PaymentStep]]:
        """The steps of payments as they happen, each with its place; cut off, it goes on where it was.

        ``after`` is the place of the last step that was read (``"0"``: from the beginning); None begins now.
        """
        async for place, data in self._transport.follow(f"{_PAYMENTS}/events", after):
            yield place, _step.decode(data)

    async def cancel_payments(self, payments: Sequence[UUID], *, reason: str = "") -> list[PaymentChange]:
        """Take back payments that have not gone out."""
        return await self._change(f"{_PAYMENTS}/cancel", payments, reason)

    async def recall_payment(self, id: UUID, reason_code: str, *, reason: str = "") -> PaymentChange:
        """Ask for a payment back that has gone out; ``reason_code`` is ISO's, such as DUPL."""
        body = {"reason_code": reason_code, "reason": reason}
        return await self._transport.call("POST", f"{_PAYMENTS}/{id}/recall", PaymentChange, body=body)

    async def release_stopped_payments(self, payments: Sequence[UUID], reason: str) -> list[PaymentChange]:
        """Let payments go on that screening stopped."""
        return await self._change("/v1/stopped-payments/release", payments, reason)

    async def refuse_stopped_payments(self, payments: Sequence[UUID], reason: str) -> list[PaymentChange]:
        """Reject payments that screening stopped."""
        return await self._change("/v1/stopped-payments/refuse", payments, reason)

    async def _change(self, path: str, payments: Sequence[UUID], reason: str) -> list[PaymentChange]:
        body = {"payments": payments, "reason": reason}
        return (await self._transport.call("POST", path, PaymentChangeList, body=body)).outcomes

    # Rails

    async def rails(self, *, on: date | None = None, currency: str | None = None) -> list[Rail]:
        """The rails to other banks with the terms in force on a day (None: today)."""
        params = {"on": on.isoformat() if on else None, "currency": currency}
        return (await self._transport.call("GET", "/v1/rails", RailList, params=params)).rails

    async def propose_rail_terms(
        self, rail: str, currency: str, terms: Mapping[str, Any], *, valid_from: date, reason: str
    ) -> RailTerms:
        """Propose caps, windows and fees of a rail from a day on; ``terms`` as they travel."""
        body = {
            "rail": rail,
            "currency": currency,
            "valid_from": valid_from,
            "terms": terms,
            "reason": reason,
        }
        return await self._transport.call("POST", _TERMS, RailTerms, body=body, key=uuid7().hex)

    async def rail_terms(
        self, *, rail: str | None = None, state: TermsState | None = None, page: int = 100
    ) -> AsyncIterator[RailTerms]:
        """Terms of rails with what became of them, the newest proposal first."""
        cursor: str | None = None
        while True:
            params = {"rail": rail, "state": state, "cursor": cursor, "limit": page}
            reply = await self._transport.call("GET", _TERMS, RailTermsPage, params=params)
            for terms in reply.terms:
                yield terms
            if (cursor := reply.next) is None:
                return

    async def decide_rail_terms(
        self, id: UUID, decision: Literal["release", "reject", "withdraw"], *, remark: str = ""
    ) -> RailTerms:
        """Say yes or no to terms that somebody else proposed, or withdraw one's own; a no says why."""
        path = f"{_TERMS}/{id}/{decision}"
        return await self._transport.call("POST", path, RailTerms, body={"remark": remark}, key=uuid7().hex)

    # Screening

    async def load_screening_list(self, name: str, names: Sequence[str]) -> ScreeningList:
        """Replace a list of names that payments are screened against.

        Raises WaitsForApproval for a person.
        """
        path = f"/v1/screening-lists/{quote(name, safe='')}"
        return await self._transport.change(
            "PUT", path, ScreeningList, body={"names": names}, key=uuid7().hex
        )

    async def screening_lists(self) -> list[ScreeningList]:
        """The lists that are loaded. Without any, every payment waits."""
        return (await self._transport.call("GET", "/v1/screening-lists", ScreeningListList)).lists


def _text(id: UUID | None) -> str | None:
    return str(id) if id is not None else None
