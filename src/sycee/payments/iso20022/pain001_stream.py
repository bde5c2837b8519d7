"""Reading pain.001 as a stream: a file of any length in the memory that one instruction takes.

The schema is applied while the parser reads, every door of XML shut as in ``reading``. What is found is
handed on as it is met, so whoever takes it must do nothing that cannot be taken back before the stream has
ended without an exception: the last line may be the one that is wrong.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from decimal import Decimal
from io import SEEK_SET
from typing import Any, BinaryIO, TypeAlias

import msgspec
from lxml import etree

from sycee.payments.iso20022.errors import ForbiddenXml, InvalidMessage, MalformedXml, UnsupportedMessage
from sycee.payments.iso20022.messages import Party, PaymentBatch, PaymentInstruction
from sycee.payments.iso20022.pain001 import Walker, decimal, group_contradiction, party, read_batch
from sycee.payments.iso20022.reading import (
    Message,
    explained,
    foreign,
    message_name,
    prolog_end,
    refuse_document_type,
    utf8_start,
    wrong_byte,
)
from sycee.payments.iso20022.reasons import Fault
from sycee.payments.iso20022.schemas import NAMESPACE, PAIN001_MESSAGES, schema

CHUNK_BYTES = 64 * 1024
LONGEST_PROLOG = 64 * 1024
"""How much may stand before the root element."""


class StreamHeader(msgspec.Struct, frozen=True):
    """The group header: what the file says of itself before anything has been counted."""

    message: str
    message_id: str
    created_at: str
    initiating_party: Party
    number_of_transactions: int
    control_sum: Decimal | None


class BatchBegins(msgspec.Struct, frozen=True):
    """A payment information block begins; what is counted and summed in it is not known yet."""

    index: int
    batch: PaymentBatch


class BatchEnds(msgspec.Struct, frozen=True):
    """A payment information block has ended: counted, summed, and its fault when that is not as announced."""

    index: int
    counted: int
    summed: Decimal
    fault: Fault | None


class StreamEnds(msgspec.Struct, frozen=True):
    """The message has ended well: counted, summed, and the fault when that is not as announced."""

    counted: int
    summed: Decimal
    fault: Fault | None


Found: TypeAlias = StreamHeader | BatchBegins | PaymentInstruction | BatchEnds | StreamEnds


def stream_payment_file(source: BinaryIO) -> Iterator[Found]:
    """What a pain.001 file says, in its order, the last a StreamEnds; source is read from its beginning.

    Raises MalformedXml, ForbiddenXml, WrongEncoding, UnsupportedMessage, or SchemaViolation (facts: line,
    element, problem, and instruction: the number, from 1, of the one that it stands in or before). source
    is then read again to find the line, so it has to be seekable.
    """
    start = _prolog(source)
    name = _message_of(start)
    reader = _Reader(Message(name, None))
    try:
        yield from reader.read(source)
    except _Broken as broken:
        raise _diagnosed(source, name, broken) from None


class _Broken(Exception):
    """The parser refused the chunk that begins at this byte."""

    def __init__(self, at: int, instruction: int) -> None:
        super().__init__(at)
        self.at = at
        self.instruction = instruction


class _Reader:
    """Reads one file; holds the sums."""

    def __init__(self, message: Message) -> None:
        self._message = message
        self._walker = Walker(message)
        self._item, self._block = message.tag("CdtTrfTxInf"), message.tag("PmtInf")
        self._header, self._document = message.tag("GrpHdr"), message.tag("Document")
        self._announced = 0
        self._control_sum: Decimal | None = None
        self._batch: PaymentBatch | None = None
        self._said: dict[str, str | None] = {}
        self._index = self._counted = self._in_batch = 0
        self._summed = self._batch_sum = Decimal(0)
        self._ended = False

    def read(self, source: BinaryIO) -> Iterator[Found]:
        parser = _parser(self._message.name, [self._item, self._block, self._header, self._document])
        for at, chunk in _chunks(source):
            try:
                parser.feed(chunk)
                refused = len(parser.feed_error_log) > 0
            except etree.XMLSyntaxError:
                refused = True
            if refused:
                raise _Broken(at, self._counted + 1)
            for _, element in parser.read_events():
                yield from self._met(element)
        try:
            parser.close()
        except etree.XMLSyntaxError:
            raise _Broken(source.tell(), self._counted + 1) from None
        if not self._ended:
            raise _Broken(source.tell(), self._counted + 1)
        fault = group_contradiction(self._announced, self._control_sum, self._counted, self._summed)
        yield StreamEnds(self._counted, self._summed, fault)

    def _met(self, element: Any) -> Iterator[Found]:
        """What follows from the end of an element; it is cut out of the tree, which so stays small."""
        if element.tag == self._item:
            parent = element.getparent()
            if self._batch is None:
                self._said = self._walker.said(parent, without="CdtTrfTxInf")
                self._batch = read_batch(self._said, 0, Decimal(0))
                yield BatchBegins(self._index, self._batch)
            item = self._walker.instruction(element, self._batch.method, self._index, self._counted)
            self._counted += 1
            self._in_batch += 1
            self._batch_sum += Decimal(item.amount_text)
            parent.remove(element)
            yield item
        elif element.tag == self._block:
            batch = read_batch(self._said, self._in_batch, self._batch_sum)
            yield BatchEnds(self._index, batch.counted, batch.summed, batch.fault)
            self._summed += self._batch_sum
            self._index, self._in_batch, self._batch_sum, self._batch = self._index + 1, 0, Decimal(0), None
            element.getparent().remove(element)
        elif element.tag == self._header:
            yield self._head(self._walker.said(element))
        else:
            self._ended = True

    def _head(self, said: dict[str, str | None]) -> StreamHeader:
        self._announced = int(said.get("NbOfTxs") or 0)
        self._control_sum = decimal(said.get("CtrlSum"))
        return StreamHeader(
            message=self._message.name,
            message_id=said.get("MsgId") or "",
            created_at=said.get("CreDtTm") or "",
            initiating_party=party(said, "InitgPty"),
            number_of_transactions=self._announced,
            control_sum=self._control_sum,
        )


def _parser(message: str | None, tags: list[str]) -> Any:
    return etree.XMLPullParser(
        events=("end",),
        tag=tags,
        schema=schema(message).compiled if message else None,
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        remove_comments=True,
        remove_pis=True,
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


def _message_of(start: bytes) -> str:
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
    if name is None or name not in PAIN001_MESSAGES:
        what = f"{name} is not among the messages taken here" if name else foreign(root)
        raise UnsupportedMessage(what, message=name, supported=sorted(PAIN001_MESSAGES))
    return name


def _diagnosed(source: BinaryIO, name: str, broken: _Broken) -> InvalidMessage:
    """What is wrong with the document, and where: with a schema the parser tells neither well.

    First whether it is well-formed, to the end of the chunk that was refused; then line by line which one
    the schema refuses.
    """
    plain = _parser(None, [f"{{{NAMESPACE}{name}}}Nothing"])
    trees: Any = _parser(name, [f"{{{NAMESPACE}{name}}}CdtTrfTxInf"])
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
