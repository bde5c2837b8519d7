"""What is told of a request while and after it is worked on: its ids, its span, its line in the log.

A span is taken up where the caller's trace is (W3C Trace Context). Neither span nor line has the path in it,
for a path has account numbers: the route's template stands for it.
"""

from __future__ import annotations

from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from sycee.api.request_log import HEADER, request_id, write_line
from sycee.kernel import tracing
from sycee.kernel.logs import CONTEXT
from sycee.kernel.settings import LoggedRequests

_CARRIED = {b"traceparent", b"tracestate"}
_UNTOLD = ("/metrics", "/v1/health", "/v1/health/live")
"""What probes ask every few seconds is nobody's trace."""


class Told:
    """A request, for as long as it is worked on."""

    def __init__(self, scope: Any, logged: LoggedRequests) -> None:
        self._scope = scope
        self._logged = logged
        self._ends = ExitStack()
        self._span = tracing.NOTHING
        id = scope["request_id"] = request_id(scope)
        self._named = {"request_id": id}
        self.headers = [(HEADER, id.encode())]
        """What the answer's headers say of it."""

    def __enter__(self) -> Self:
        carried = _trace_headers(self._scope)
        if (trace := tracing.trace_of(carried.get("traceparent"))) is not None:
            self._named["trace_id"] = trace
        if self._scope["path"] not in _UNTOLD:
            self._span = self._ends.enter_context(tracing.span("request", kind="server", carried=carried))
        if (here := self._span.traceparent) is not None:
            self._named["trace_id"] = here.split("-")[1]
            self.headers.append((b"traceparent", here.encode()))
        self._ends.callback(CONTEXT.reset, CONTEXT.set(self._named))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.__exit__(kind, error, trace)

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Tell how it was answered."""
        if self._span.traceparent is not None:
            _tell(self._span, self._scope, route, status)
        if self._logged != "none":
            write_line(self._scope, route, status, seconds, failed_only=self._logged == "failed")


def _trace_headers(scope: Any) -> dict[str, str]:
    """The headers of W3C Trace Context that a request brought; none where one came twice."""
    found = [(name, value) for name, value in scope["headers"] if name in _CARRIED]
    carried = {name.decode(): value.decode("latin-1") for name, value in found}
    return carried if len(carried) == len(found) else {}


def _tell(span: tracing.Span, scope: Any, route: str, status: int) -> None:
    method = scope["method"]
    span.name(f"{method} {route}")
    told: dict[str, tracing.Value] = {
        "http.request.method": method,
        "http.route": route,
        "http.response.status_code": status,
        "sycee.request_id": scope["request_id"],
    }
    if (caller := scope.get("auth")) is not None:
        told["sycee.principal"] = caller.id
    code: str | None = scope.get("state", {}).get("problem_code")
    if code is not None:
        told["sycee.problem"] = code
    span.set(told)
    if status >= 500:
        span.fail(code or str(status))
