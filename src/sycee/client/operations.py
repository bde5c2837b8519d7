"""The banking day over the API: close days, follow them, see what failed, fetch documents."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import date
from typing import Any, Literal
from uuid import UUID

from sycee.client.operations_records import (
    DayDocument,
    DocumentKind,
    DocumentPage,
    DocumentSummary,
    EndOfDay,
    EndOfDayFailure,
    EndOfDayFailurePage,
    EndOfDayPage,
)
from sycee.client.transport import Transport

LOOK_EVERY_S = 0.3


class OperationCalls:
    """What a bank's operators ask of it."""

    _transport: Transport

    async def close_day(
        self,
        cell: int,
        business_date: date,
        *,
        next_date: date | None = None,
        calendar: str | None = None,
        check: bool = False,
        retry: bool = False,
    ) -> EndOfDay:
        """Begin to close a day, or go on with one that was interrupted or stopped; returns at once.

        ``next_date`` is the date that follows, else the next business day of ``calendar``, else the next
        calendar day. A day that is closed, or being closed, is answered with its run as it is. ``check``
        proves the books at the end; ``retry`` runs those steps again in which something failed.
        """
        body: dict[str, Any] = {"business_date": business_date, "check": check, "retry": retry}
        given = {"next_date": next_date, "calendar": calendar}
        body.update({field: value for field, value in given.items() if value is not None})
        return await self._transport.call("POST", f"/v1/cells/{cell}/ends-of-day", EndOfDay, body=body)

    async def end_of_day(self, cell: int, business_date: date) -> EndOfDay:
        """The run of a day, with how far each of its steps is."""
        path = f"/v1/cells/{cell}/ends-of-day/{business_date.isoformat()}"
        return await self._transport.call("GET", path, EndOfDay)

    async def follow_day(
        self, cell: int, business_date: date, told: Callable[[EndOfDay], None] = lambda _run: None
    ) -> EndOfDay:
        """Wait until nothing goes on with a day any more; ``told`` is called with the run as it gets on."""
        while True:
            run = await self.end_of_day(cell, business_date)
            told(run)
            if run.over:
                return run
            await asyncio.sleep(LOOK_EVERY_S)

    async def ends_of_day(self, cell: int, *, page: int = 100) -> AsyncIterator[EndOfDay]:
        """The runs of a cell, newest first."""
        cursor: str | None = None
        while True:
            params = {"cursor": cursor, "limit": page}
            reply = await self._transport.call(
                "GET", f"/v1/cells/{cell}/ends-of-day", EndOfDayPage, params=params
            )
            for run in reply.ends_of_day:
                yield run
            if (cursor := reply.next) is None:
                return

    async def end_of_day_failures(
        self, cell: int, business_date: date, *, step: str | None = None, page: int = 100
    ) -> AsyncIterator[EndOfDayFailure]:
        """What failed at the end of a day and has not succeeded since, in the order of the steps."""
        cursor: str | None = None
        path = f"/v1/cells/{cell}/ends-of-day/{business_date.isoformat()}/failures"
        while True:
            params = {"step": step, "cursor": cursor, "limit": page}
            reply = await self._transport.call("GET", path, EndOfDayFailurePage, params=params)
            for failure in reply.failures:
                yield failure
            if (cursor := reply.next) is None:
                return

    async def documents(
        self, number: str, *, kind: DocumentKind | None = None, page: int = 100
    ) -> AsyncIterator[DocumentSummary]:
        """The statements and balance confirmations of an account, newest first."""
        async for document in self._documents(f"/v1/accounts/{number}/documents", {"kind": kind}, page):
            yield document

    async def documents_of_day(
        self, cell: int, business_date: date, *, page: int = 100
    ) -> AsyncIterator[DocumentSummary]:
        """What the end of a day produced, by account."""
        path = f"/v1/cells/{cell}/ends-of-day/{business_date.isoformat()}/documents"
        async for document in self._documents(path, {}, page):
            yield document

    async def _documents(
        self, path: str, given: dict[str, str | None], page: int
    ) -> AsyncIterator[DocumentSummary]:
        cursor: str | None = None
        while True:
            params = {**given, "cursor": cursor, "limit": page}
            reply = await self._transport.call("GET", path, DocumentPage, params=params)
            for document in reply.documents:
                yield document
            if (cursor := reply.next) is None:
                return

    async def document(self, number: str, document_id: UUID | str) -> DayDocument:
        """A document of an account, as data."""
        path = f"/v1/accounts/{number}/documents/{document_id}"
        return await self._transport.call("GET", path, DayDocument)

    async def document_file(
        self, number: str, document_id: UUID | str, file_format: Literal["json", "csv", "pdf", "xlsx"]
    ) -> bytes:
        """The same document as a file."""
        path = f"/v1/accounts/{number}/documents/{document_id}"
        params = {"format": file_format}
        response = await self._transport.send("GET", path, params=params, headers={"Accept": "*/*"})
        return response.content
