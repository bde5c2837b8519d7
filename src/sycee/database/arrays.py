"""Array parameters that are cheap to send: lists as PostgreSQL's own binary arrays.

A set-wise command hands its list over as a few arrays of ten thousand elements, and psycopg's
general list adapter dumps them one element after another. The wrappers here know their element
type, so a whole array is packed in one or two calls::

    await tx.execute(query, (UuidArray(ids), Int8Array(amounts), TextArray(references)))

Each wraps a sequence, one dimension, in which ``None`` stands for NULL. They are only for
parameters; results come back through psycopg's ordinary loaders.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import ClassVar, Generic, TypeVar
from uuid import UUID

from psycopg import DataError
from psycopg.abc import AdaptContext
from psycopg.adapt import AdaptersMap, Dumper
from psycopg.postgres import types
from psycopg.pq import Format
from psycopg.types import TypeInfo

__all__ = [
    "DateArray",
    "Int2Array",
    "Int4Array",
    "Int8Array",
    "TextArray",
    "TimestamptzArray",
    "UuidArray",
    "register",
]

_pack_header = struct.Struct("!iiIii").pack  # dimensions, has NULLs, element type, length, lower bound
_pack_empty = struct.Struct("!iiI").pack
_pack_length = struct.Struct("!i").pack
_NULL = b"\xff\xff\xff\xff"  # a length of -1 stands for NULL
_UUID_LENGTH = _pack_length(16)
_DAYS_TO_2000 = date(2000, 1, 1).toordinal()
_INSTANT_2000 = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


T = TypeVar("T")


class _Array(Generic[T]):
    """A sequence marked with the PostgreSQL type of its elements."""

    __slots__ = ("values",)

    def __init__(self, values: Sequence[T | None]) -> None:
        self.values = values


class Int2Array(_Array[int]):
    """``smallint[]``"""

    __slots__ = ()


class Int4Array(_Array[int]):
    """``integer[]``"""

    __slots__ = ()


class Int8Array(_Array[int]):
    """``bigint[]``"""

    __slots__ = ()


class UuidArray(_Array[UUID]):
    """``uuid[]``"""

    __slots__ = ()


class TextArray(_Array[str]):
    """``text[]``"""

    __slots__ = ()


class DateArray(_Array[date]):
    """``date[]``"""

    __slots__ = ()


class TimestamptzArray(_Array[datetime]):
    """``timestamptz[]``, of aware datetimes"""

    __slots__ = ()


class _ArrayDumper(Dumper, Generic[T]):
    """Writes the frame of an array; subclasses write its elements, each with its length before it."""

    format = Format.BINARY
    element: ClassVar[TypeInfo]

    def __init__(self, cls: type, context: AdaptContext | None = None) -> None:
        super().__init__(cls, context)
        # On the instance only: a class with a type of its own would become psycopg's dumper of lists too.
        self.oid = self.element.array_oid

    def elements(self, values: Sequence[T]) -> bytes:
        """The elements of an array that is not empty and has no NULL in it."""
        raise NotImplementedError

    def elements_or_null(self, values: Sequence[T | None]) -> bytes:
        """The elements of an array that may have NULLs in it."""
        raise NotImplementedError

    def dump(self, obj: _Array[T]) -> bytes:
        values = obj.values
        if not values:
            return _pack_empty(0, 0, self.element.oid)
        nulls = None in values
        try:
            body = self.elements_or_null(values) if nulls else self.elements(values)  # type: ignore[arg-type]
        except (struct.error, AttributeError, TypeError, UnicodeEncodeError) as error:
            raise DataError(f"an element does not fit {type(obj).__doc__}: {error}") from error
        return _pack_header(1, nulls, self.element.oid, len(values), 1) + body


@lru_cache(maxsize=32)
def _interleaved(code: str, count: int) -> struct.Struct:
    """A layout of ``count`` pairs of length and integer; batches are often of the same size."""
    return struct.Struct("!" + ("i" + code) * count)


class _IntegersDumper(_ArrayDumper[int]):
    """Integers of one width, packed in a single call: ten thousand take a quarter of a millisecond."""

    code: ClassVar[str]
    width: ClassVar[int]

    def elements(self, values: Sequence[int]) -> bytes:
        count = len(values)
        flat = [self.width] * (2 * count)
        flat[1::2] = values
        return _interleaved(self.code, count).pack(*flat)

    def elements_or_null(self, values: Sequence[int | None]) -> bytes:
        pack, width = _interleaved(self.code, 1).pack, self.width
        return b"".join([_NULL if value is None else pack(width, value) for value in values])


class _Int2ArrayDumper(_IntegersDumper):
    code, width = "h", 2
    element = types["int2"]


class _Int4ArrayDumper(_IntegersDumper):
    code, width = "i", 4
    element = types["int4"]


class _Int8ArrayDumper(_IntegersDumper):
    code, width = "q", 8
    element = types["int8"]


class _UuidArrayDumper(_ArrayDumper[UUID]):
    element = types["uuid"]

    def elements(self, values: Sequence[UUID]) -> bytes:
        return _UUID_LENGTH + _UUID_LENGTH.join([value.int.to_bytes(16, "big") for value in values])

    def elements_or_null(self, values: Sequence[UUID | None]) -> bytes:
        length = _UUID_LENGTH
        return b"".join(
            [_NULL if value is None else length + value.int.to_bytes(16, "big") for value in values]
        )


class _TextArrayDumper(_ArrayDumper[str]):
    element = types["text"]

    def elements(self, values: Sequence[str]) -> bytes:
        # Sycee's databases are UTF-8 and so is the client side of every connection it opens.
        # The server refuses what it could not keep (a NUL character).
        encoded = list(map(str.encode, values))
        flat = [b""] * (2 * len(encoded))
        flat[::2] = map(_pack_length, map(len, encoded))
        flat[1::2] = encoded
        return b"".join(flat)

    def elements_or_null(self, values: Sequence[str | None]) -> bytes:
        parts = []
        for value in values:
            if value is None:
                parts.append(_NULL)
            else:
                encoded = value.encode()
                parts.append(_pack_length(len(encoded)))
                parts.append(encoded)
        return b"".join(parts)


class _DateArrayDumper(_ArrayDumper[date]):
    element = types["date"]

    def elements(self, values: Sequence[date]) -> bytes:
        count = len(values)
        flat = [4] * (2 * count)
        flat[1::2] = [value.toordinal() - _DAYS_TO_2000 for value in values]
        return _interleaved("i", count).pack(*flat)

    def elements_or_null(self, values: Sequence[date | None]) -> bytes:
        pack = _interleaved("i", 1).pack
        return b"".join(
            [_NULL if value is None else pack(4, value.toordinal() - _DAYS_TO_2000) for value in values]
        )


def _micros_since_2000(instant: datetime) -> int:
    return (instant - _INSTANT_2000) // _MICROSECOND


class _TimestamptzArrayDumper(_ArrayDumper[datetime]):
    element = types["timestamptz"]

    def elements(self, values: Sequence[datetime]) -> bytes:
        count = len(values)
        flat = [8] * (2 * count)
        flat[1::2] = map(_micros_since_2000, values)
        return _interleaved("q", count).pack(*flat)

    def elements_or_null(self, values: Sequence[datetime | None]) -> bytes:
        pack = _interleaved("q", 1).pack
        return b"".join([_NULL if value is None else pack(8, _micros_since_2000(value)) for value in values])


def register(adapters: AdaptersMap) -> None:
    """Teach a psycopg adapters map (``psycopg.adapters`` for all connections) the array wrappers."""
    adapters.register_dumper(Int2Array, _Int2ArrayDumper)
    adapters.register_dumper(Int4Array, _Int4ArrayDumper)
    adapters.register_dumper(Int8Array, _Int8ArrayDumper)
    adapters.register_dumper(UuidArray, _UuidArrayDumper)
    adapters.register_dumper(TextArray, _TextArrayDumper)
    adapters.register_dumper(DateArray, _DateArrayDumper)
    adapters.register_dumper(TimestamptzArray, _TimestamptzArrayDumper)
