"""Electronic receipts over the API: issued, fetched as signed PDF, and checked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from sycee.client.receipt_records import (
    Receipt,
    ReceiptList,
    ReceiptPage,
    ReceiptSignature,
    ReceiptVerification,
    SealKey,
    SealKeyList,
)
from sycee.client.transport import Transport


class ReceiptCalls:
    """What customers ask of the bank about single entries."""

    _transport: Transport

    async def issue_receipts(self, number: str, transfers: Sequence[UUID | str]) -> list[Receipt]:
        """The receipts of the entries that transfers made on an account, in that order; all or none."""
        body = {"transfers": [str(transfer) for transfer in transfers]}
        path = f"/v1/accounts/{number}/receipts"
        return (await self._transport.call("POST", path, ReceiptList, body=body)).receipts

    async def receipts(self, number: str, *, page: int = 100) -> AsyncIterator[Receipt]:
        """The receipts of an account, newest business date first."""
        cursor: str | None = None
        while True:
            params = {"cursor": cursor, "limit": page}
            path = f"/v1/accounts/{number}/receipts"
            reply = await self._transport.call("GET", path, ReceiptPage, params=params)
            for receipt in reply.receipts:
                yield receipt
            if (cursor := reply.next) is None:
                return

    async def receipt(self, number: str, receipt_number: str) -> Receipt:
        """A receipt of an account, as data."""
        return await self._transport.call("GET", f"/v1/accounts/{number}/receipts/{receipt_number}", Receipt)

    async def receipt_pdf(self, number: str, receipt_number: str) -> bytes:
        """The PDF of a receipt: the same bytes each time, and counted each time."""
        path = f"/v1/accounts/{number}/receipts/{receipt_number}"
        headers = {"Accept": "application/pdf"}
        return (await self._transport.send("GET", path, headers=headers)).content

    async def receipt_signature(self, number: str, receipt_number: str) -> ReceiptSignature:
        """The detached signatures over the bytes of a receipt's PDF."""
        path = f"/v1/accounts/{number}/receipts/{receipt_number}/signature"
        return await self._transport.call("GET", path, ReceiptSignature)

    async def verify_receipt(self, receipt_number: str, code: str) -> ReceiptVerification:
        """What the bank attests of a receipt, for whoever has its code; needs no token."""
        path = f"/v1/receipts/{receipt_number}/verification"
        return await self._transport.call("GET", path, ReceiptVerification, params={"code": code})

    async def seal_keys(self) -> list[SealKey]:
        """The public halves of the keys that the bank signs with; needs no token."""
        return (await self._transport.call("GET", "/v1/seal-keys", SealKeyList)).keys
