"""An account's statement as a file, and what ISO 20022 has beside it: the day so far, single entries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal
from uuid import UUID

from sycee.client.transport import Transport

StatementFormat = Literal["camt.053", "csv", "pdf", "xlsx"]
XML = "application/xml"


class StatementCalls:
    """What a customer's accountants and systems take home."""

    _transport: Transport

    async def statement_file(
        self, number: str, start: date, end: date, file_format: StatementFormat
    ) -> bytes:
        """The statement of business dates, both included, as a file."""
        params = {"from": start.isoformat(), "to": end.isoformat(), "format": file_format}
        return await self._file(f"/v1/accounts/{number}/statement", params, "*/*")

    async def statement_camt053(self, number: str, start: date, end: date) -> bytes:
        """The statement as an ISO 20022 camt.053 document."""
        return await self.statement_file(number, start, end, "camt.053")

    async def intraday_report(self, number: str) -> bytes:
        """The business date that runs, so far, as an ISO 20022 camt.052 document."""
        return await self._file(f"/v1/accounts/{number}/intraday-report", {}, XML)

    async def entry_notice(
        self,
        number: str,
        *,
        transfer: UUID | str | None = None,
        start: date | None = None,
        end: date | None = None,
        side: Literal["debit", "credit"] | None = None,
    ) -> bytes:
        """Entries as an ISO 20022 camt.054 document: that of a transfer, or those of business dates.

        Without either it is about the business date that runs.
        """
        params = {
            "transfer": str(transfer) if transfer is not None else None,
            "from": start.isoformat() if start is not None else None,
            "to": end.isoformat() if end is not None else None,
            "side": side,
        }
        return await self._file(f"/v1/accounts/{number}/entry-notice", params, XML)

    async def _file(self, path: str, params: Mapping[str, str | None], media: str) -> bytes:
        response = await self._transport.send("GET", path, params=params, headers={"Accept": media})
        return response.content
