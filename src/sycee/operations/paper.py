"""Documents on paper and in workbooks. What makes them is large and imported when the first one is made."""

from __future__ import annotations

from importlib import import_module

from sycee.operations.documents import Document


def document_pdf(document: Document) -> bytes:
    """The document as PDF; a page takes some milliseconds: call it from a thread. Raises DocumentTooLong."""
    drawn: bytes = import_module("sycee.operations.pdf").document_pdf(document)
    return drawn


def document_xlsx(document: Document) -> bytes:
    """The document as an Excel workbook. Raises DocumentTooLong."""
    made: bytes = import_module("sycee.operations.workbooks").document_xlsx(document)
    return made
