"""What a request is called, and the line that the log has of it.

The id comes from the caller's ``X-Request-Id`` where that is well-formed, and is made here otherwise. It goes
into the answer, its problem details and every line of the log. A line names the route by its template, for
a path has account numbers in it.
"""

from __future__ import annotations

import logging
import re
import secrets
from typing import Any

HEADER = b"x-request-id"

logger = logging.getLogger("sycee.requests")

_WELL_FORMED = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def request_id(scope: Any) -> str:
    """The id of a request: the caller's own, if it sent one that is well-formed, and only one."""
    sent = [value for name, value in scope["headers"] if name == HEADER]
    if len(sent) == 1 and _WELL_FORMED.fullmatch(sent[0]):
        return str(sent[0], "ascii")
    return secrets.token_hex(16)


def write_line(scope: Any, route: str, status: int, seconds: float, *, failed_only: bool) -> None:
    """Write the line of a request that was answered; with ``failed_only`` of those that we failed."""
    level = logging.ERROR if status >= 500 else logging.INFO
    if (failed_only and level < logging.ERROR) or not logger.isEnabledFor(level):
        return
    facts = {
        "method": scope["method"],
        "route": route,
        "status": status,
        "duration_ms": round(seconds * 1000, 3),
    }
    if (code := scope.get("state", {}).get("problem_code")) is not None:
        facts["code"] = code
    if (caller := scope.get("auth")) is not None:
        facts["principal"] = caller.id
    record = logging.LogRecord(logger.name, level, __file__, 0, "answered", None, None)
    record.facts = facts
    logger.handle(record)
