"""How much one process takes on: what comes beyond is refused at once, before anything is done for it.

A queue that grows with the load answers everybody too late; a bounded one answers those whom it took. The
bound is plain: a number of requests under way, and of bytes of their bodies. The number divided by what the
process does in a second is how long a request waits at most, and there is nothing to settle: a second after
the load has gone, the queue has too. While the database has no leader, as many requests are held.

Health and metrics are always answered. What people sign in and agree with has a share of its own, so that a
flood of payments keeps nobody out who has to decide on them.
"""

from __future__ import annotations

import random
from enum import Enum
from typing import Any

from litestar.response.base import ASGIResponse

from sycee.api.operations import PROBLEM
from sycee.api.problems import problem_json
from sycee.database import TooBusy

PEOPLE_SHARE = 8
"""What people need at any time has an eighth of the places, beside the others."""

_ALWAYS = frozenset({"/v1/health", "/v1/health/live", "/metrics"})
STREAMS = frozenset({"/v1/payments/events", "/v1/direct-debits/events"})
"""Open for as long as somebody listens, and bounded for each principal: they take nobody's place."""

_PEOPLE = ("/v1/sessions", "/v1/me", "/v1/approvals", "/v1/oauth/")
_LONGEST_PAUSE_S = 3


class Room(Enum):
    """Where a request has its place."""

    ALWAYS = "always"
    PEOPLE = "people"
    OTHERS = "others"


class Admission:
    """Counts what is under way in this process. ``most_requests`` 0 is any number."""

    def __init__(self, most_requests: int, most_bytes: int, most_bytes_each: int) -> None:
        self._most = {Room.OTHERS: most_requests, Room.PEOPLE: max(16, most_requests // PEOPLE_SHARE)}
        self._bounded = most_requests > 0
        self._most_bytes = most_bytes
        self._most_bytes_each = most_bytes_each
        self._requests = dict.fromkeys(Room, 0)
        self._bytes = 0

    def enter(self, scope: Any) -> tuple[Room, int] | None:
        """A place for a request, to be left with ``leave``; None when there is none."""
        path: str = scope["path"]
        if path in _ALWAYS or path in STREAMS or not self._bounded:
            return Room.ALWAYS, 0
        room = Room.PEOPLE if path.startswith(_PEOPLE) else Room.OTHERS
        size = min(_announced(scope), self._most_bytes_each)
        # One that is larger than all the room is taken when nothing else is under way.
        too_much = self._bytes > 0 and self._bytes + size > self._most_bytes
        if self._requests[room] >= self._most[room] or too_much:
            return None
        self._requests[room] += 1
        self._bytes += size
        return room, size

    def leave(self, place: tuple[Room, int]) -> None:
        """Give a place back."""
        room, size = place
        if room is not Room.ALWAYS:
            self._requests[room] -= 1
            self._bytes -= size


def _announced(scope: Any) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value[:20]) if value.isdigit() else 0
    return 0


async def refuse(scope: Any, receive: Any, send: Any) -> None:
    """Answer that there is no place now. Who is refused together does not come back together."""
    error = TooBusy("more is under way than this process takes on; send the request again shortly")
    answer = ASGIResponse(
        body=problem_json(error, scope["path"]),
        status_code=error.status,
        media_type=PROBLEM,
        headers={"Retry-After": str(random.randint(1, _LONGEST_PAUSE_S))},
    )
    await answer(scope, receive, send)
