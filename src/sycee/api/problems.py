"""Problem details (RFC 9457): every error that leaves the API has this form and a stable code."""

from __future__ import annotations

import logging
import secrets
from typing import Any

import msgspec
import psycopg
from litestar import Request, Response
from litestar.exceptions import HTTPException

from sycee.api.errors import InternalError, MethodNotAllowed, RouteNotFound
from sycee.api.operations import PROBLEM
from sycee.database import DatabaseUnavailable
from sycee.kernel.errors import InvalidInput, SyceeError, Unavailable

logger = logging.getLogger("sycee.api")

_RESERVED = frozenset({"type", "title", "status", "detail", "code", "instance", "request_id"})
_BY_STATUS: dict[int, type[SyceeError]] = {404: RouteNotFound, 405: MethodNotAllowed}
_LONGEST_INSTANCE = 300


class Contended(Unavailable):
    """Too many are changing the same things at once"""

    code = "contended"


def problem_type(code: str) -> str:
    """The URI reference under which a code is described (served by ``/docs/problems``)."""
    return f"/docs/problems#{code}"


def problem(error: SyceeError, instance: str, request_id: str | None = None) -> dict[str, Any]:
    """The problem details of an error; its facts stand beside the standard members."""
    facts = {name: value for name, value in error.facts.items() if name not in _RESERVED}
    return {
        "type": problem_type(error.code),
        "title": error.title(),
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "instance": instance[:_LONGEST_INSTANCE],
        **facts,
        **({} if request_id is None else {"request_id": request_id}),
    }


def problem_json(error: SyceeError, instance: str = "", request_id: str | None = None) -> bytes:
    """The problem details of an error, as they are sent."""
    return msgspec.json.encode(problem(error, instance, request_id), enc_hook=str)


def as_sycee_error(error: Exception) -> SyceeError:
    """The error of our tree that stands for any exception."""
    if isinstance(error, DatabaseUnavailable):
        # Its text names hosts and users: that is for the log, not for the caller.
        logger.error("the database does not answer: %s", error)
        return DatabaseUnavailable("the database does not answer; try again in a moment")
    if isinstance(error, SyceeError):
        return error
    if isinstance(error, HTTPException) and error.status_code < 500:
        cls = _BY_STATUS.get(error.status_code, InvalidInput)
        return cls(cls.title() if cls is not InvalidInput else error.detail)
    if isinstance(error, psycopg.errors.SerializationFailure | psycopg.errors.DeadlockDetected):
        return Contended("others were changing the same things; nothing was done, try again")
    reference = secrets.token_hex(6)
    logger.error("internal error %s", reference, exc_info=error)
    return InternalError(
        f"something is broken on our side; the log has the cause under {reference}", log_reference=reference
    )


def render_problem(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Litestar's exception handler: whatever happened, as problem details."""
    known = as_sycee_error(error)
    headers: dict[str, str] = {}
    if known.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="sycee"'
    elif known.status == 429:
        headers["Retry-After"] = str(known.facts.get("retry_after_s", 1))
    elif known.status == 503 or known.code == "idempotency_in_progress":
        headers["Retry-After"] = "1"
    if isinstance(error, HTTPException) and known.status == 405:
        headers["Allow"] = (error.headers or {}).get("allow", "")
    request.scope["state"]["problem_code"] = known.code
    scope: Any = request.scope  # with our own request_id in it
    body = problem_json(known, scope["path"], scope.get("request_id"))
    return Response(content=body, media_type=PROBLEM, status_code=known.status, headers=headers)
