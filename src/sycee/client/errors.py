"""What can go wrong between a program and the bank.

A problem document that the API answers with becomes an ``ApiProblem`` that is at the same time the
kernel's class for its HTTP status, so a program catches ``NotFound`` or ``BusinessRule`` as it would
inside the bank, and switches on ``code``.
"""

from __future__ import annotations

from typing import Any

import httpx
import msgspec

from sycee.client.approval_records import Approval
from sycee.kernel.errors import (
    BusinessRule,
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    PayloadTooLarge,
    SyceeError,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
)

_PROBLEM_MEMBERS = frozenset({"type", "title", "status", "detail", "code", "instance"})


class ApiProblem(SyceeError):
    """The bank refused the request

    ``code`` is the stable code of the problem, ``detail`` the sentence for people, ``status`` the HTTP
    status, ``problem_title`` its general title, ``facts`` every further member of the problem document.
    """

    code = "api_problem"

    def __init__(
        self, detail: str, *, code: str, status: int, problem_title: str, facts: dict[str, Any]
    ) -> None:
        super().__init__(detail, **facts)
        # The class declares code and status for the whole class; a problem brings its own from the wire.
        self.code = code  # type: ignore[misc]
        self.status = status  # type: ignore[misc]
        self.problem_title = problem_title


class WaitsForApproval(SyceeError):
    """What was asked for waits until others agree

    ``approval`` is the request as the bank keeps it; nothing has been done yet.
    """

    code = "waits_for_approval"
    status = 202

    def __init__(self, approval: Approval) -> None:
        super().__init__(f"{approval.title.en} waits for others to agree: approval {approval.id}")
        self.approval = approval


class InvalidRequest(ApiProblem, InvalidInput):
    """The bank cannot understand the request"""


class TokenRefused(ApiProblem, Unauthenticated):
    """The bank does not know this token"""


class ScopeMissing(ApiProblem, Forbidden):
    """The token does not allow this"""


class NothingThere(ApiProblem, NotFound):
    """The bank has no such thing"""


class StateConflict(ApiProblem, Conflict):
    """The present state does not allow this"""


class TooMuchAtOnce(ApiProblem, PayloadTooLarge):
    """More was sent than the bank takes at once"""


class FormatNotSpoken(ApiProblem, UnsupportedMedia):
    """The bank does not speak this format"""


class RuleRefusal(ApiProblem, BusinessRule):
    """A rule of the bank refuses this"""


class TooOften(ApiProblem, TooManyRequests):
    """That was asked for too often"""


class BankUnavailable(ApiProblem, Unavailable):
    """A part of the bank does not answer"""


class Unreachable(Unavailable):
    """The bank cannot be reached"""

    code = "unreachable"


class UnreadableReply(SyceeError):
    """What answered does not speak the bank's protocol"""

    code = "unreadable_reply"
    status = 502


_BY_STATUS: dict[int, type[ApiProblem]] = {
    400: InvalidRequest,
    401: TokenRefused,
    403: ScopeMissing,
    404: NothingThere,
    409: StateConflict,
    413: TooMuchAtOnce,
    415: FormatNotSpoken,
    422: RuleRefusal,
    429: TooOften,
    503: BankUnavailable,
}


def problem_from(response: httpx.Response) -> ApiProblem:
    """The exception for an answer with an error status, whether or not it carries a problem document."""
    cls = _BY_STATUS.get(response.status_code, ApiProblem)
    try:
        document = msgspec.json.decode(response.content, type=dict[str, Any])
    except msgspec.DecodeError:
        document = {}
    title = str(document.get("title") or response.reason_phrase or cls.title())
    return cls(
        str(document.get("detail") or f"{title} (HTTP {response.status_code})"),
        code=str(document.get("code") or f"http_{response.status_code}"),
        status=response.status_code,
        problem_title=title,
        facts={name: value for name, value in document.items() if name not in _PROBLEM_MEMBERS},
    )
