"""Reading a message as a stream: a file of any length in the memory that one of its items takes.

The schema is applied while the parser reads, every door of XML shut as in ``reading``. What is found is
handed on as it is met, so whoever takes it must do nothing that cannot be taken back before the stream has
ended without an exception: the last line may be the one that is wrong.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Collection, Iterator
from io import SEEK_SET
from typing import Any, BinaryIO, Protocol, TypeVar

from lxml import etree

from sycee.payments.iso20022.errors import ForbiddenXml, InvalidMessage, MalformedXml, UnsupportedMessage
from sycee.payments.iso20022.reading import (
    SHUT,
    Message,
    explained,
    foreign,
    message_name,
    prolog_end,
    refuse_document_type,
    utf8_start,
    wrong_byte,
)
from sycee.payments.iso20022.schemas import NAMESPACE, schema

CHUNK_BYTES = 64 * 1024
LONGEST_PROLOG = 64 * 1024
"""How much may stand before the root element."""

Found_co = TypeVar("Found_co", covariant=True)


class Taker(Protocol[Found_co]):
    """Takes one message apart as its elements end: the item, and the others that it is told of."""

    @property
    def item(self) -> str:
        """The local name of what repeats without end."""

    @property
    def others(self) -> tuple[str, ...]:
        """The local names of what it is told of besides."""

    @property
    def counted(self) -> int:
        """How many items have been met."""

    def met(self, name: str, element: Any) -> Iterator[Found_co]:
        """What follows from the end of an element; items are to be cut out of the tree."""

    def end(self) -> Found_co:
        """What follows from the end of the message."""


def stream_message(
    source: BinaryIO, supported: Collection[str], taker: Callable[[Message], Taker[Found_co]]
) -> Iterator[Found_co]:
    """What a message says, in its order; source is read from its beginning.

    Raises MalformedXml, ForbiddenXml, WrongEncoding, UnsupportedMessage, or SchemaViolation (facts: line,
    element, problem, and instruction: the number, from 1, of the item that it stands in or before). source
    is then read again to find the line, so it has to be seekable.
    """
    name = _message_of(_prolog(source), supported)
    message = Message(name, None)
    takes = taker(message)
    try:
        yield from _read(source, message, takes)
    except _Broken as broken:
        raise _diagnosed(source, message, takes.item, broken) from None


class _Broken(Exception):
    """The parser refused the chunk that begins at this byte."""

    def __init__(self, at: int, instruction: int) -> None:
        super().__init__(at)
        self.at = at
        self.instruction = instruction


def _read(source: BinaryIO, message: Message, taker: Taker[Found_co]) -> Iterator[Found_co]:
    document = message.tag("Document")
    names = {message.tag(name): name for name in (taker.item, *taker.others)}
    parser = _parser(message.name, [*names, document])
    ended = False
    for at, chunk in _chunks(source):
        try:
            parser.feed(chunk)
            refused = len(parser.feed_error_log) > 0
        except etree.XMLSyntaxError:
            refused = True
        if refused:
            raise _Broken(at, taker.counted + 1)
        for _, element in parser.read_events():
            if element.tag == document:
                ended = True
            else:
                yield from taker.met(names[element.tag], element)
    try:
        parser.close()
    except etree.XMLSyntaxError:
        raise _Broken(source.tell(), taker.counted + 1) from None
    if not ended:
        raise _Broken(source.tell(), taker.counted + 1)
    yield taker.end()


def _parser(message: str | None, tags: list[str]) -> Any:
    return etree.XMLPullParser(
        events=("end",),
        tag=tags,
        schema=schema(message).compiled if message else None,
        **SHUT,
    )


def _chunks(source: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The document from its beginning, known to be UTF-8, each chunk with where it stands in the source."""
    source.seek(0, SEEK_SET)
    decoder = codecs.getincrementaldecoder("utf-8")()
    at = 0
    while True:
        raw = source.read(CHUNK_BYTES)
        try:
            decoder.decode(raw, final=not raw)
        except UnicodeDecodeError as problem:
            # What the decoder kept of the chunk before stands in front of this one.
            wrong = at + problem.start - (len(problem.object) - len(raw))
            raise wrong_byte(wrong, _lines(source, wrong)) from None
        if not raw:
            return
        yield at, (utf8_start(raw) if at == 0 else raw)
        at += len(raw)


