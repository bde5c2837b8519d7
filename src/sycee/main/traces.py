"""OpenTelemetry behind the traces: configured by the standard ``OTEL_*`` variables, and off without them.

The libraries are imported only when a collector is named; spans go to it as OTLP over HTTP, in batches, from
a thread of its own. A collector that does not answer costs spans, never requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sycee import __version__
from sycee.kernel import tracing
from sycee.kernel.settings import InvalidSetting
from sycee.kernel.tracing import Kind, Span, Value

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span as Recorded

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_SPOKEN = "http/protobuf"


def is_wanted(environ: Mapping[str, str]) -> bool:
    """Whether the environment asks for traces. Raises InvalidSetting for a way that is not spoken here."""
    if environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or not any(map(environ.get, _ENDPOINTS)):
        return False
    exporter = environ.get("OTEL_TRACES_EXPORTER") or "otlp"
    if exporter == "none":
        return False
    if exporter != "otlp":
        raise InvalidSetting(f"OTEL_TRACES_EXPORTER is {exporter!r}: only 'otlp' and 'none' are known here")
    protocol = next(filter(None, map(environ.get, _PROTOCOLS)), _SPOKEN)
    if protocol != _SPOKEN:
        raise InvalidSetting(f"traces are told as {_SPOKEN} only, and the environment says {protocol!r}")
    return True


class _OpenSpan:
    """A span of OpenTelemetry, as the parts of Sycee see it."""

    __slots__ = ("_span",)

    def __init__(self, span: Recorded) -> None:
        self._span = span

    def set(self, attributes: Mapping[str, Value]) -> None:
        for name, value in attributes.items():
            self._span.set_attribute(name, value)

    def fail(self, code: str) -> None:
        from opentelemetry.trace import StatusCode  # noqa: PLC0415 - off, nothing of it is imported

        self._span.set_status(StatusCode.ERROR)
        self._span.set_attribute("error.type", code)

    def name(self, name: str) -> None:
        self._span.update_name(name)

    @property
    def traceparent(self) -> str | None:
        found = self._span.get_span_context()
        if not found.is_valid:
            return None
        return f"00-{found.trace_id:032x}-{found.span_id:016x}-{found.trace_flags:02x}"


class Traces:
    """A tracer over OpenTelemetry's SDK, from its variables in the environment of the process."""

    def __init__(self, service: str) -> None:
        from opentelemetry import trace  # noqa: PLC0415 - off, nothing of it is imported
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
        from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415
            TraceContextTextMapPropagator,
        )

        # Resource.create lets OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES overrule these.
        resource = Resource({"service.name": service, "service.version": __version__})
        self._provider: TracerProvider = TracerProvider(resource=resource.merge(_from_environment()))
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("sycee", __version__)
        self._trace = trace
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def span(
        self,
        name: str,
        kind: Kind,
        carried: Mapping[str, str],
        links: Sequence[Any],
        attributes: Mapping[str, Value],
    ) -> Iterator[Span]:
        """A span below the one at hand, or below the one that ``carried`` headers name."""
        with self._tracer.start_as_current_span(
            name,
            context=self._propagator.extract(carried) if carried else None,
            kind=self._trace.SpanKind[kind.upper()],
            links=[self._trace.Link(one) for one in links],
            attributes=dict(attributes),
            # An exception's message and frames quote what they were given: its kind alone is told.
            record_exception=False,
            set_status_on_exception=False,
        ) as recorded:
            open_span = _OpenSpan(recorded)
            try:
                yield open_span
            except BaseException as error:
                open_span.fail(getattr(error, "code", None) or type(error).__qualname__)
                raise

    def here(self) -> object | None:
        """The context of the span at hand; None outside of any."""
        found = self._trace.get_current_span().get_span_context()
        return found if found.is_valid else None

    def current(self) -> Span:
        """The span at hand."""
        return _OpenSpan(self._trace.get_current_span())

    def close(self) -> None:
        """Tell what has not been told yet, within the exporter's own limit of time."""
        self._provider.shutdown()


def _from_environment() -> Any:
    from opentelemetry.sdk.resources import OTELResourceDetector  # noqa: PLC0415 - as above

    return OTELResourceDetector().detect()


@contextmanager
def told(service: str, environ: Mapping[str, str]) -> Iterator[None]:
    """Tell traces while the block runs, if the environment asks for it. Raises InvalidSetting."""
    if not is_wanted(environ):
        yield
        return
    traces = Traces(service)
    tracing.use(traces)
    try:
        yield
    finally:
        tracing.use(None)
        traces.close()
