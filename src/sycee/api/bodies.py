"""Reading what a request carries: bounded bodies, strict JSON, query parameters.

msgspec decodes straight into the wire structs. What it lets pass and we do not: an object that names
a key twice (two readers could see two different amounts), and NUL characters (PostgreSQL keeps none).
"""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from typing import Any, NoReturn, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
from litestar import Request

from sycee.api.errors import (
    BodyTooLarge,
    BodyTooSlow,
    DateOutOfRange,
    DuplicateKey,
    ForbiddenCharacter,
    InvalidIdentifier,
    InvalidParameter,
    MalformedJson,
    SchemaViolation,
    UnsupportedContentType,
)
from sycee.api.schemas.common import FieldProblem
from sycee.kernel.ending import within
from sycee.kernel.errors import Unavailable

AnyRequest = Request[Any, Any, Any]
Shape = TypeVar("Shape", bound=msgspec.Struct)

FIRST_YEAR, LAST_YEAR = 1900, 2999
_AT = re.compile(r" - at `(.+)`$")
_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[([0-9]+|\.\.\.)\]")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_MOST_PARAMETERS = 50
BODY_WITHIN_S = 60.0
"""How long a body that is held in memory is waited for, whoever sends it and however slowly."""


async def read_body(request: AnyRequest, limit: int) -> bytes:
    """The whole body. Raises BodyTooLarge past ``limit`` bytes, without reading on; BodyTooSlow."""
    try:
        async with within(BODY_WITHIN_S):
            return await _read_body(request, limit)
    except TimeoutError:
        raise BodyTooSlow(f"the body did not arrive within {BODY_WITHIN_S:g} seconds") from None


async def _read_body(request: AnyRequest, limit: int) -> bytes:
    announced = request.headers.get("content-length")
    if announced is not None and announced.isdigit() and int(announced[:20]) > limit:
        raise BodyTooLarge(f"the body has {announced[:20]} bytes; at most {limit} are read", limit=limit)
    chunks: list[bytes] = []
    total = 0
    while True:
        event: Any = await request.receive()
        if event["type"] == "http.disconnect":
            raise Unavailable("the client went away before the whole body had arrived")
        chunk = event["body"]
        total += len(chunk)
        if total > limit:
            raise BodyTooLarge(f"the body has more than {limit} bytes", limit=limit)
        chunks.append(chunk)
        if not event.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def need_content_type(request: AnyRequest, *accepted: str) -> str:
    """The media type of the body, one of ``accepted``. Raises UnsupportedContentType.

    JSON is UTF-8 by definition (RFC 8259), so another charset is refused rather than guessed at. XML
    names its encoding itself.
    """
    header = request.headers.get("content-type", "")
    if header == accepted[0]:
        return header
    media, _, parameters = header.partition(";")
    media = media.strip().lower()
    if media not in accepted:
        found = f"{media[:80]!r} is sent" if media else "no Content-Type is sent"
        raise UnsupportedContentType(
            f"{found} where {' or '.join(accepted)} is read", accepted=list(accepted)
        )
    if media.endswith("json"):
        for parameter in parameters.split(";"):
            name, _, value = parameter.partition("=")
            charset = value.strip().strip('"').lower()
            if name.strip().lower() == "charset" and charset not in ("utf-8", "utf8"):
                raise UnsupportedContentType(f"JSON is read as UTF-8, not as {charset[:40]!r}")
    return media


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise DuplicateKey(f"an object names the key {key[:80]!r} twice")
            seen.add(key)
    return found


_unique_keys = json.JSONDecoder(object_pairs_hook=_unique)


def decode_json(body: bytes, decoder: msgspec.json.Decoder[Shape]) -> Shape:
    """The struct that a JSON body holds.

    Raises MalformedJson, SchemaViolation (with the place in ``errors``), DuplicateKey, ForbiddenCharacter.
    """
    try:
        found = decoder.decode(body)
    except msgspec.ValidationError as error:
        _refuse_shape(str(error))
    except msgspec.DecodeError as error:
        raise MalformedJson(f"{error}" if body else "the body is empty; JSON is expected") from None
    except UnicodeDecodeError as error:
        raise MalformedJson(f"the body is not UTF-8: byte {error.start} has no meaning there") from None
    except RecursionError:
        raise MalformedJson("the body is nested too deeply") from None
    _unique_keys.decode(body.decode())
    if b"\\u0000" in body:
        refuse_nul(found)
    return found


