"""Records and XML elements, both ways by one table: what is written at a path is read from it.

A layout lists, in the order of the schema, where each part of a record stands. Writing and reading walk
over the same list, so nothing that is written can be missed when it is read. The schema checks the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import msgspec
from lxml import etree

from sycee.kernel.money import Amount, exponent
from sycee.payments.iso20022.errors import InvalidMessage, UnwritableMessage
from sycee.payments.iso20022.writing import MessageWriter


class Codec(NamedTuple):
    """How a value is written into an element, and read from one."""

    write: Callable[[Any, Any], None]
    read: Callable[[Any], Any]


class Field(NamedTuple):
    """One value: the record's attribute, where it stands below its parent, how it is written."""

    path: str
    name: str
    codec: Codec


class Group(NamedTuple):
    """A record within a record. An optional one that says nothing is left out."""

    path: str
    name: str
    kind: type[msgspec.Struct]
    parts: Sequence[Part]
    optional: bool = False


class Many(NamedTuple):
    """A tuple of records, an element each; or of texts, when there is no kind."""

    path: str
    name: str
    kind: type[msgspec.Struct] | None = None
    parts: Sequence[Part] = ()


class Constant(NamedTuple):
    """What always stands there and says nothing."""

    path: str
    text: str


class Computed(NamedTuple):
    """A sum or a count of the record, written for others; one that contradicts the record is refused."""

    path: str
    codec: Codec
    compute: Callable[[Any], Any]


Part: TypeAlias = Field | Group | Many | Constant | Computed


class Layout(msgspec.Struct, frozen=True, dict=True):
    """How one message is written: its name, the element below Document, its record and its parts."""

    message: str
    body: str
    kind: type[msgspec.Struct]
    parts: Sequence[Part]

    @cached_property
    def prefix(self) -> str:
        """What stands before every local name."""
        return f"{{urn:iso:std:iso:20022:tech:xsd:{self.message}}}"

    def write(self, record: Any) -> bytes:
        """The record as XML, checked. Raises UnwritableMessage when the schema refuses it."""
        writer = MessageWriter(self.message)
        body = writer.add(writer.root, self.body)
        self._write(body, record, self.parts)
        return writer.finish()

    def read(self, root: Any) -> Any:
        """The record of a document that follows the schema. Raises InvalidMessage for contradictions."""
        return self._read(root.find(self.prefix + self.body), self.kind, self.parts)

    def _write(self, node: Any, record: Any, parts: Sequence[Part]) -> None:
        for part in parts:
            match part:
                case Constant():
                    self._place(node, part.path).text = part.text
                case Computed():
                    part.codec.write(self._place(node, part.path), part.compute(record))
                case Many():
                    self._write_many(node, getattr(record, part.name), part)
                case _:
                    self._write_one(node, getattr(record, part.name), part)

    def _write_one(self, node: Any, value: Any, part: Field | Group) -> None:
        if value is None:
            return
        if isinstance(part, Field):
            part.codec.write(self._place(node, part.path), value)
        elif not (part.optional and value == part.kind()):
            self._write(self._open(node, part.path), value, part.parts)

    def _write_many(self, node: Any, values: Sequence[Any], part: Many) -> None:
        for value in values:
            place = self._place(node, part.path)
            if part.kind is None:
                TEXT.write(place, value)
            else:
                self._write(place, value, part.parts)

    def _open(self, node: Any, path: str) -> Any:
        """The element at the path: the last one there is, or a new one."""
        for name in path.split("/") if path else ():
            tag = self.prefix + name
            node = node[-1] if len(node) and node[-1].tag == tag else etree.SubElement(node, tag)
        return node

    def _place(self, node: Any, path: str) -> Any:
        """A new element at the path, below elements that may be there."""
        above, _, name = path.rpartition("/")
        return etree.SubElement(self._open(node, above), self.prefix + name)

    def _read(self, node: Any, kind: type[msgspec.Struct], parts: Sequence[Part]) -> Any:
        values: dict[str, Any] = {}
        for part in parts:
            if isinstance(part, Many):
                values[part.name] = self._read_many(node, part)
            elif isinstance(part, Field | Group):
                self._read_one(node, kind, part, values)
        try:
            record = kind(**values)
        except TypeError as problem:  # an element that the schema leaves free and a rail does not
            raise InvalidMessage(f"line {node.sourceline}: {problem}", line=node.sourceline) from None
        for part in parts:
            if isinstance(part, Computed):
                self._require(node, part, record)
        return record

    def _read_one(
        self, node: Any, kind: type[msgspec.Struct], part: Field | Group, values: dict[str, Any]
    ) -> None:
        found = self._find(node, part.path)
        if isinstance(part, Field):
            if found is not None:
                values[part.name] = part.codec.read(found)
        elif found is not None:
            values[part.name] = self._read(found, part.kind, part.parts)
        elif any(field.name == part.name and field.required for field in msgspec.structs.fields(kind)):
            values[part.name] = part.kind()

    def _require(self, node: Any, part: Computed, record: Any) -> None:
        found = self._find(node, part.path)
        if found is not None and part.codec.read(found) != part.compute(record):
            raise InvalidMessage(
                f"{part.path} says {found.text}, and what follows comes to {part.compute(record)}",
                element=part.path,
            )

    def _read_many(self, node: Any, part: Many) -> tuple[Any, ...]:
        found = self._find_all(node, part.path)
        if part.kind is None:
            return tuple(item.text or "" for item in found)
        return tuple(self._read(item, part.kind, part.parts) for item in found)

    def _find(self, node: Any, path: str) -> Any:
        """The first element at the path, None without one. Stepping down is quicker than lxml's paths."""
        for tag in self._tags(path):
            node = next(node.iterchildren(tag), None)
            if node is None:
                return None
        return node

    def _find_all(self, node: Any, path: str) -> list[Any]:
        """Every element at the path, in order."""
        found = [node]
        for tag in self._tags(path):
            found = [child for parent in found for child in parent.iterchildren(tag)]
        return found

    def _tags(self, path: str) -> tuple[str, ...]:
        known = self._known.get(path)
        if known is None:
            known = tuple(self.prefix + name for name in path.split("/")) if path else ()
            self._known[path] = known
        return known

    @cached_property
    def _known(self) -> dict[str, tuple[str, ...]]:
        return {}


