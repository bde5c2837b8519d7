"""What is said about an operation, once: its scope, shapes, examples and errors.

A handler carries its ``Operation`` in Litestar's ``opt``. The guard reads the scope from it, and the
OpenAPI document is made from it together with the wire structs, so neither can drift from the code.
"""

from __future__ import annotations

from typing import Any

import msgspec

from sycee.identity import Scope
from sycee.kernel.errors import SyceeError

JSON, XML, CSV, PROBLEM = "application/json", "application/xml", "text/csv", "application/problem+json"
PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation of the API as its document shows it."""

    id: str
    summary: str
    description: str
    tag: str
    example: Any
    """An example of the answer: JSON-like values, or text for formats other than JSON."""
    scope: Scope | None = None
    """What the caller must be allowed; None needs no caller, unless ``signed_in``."""
    signed_in: bool = False
    """Open to every caller, whatever they may do: what concerns themselves."""
    customers: bool = False
    """Whether people and machines of customers may ask for it too: it then acts for their customer alone."""
    machines: bool = False
    """Whether it is for machines alone: what people ask for here would pass by those who have to agree."""
    concerns_body: bool = False
    """Whether the body says whom it concerns: the handler then asks for that (edge.require)."""
    request: type[msgspec.Struct] | None = None
    request_example: Any = None
    request_media: str = JSON
    body_optional: bool = False
    query: type[msgspec.Struct] | None = None
    response: type[msgspec.Struct] | None = None
    status: int = 200
    media: str = JSON
    other_media: dict[str, str] = {}
    """Further formats of the answer, each with an example."""
    errors: tuple[type[SyceeError], ...] = ()
    """What can go wrong here beside what can go wrong everywhere."""
    rejections: tuple[str, ...] = ()
    """Codes with which the books may reject a transfer here."""
    rejections_are_problems: bool = False
    """Whether a rejection is answered as a problem, rather than inside of an outcome."""
    alternatives: dict[int, Any] = {}
    """Further statuses with the shape of ``response``, each with an example."""
    others: dict[int, tuple[type[msgspec.Struct], Any]] = {}
    """Further statuses with a shape of their own, each with an example."""
    idempotency_key: bool = False
    command: str | None = None
    """The command of approvals that it asks for or decides on: others may have to agree."""
    uses_database: bool = True


def describe(**facts: Any) -> dict[str, Any]:
    """The ``opt`` of a handler with this operation."""
    return {"operation": Operation(**facts)}