def refuse_nul(value: Any) -> None:
    """Raise ForbiddenCharacter when any text inside holds U+0000, which PostgreSQL cannot keep."""
    if isinstance(value, str) and "\x00" in value:
        raise ForbiddenCharacter("a text holds the character U+0000, which cannot be kept")
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            refuse_nul(getattr(value, name))
    elif isinstance(value, msgspec.Raw):
        refuse_nul(msgspec.json.decode(value))
    elif isinstance(value, dict):
        refuse_nul([*value, *value.values()])
    elif isinstance(value, list):
        for item in value:
            refuse_nul(item)


def _refuse_shape(message: str) -> NoReturn:
    """Turn msgspec's sentence into a problem with a JSON pointer."""
    found = _AT.search(message)
    what = message[: found.start()] if found else message
    steps = _STEP.findall(found[1]) if found else []
    pointer = "".join(f"/{name or index}" for name, index in steps)
    what = what.replace("`", "'")
    if what.startswith("Expected 'str"):
        if pointer.endswith("/value"):
            what = (
                'an amount\'s value is expected as a string, such as "1234.56": '
                "JSON numbers are floats to many programs and lose digits"
            )
        elif pointer.endswith(("/debit", "/credit", "/number")):
            what = "an account number is expected as a string of 18 digits: a JSON number loses digits"
    elif what.startswith("Expected 'object") and pointer.endswith(("/amount", "/floor")):
        what = 'an amount is expected as an object: {"currency": "CNY", "value": "1234.56"}'
    what = what[0].lower() + what[1:]
    place = f" (at {pointer})" if pointer else ""
    raise SchemaViolation(
        what + place, errors=[FieldProblem(pointer=pointer, code=SchemaViolation.code, detail=what)]
    )


def read_query(request: AnyRequest, shape: type[Shape]) -> Shape:
    """The query parameters as a struct. Raises InvalidParameter naming what is wrong with which."""
    raw: bytes = request.scope["query_string"]
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_PARAMETERS,
        )
    except ValueError as error:
        raise InvalidParameter(f"the query string cannot be read: {error}") from None
    values = dict(pairs)
    if len(values) != len(pairs):
        raise InvalidParameter("a query parameter is given twice")
    for name, value in pairs:
        if "\x00" in name + value:
            raise ForbiddenCharacter(f"the parameter {name[:40]!r} holds the character U+0000")
        if value == "null":  # msgspec would take it for None
            raise InvalidParameter(f"the parameter {name[:40]!r} is null; leave it out instead")
    try:
        return msgspec.convert(values, shape, strict=False)
    except msgspec.ValidationError as error:
        found = _AT.search(str(error))
        what = str(error)[: found.start()] if found else str(error)
        where = f"{found[1].removeprefix('$.')}: " if found else ""
        raise InvalidParameter(where + what.replace("`", "'")) from None


def read_uuid(text: str) -> UUID:
    """A UUID from a path. Raises InvalidIdentifier."""
    if not _UUID.fullmatch(text):
        raise InvalidIdentifier(f"{text[:60]!r} is not a UUID")
    return UUID(text)


def read_date(text: str) -> date:
    """A date from a path. Raises InvalidParameter, DateOutOfRange."""
    try:
        day = msgspec.convert(text, date)
    except msgspec.ValidationError:
        raise InvalidParameter(f"{text[:20]!r} is not a date: write it as 2026-03-31") from None
    sane_date(day, "the date")
    return day


def sane_date(value: date | None, name: str) -> None:
    """Raise DateOutOfRange for a date (or instant) before 1900 or after 2999."""
    if value is not None and not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise DateOutOfRange(f"{name} is in the year {value.year}; {FIRST_YEAR} to {LAST_YEAR} are kept")


def read_moment(text: str) -> datetime | date:
    """An aware instant ("2026-03-31T23:59:59+08:00") or a business date ("2026-03-31").

    A space is taken for the ``+`` of an offset that was not percent-encoded. Raises InvalidParameter.
    """
    try:
        moment: datetime | date
        if len(text) == 10:
            moment = msgspec.convert(text, date)
        else:
            moment = msgspec.convert(text.replace(" ", "+"), datetime)
            if moment.tzinfo is None:
                raise InvalidParameter(f"{text[:40]!r} has no offset from UTC; end it in Z or +08:00")
    except msgspec.ValidationError:
        raise InvalidParameter(
            f"{text[:40]!r} is neither an RFC 3339 instant nor a business date (YYYY-MM-DD)"
        ) from None
    sane_date(moment, "at")
    return moment
