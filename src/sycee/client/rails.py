"""What can be asked of a bank about rails: connections, reconciliations, cases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import UUID

from sycee.client.approval_records import Approval
from sycee.client.rail_records import (
    RailCase,
    RailCasePage,
    RailConnection,
    RailConnectionList,
    RailMessage,
    RailMessagePage,
    Reconciliation,
    ReconciliationList,
    ReconciliationRun,
)
from sycee.client.records import Money
from sycee.client.transport import Transport
from sycee.kernel.ids import uuid7


class RailCalls:
    """The part of the client that is about rails."""

    _transport: Transport

    async def rail_connections(self) -> list[RailConnection]:
        """The rails that are connected, and what waits at each."""
        return (await self._transport.call("GET", "/v1/rail-connections", RailConnectionList)).connections

    async def connect_rail(self, rail: str, *, address: str, participant: str) -> RailConnection:
        """Say where a rail is reached, and as whom. Raises WaitsForApproval for a person."""
        body = {"rail": rail, "address": address, "participant": participant}
        return await self._transport.change(
            "POST", "/v1/rail-connections", RailConnection, body=body, key=uuid7().hex
        )

    async def transfer_to_bank(
        self,
        debit: str,
        *,
        bank: str,
        bank_name: str,
        amount: Money,
        remittance: str = "",
        end_to_end_id: str = "",
        id: UUID | None = None,
    ) -> tuple[UUID, Approval]:
        """Ask for a transfer of the bank's own money to another bank: its id, and the request.

        Once somebody else has agreed it is a payment under that id.
        """
        made = id or uuid7()
        body = {
            "id": made, "debit_account": debit, "bank": bank, "bank_name": bank_name, "amount": amount,
            "remittance": remittance, "end_to_end_id": end_to_end_id,
        }  # fmt: skip
        return made, await self._transport.call("POST", "/v1/bank-transfers", Approval, body=body)

    async def reconcile_rail(self, rail: str, on: date) -> ReconciliationRun:
        """Ask for a date to be compared with the rail's report of it; workers do it, so look at it again."""
        path = f"/v1/rails/{rail}/reconciliations"
        return await self._transport.call("POST", path, ReconciliationRun, body={"date": on})

    async def rail_reconciliation(self, rail: str, on: date) -> ReconciliationRun:
        """The newest run for a date: how far it is, and what it found."""
        return await self._transport.call("GET", f"/v1/rails/{rail}/reconciliations/{on}", ReconciliationRun)

    async def rail_reconciliations(self, rail: str) -> list[Reconciliation]:
        """What reconciliations of a rail found, the newest date first."""
        path = f"/v1/rails/{rail}/reconciliations"
        return (await self._transport.call("GET", path, ReconciliationList)).reconciliations

    async def rail_cases(
        self, rail: str | None = None, state: str | None = None, *, page: int = 100
    ) -> AsyncIterator[RailCase]:
        """Cases in the order in which they were opened, of one rail and state or of all."""
        cursor: str | None = None
        while True:
            params = {"rail": rail, "state": state, "cursor": cursor, "limit": page}
            reply = await self._transport.call("GET", "/v1/rail-cases", RailCasePage, params=params)
            for case in reply.cases:
                yield case
            if (cursor := reply.next) is None:
                return

    async def rail_case(self, case: UUID | str) -> RailCase:
        """One case."""
        return await self._transport.call("GET", f"/v1/rail-cases/{case}", RailCase)

    async def act_on_rail_case(
        self, case: UUID | str, action: str, *, reason: str, account: str | None = None
    ) -> RailCase:
        """Work a case: suspense, apply (with an account), explain, return, refuse, credit."""
        body: dict[str, Any] = {"action": action, "reason": reason, "account": account}
        return await self._transport.call("POST", f"/v1/rail-cases/{case}/actions", RailCase, body=body)

    async def rail_messages(
        self, state: str = "refused", rail: str | None = None, *, page: int = 100
    ) -> AsyncIterator[RailMessage]:
        """Messages in a state, the oldest first; by default those that one side could not read."""
        cursor: str | None = None
        while True:
            params = {"rail": rail, "state": state, "cursor": cursor, "limit": page}
            reply = await self._transport.call("GET", "/v1/rail-messages", RailMessagePage, params=params)
            for message in reply.messages:
                yield message
            if (cursor := reply.next) is None:
                return

    async def rail_message(self, message: UUID | str) -> RailMessage:
        """One message, with what is written in it."""
        return await self._transport.call("GET", f"/v1/rail-messages/{message}", RailMessage)

    async def act_on_rail_message(self, message: UUID | str, action: str, *, reason: str) -> RailMessage:
        """Repair a message that one side could not read: retry, close."""
        path = f"/v1/rail-messages/{message}/actions"
        return await self._transport.call(
            "POST", path, RailMessage, body={"action": action, "reason": reason}
        )