def _lines(source: BinaryIO, end: int) -> int:
    """The number of the line in which a byte of the source stands."""
    source.seek(0, SEEK_SET)
    lines, left = 1, end
    while left:
        raw = source.read(min(CHUNK_BYTES, left))
        lines += raw.count(b"\n")
        left -= len(raw)
    return lines


def _prolog(source: BinaryIO) -> bytes:
    """The document as far as its root element's first tag, with no document type in it."""
    source.seek(0, SEEK_SET)
    raw = source.read(LONGEST_PROLOG)
    start = utf8_start(raw)
    if not start.strip():
        raise MalformedXml("the document is empty", line=1, column=1)
    refuse_document_type(start)
    if prolog_end(start) >= len(start):
        detail = f"more than {LONGEST_PROLOG} bytes stand before the root element"
        raise ForbiddenXml(detail) if len(raw) == LONGEST_PROLOG else MalformedXml("there is no root element")
    return start


def _message_of(start: bytes, supported: Collection[str]) -> str:
    """The message that the root element names. Raises UnsupportedMessage, or MalformedXml."""
    parser: Any = etree.XMLPullParser(
        events=("start",), encoding="utf-8", resolve_entities=False, load_dtd=False, no_network=True
    )
    problem: etree.XMLSyntaxError | None = None
    try:
        parser.feed(start)
        parser.close()  # the parser looks ahead: the end of a short document makes it speak
    except etree.XMLSyntaxError as error:
        problem = error
    root = next((element for _, element in parser.read_events()), None)
    if root is None:
        raise explained(problem) if problem else MalformedXml("there is no root element", line=1, column=1)
    name = message_name(root)
    if name is None or name not in supported:
        what = f"{name} is not among the messages taken here" if name else foreign(root)
        raise UnsupportedMessage(what, message=name, supported=sorted(supported))
    return name


def _diagnosed(source: BinaryIO, message: Message, item: str, broken: _Broken) -> InvalidMessage:
    """What is wrong with the document, and where: with a schema the parser tells neither well.

    First whether it is well-formed, to the end of the chunk that was refused; then line by line which one
    the schema refuses.
    """
    name = message.name
    plain = _parser(None, [f"{{{NAMESPACE}{name}}}Nothing"])
    trees: Any = _parser(name, [message.tag(item)])
    line = 1
    found: InvalidMessage | None = None
    for at, chunk in _chunks(source):
        pieces = chunk.splitlines(keepends=True) if at == broken.at else [chunk]
        for piece in pieces:
            if found is None:
                found = _refusal(trees, name, piece, line, broken.instruction)
            line += piece.count(b"\n")
        try:
            plain.feed(chunk)
        except etree.XMLSyntaxError as problem:
            return explained(problem)
        if found is not None:
            return found
        for element in (element for _, element in trees.read_events()):
            element.getparent().remove(element)
    try:
        plain.close()
    except etree.XMLSyntaxError as problem:
        return explained(problem)
    return MalformedXml("the document is cut off", line=line, column=1)


def _refusal(parser: Any, name: str, piece: bytes, line: int, instruction: int) -> InvalidMessage | None:
    """What the schema says against a piece of the document, if anything."""
    try:
        parser.feed(piece)
    except etree.XMLSyntaxError:
        return (
            None
            if not len(parser.feed_error_log)
            else schema(name).violation(next(iter(parser.feed_error_log)), line, instruction)
        )
    entry = next(iter(parser.feed_error_log), None)
    return None if entry is None else schema(name).violation(entry, line, instruction)