def _write_amount(node: Any, amount: Amount) -> None:
    node.text = amount.text()
    node.set("Ccy", amount.currency)


def _read_amount(node: Any) -> Amount:
    code, text = node.get("Ccy"), (node.text or "").strip()
    try:
        scaled = Decimal(text).scaleb(exponent(code))
    except InvalidOperation:  # cannot be: the schema takes decimals only
        raise InvalidMessage(f"{text!r} is no amount") from None
    if scaled != scaled.to_integral_value():
        raise InvalidMessage(
            f"line {node.sourceline}: {text} has more decimals than {code} has", line=node.sourceline
        )
    return Amount(int(scaled), code)


def _write_text(node: Any, value: str) -> None:
    try:
        node.text = value
    except ValueError:
        raise UnwritableMessage(f"{value[:60]!r} has characters that XML cannot carry") from None


def _write_date(node: Any, value: date) -> None:
    node.text = value.isoformat()


def _read_date(node: Any) -> date:
    read: date = _calendar(node, lambda text: date.fromisoformat(text[:10]))
    return read


def _write_instant(node: Any, value: datetime) -> None:
    node.text = value.astimezone(UTC).isoformat()


def _read_instant(node: Any) -> datetime:
    read: datetime = _calendar(node, datetime.fromisoformat)
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)


def _calendar(node: Any, read: Callable[[str], Any]) -> Any:
    """A date or an instant; XML Schema knows years before 1 and after 9999, which no bank does."""
    try:
        return read((node.text or "").strip())
    except ValueError:
        raise InvalidMessage(
            f"line {node.sourceline}: {node.text!r} is not a date of the calendar", line=node.sourceline
        ) from None


def _write_number(node: Any, value: int) -> None:
    node.text = str(value)


TEXT = Codec(_write_text, lambda node: node.text or "")
NUMBER = Codec(_write_number, lambda node: int(node.text))
AMOUNT = Codec(_write_amount, _read_amount)
DATE = Codec(_write_date, _read_date)
INSTANT = Codec(_write_instant, _read_instant)
UETR = Codec(lambda node, value: _write_text(node, str(value)), lambda node: UUID(node.text))
