"""Traces: where the parts of Sycee say what they are doing, and for which request.

Nothing is recorded unless the composition root has put a tracer here (``use``): without one a span costs the
call of a function, and no library is imported. Attributes name things (routes, ids, counts, codes), and never
hold what is in them: no amounts, account numbers, names, tokens, statements or messages of exceptions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from typing import Literal, Protocol, TypeAlias

Kind: TypeAlias = Literal["internal", "server", "client", "producer", "consumer"]
Value: TypeAlias = str | int | float | bool | Sequence[str]

MOST_IDS = 100
"""How many ids one attribute holds at most."""

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


class Span(Protocol):
    """Something that is being done."""

    def set(self, attributes: Mapping[str, Value]) -> None:
        """Say more about it."""

    def fail(self, code: str) -> None:
        """Say that it failed, and by which code or kind of error."""

    def name(self, name: str) -> None:
        """Call it otherwise."""

    @property
    def traceparent(self) -> str | None:
        """It, as W3C Trace Context writes it; None where nothing is recorded."""


class Tracer(Protocol):
    """Whoever records spans."""

    def span(
        self,
        name: str,
        kind: Kind,
        carried: Mapping[str, str],
        links: Sequence[object],
        attributes: Mapping[str, Value],
    ) -> AbstractContextManager[Span]:
        """A span below the one at hand, or below the one that ``carried`` headers name."""

    def here(self) -> object | None:
        """What a link to the span at hand is made of; None outside of any."""

    def current(self) -> Span:
        """The span at hand."""


class _Nothing:
    """A span of which nothing is recorded."""

    traceparent = None

    def set(self, attributes: Mapping[str, Value]) -> None:
        pass

    def fail(self, code: str) -> None:
        pass

    def name(self, name: str) -> None:
        pass


NOTHING: Span = _Nothing()
_NOTHING = nullcontext(NOTHING)
_tracer: Tracer | None = None


def use(tracer: Tracer | None) -> None:
    """Record with this tracer from now on; None: nothing."""
    global _tracer  # noqa: PLW0603 - one process has one tracer, as it has one log
    _tracer = tracer


def span(
    name: str,
    *,
    kind: Kind = "internal",
    carried: Mapping[str, str] | None = None,
    links: Sequence[object] = (),
    attributes: Mapping[str, Value] | None = None,
) -> AbstractContextManager[Span]:
    """A block as a span: ``carried`` are the headers of whoever asks, ``links`` come from ``here``."""
    if _tracer is None:
        return _NOTHING
    return _tracer.span(name, kind, carried or {}, links, attributes or {})


def here() -> object | None:
    """What a link to the span at hand is made of; None where there is none."""
    return None if _tracer is None else _tracer.here()


def mark(name: str, values: Iterable[object]) -> None:
    """Say of the span at hand, if there is one, which things it is about; of many, the first ones."""
    if _tracer is not None:
        _tracer.current().set({name: [str(value) for value in islice(values, MOST_IDS)]})


def trace_of(traceparent: str | None) -> str | None:
    """The id of the trace that a ``traceparent`` names; None for one that is not well-formed."""
    found = _TRACEPARENT.fullmatch(traceparent or "")
    if found is None or found[1] == "ff" or (found[1] == "00" and found[5]):
        return None
    return found[2] if found[2].strip("0") and found[3].strip("0") else None
