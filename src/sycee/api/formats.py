"""Which format an answer has: what the Accept header prefers among those that are spoken."""

from __future__ import annotations

from sycee.api.bodies import AnyRequest
from sycee.api.errors import NotAcceptable

_SAME = {"text/xml": "application/xml"}
_LONGEST_HEADER = 1000


def negotiate(request: AnyRequest, *spoken: str) -> str:
    """The media type to answer in; the first of ``spoken`` when the caller has no wish.

    Raises NotAcceptable when the Accept header names none of them.
    """
    header = request.headers.get("accept", "")[:_LONGEST_HEADER].strip()
    if not header:
        return spoken[0]
    best, best_quality = None, 0.0
    for part in header.split(","):
        media, _, parameters = part.partition(";")
        media = media.strip().lower()
        media = _SAME.get(media, media)
        quality = _quality(parameters)
        if quality > best_quality:
            found = next((one for one in spoken if _matches(media, one)), None)
            if found is not None:
                best, best_quality = found, quality
    if best is None:
        raise NotAcceptable(
            f"{header[:80]!r} is asked for; {' and '.join(spoken)} are spoken", spoken=list(spoken)
        )
    return best


def _matches(wish: str, media: str) -> bool:
    return wish in (media, "*/*", media.partition("/")[0] + "/*")


def _quality(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                quality = float(value)
            except ValueError:
                return 0.0
            return quality if 0.0 <= quality <= 1.0 else 0.0
    return 1.0
