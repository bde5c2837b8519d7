"""The root of every error that Sycee raises on purpose.

Each class carries a stable ``code`` (what programs switch on), an HTTP ``status``
(what the API answers with) and a docstring whose first line is the title that people
read. Domains put their own classes under this tree, in their ``errors.py``.

    SyceeError
    ├── InvalidInput        400  the request cannot be understood
    ├── Unauthenticated     401  nobody, or nobody we know
    ├── Forbidden           403  known, but not allowed
    ├── NotFound            404  the thing named does not exist
    ├── Conflict            409  the thing is not in a state for that
    ├── PayloadTooLarge     413  more than is taken at once
    ├── UnsupportedMedia    415  a format that is not spoken here
    ├── BusinessRule        422  understood, and refused by a rule of the bank
    ├── TooManyRequests     429  more often than is allowed
    └── Unavailable         503  a part that is needed does not answer
"""

from __future__ import annotations

from typing import Any, ClassVar


class SyceeError(Exception):
    """Something went wrong"""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(self, detail: str = "", **facts: Any) -> None:
        super().__init__(detail or self.title())
        self.detail = detail or self.title()
        self.facts = facts

    @classmethod
    def title(cls) -> str:
        """The first line of the docstring: what went wrong, in general."""
        return (cls.__doc__ or cls.__name__).strip().splitlines()[0]


class InvalidInput(SyceeError):
    """The request cannot be understood"""

    code = "invalid_input"
    status = 400


class Unauthenticated(SyceeError):
    """A valid bearer token is needed"""

    code = "unauthenticated"
    status = 401


class Forbidden(SyceeError):
    """The token does not allow this"""

    code = "forbidden"
    status = 403


class NotFound(SyceeError):
    """There is no such thing"""

    code = "not_found"
    status = 404


class TooSlow(SyceeError):
    """What was to be sent did not arrive in time"""

    code = "too_slow"
    status = 408


class Conflict(SyceeError):
    """The present state does not allow this"""

    code = "conflict"
    status = 409


class PayloadTooLarge(SyceeError):
    """More was sent than is taken at once"""

    code = "payload_too_large"
    status = 413


class UnsupportedMedia(SyceeError):
    """That format is not spoken here"""

    code = "unsupported_media_type"
    status = 415


class BusinessRule(SyceeError):
    """A rule of the bank refuses this"""

    code = "business_rule"
    status = 422


class TooManyRequests(SyceeError):
    """That was asked for too often"""

    code = "too_many_requests"
    status = 429


class Unavailable(SyceeError):
    """A part that is needed does not answer"""

    code = "unavailable"
    status = 503


def error_classes() -> list[type[SyceeError]]:
    """Every class of the tree that has been imported, root first (for documentation and tests)."""
    found: list[type[SyceeError]] = []
    waiting: list[type[SyceeError]] = [SyceeError]
    while waiting:
        cls = waiting.pop(0)
        found.append(cls)
        waiting.extend(cls.__subclasses__())
    return found
