"""Documents as files: which formats are spoken, and the answer that carries one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from litestar.response.base import ASGIResponse

from sycee import operations
from sycee.api.operations import CSV, PDF, XLSX

DOCUMENT_FILES: dict[str, str] = {"csv": CSV, "pdf": PDF, "xlsx": XLSX}
"""The media type of each format, by its name; which is also the ending of a file."""

EXAMPLES: dict[str, str] = {
    CSV: (
        "account,currency,business_date,value_date,booked_at,debit,credit,balance,counterparty,reference,"
        "description,transfer\n"
    ),
    PDF: "%PDF-1.4 …",
    XLSX: "PK…",
}
"""What the beginning of each looks like."""

MOST_LINES: dict[str, int] = {PDF: operations.PDF_LINES, XLSX: operations.XLSX_LINES}
"""How many entries a statement in a format may have; the others take any number."""

_RENDER: dict[str, Callable[[operations.Document], bytes]] = {
    CSV: operations.document_csv,
    PDF: operations.document_pdf,
    XLSX: operations.document_xlsx,
}
_ENDINGS = {media: ending for ending, media in DOCUMENT_FILES.items()}


async def document_file(document: operations.Document, media: str) -> ASGIResponse:
    """The document as a file to save. Raises DocumentTooLong."""
    summary = document.summary
    body = await asyncio.to_thread(_RENDER[media], document)
    return file_answer(body, media, f"{summary.kind}-{summary.account}-{summary.end}.{_ENDINGS[media]}")


def file_answer(body: bytes, media: str, name: str) -> ASGIResponse:
    """Bytes to save under a name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return ASGIResponse(body=body, media_type=media, headers=headers)
