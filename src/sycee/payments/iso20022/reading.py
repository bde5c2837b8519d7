"""Reading an ISO 20022 message from bytes that anybody may have written.

XML is parsed with every door shut: no document type, no entities, no network, libxml2's
limits on depth and size of a node left on. ISO 20022 is written in UTF-8, so any other
encoding is refused before the parser sees it; that also closes the tricks played with
encodings. What is wrong is said with line and column, never with a stack trace.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, NamedTuple

from lxml import etree

from sycee.kernel.errors import PayloadTooLarge
from sycee.payments.iso20022.errors import (
    ForbiddenXml,
    InvalidMessage,
    MalformedXml,
    UnsupportedMessage,
    WrongEncoding,
)
from sycee.payments.iso20022.schemas import NAMESPACE, schema

MAX_MESSAGE_BYTES = 64 * 1024 * 1024

SHUT: dict[str, Any] = {
    "encoding": "utf-8",
    "resolve_entities": False,
    "load_dtd": False,
    "dtd_validation": False,
    "no_network": True,
    "huge_tree": False,
    "recover": False,
    "remove_comments": True,
    "remove_pis": True,
}
"""Options of every parser that is given a whole message."""

_UTF8_MARK = b"\xef\xbb\xbf"
_OTHER_MARKS = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"<\x00": "UTF-16",
    b"\x00<": "UTF-16",
    b"\x00\x00\x00<": "UTF-32",
}
_DECLARATION = re.compile(rb"<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_MESSAGE_NAME = re.compile(r"[a-z]{4}\.\d{3}\.\d{3}\.\d{2}")
_SPACE = b" \t\r\n"
_LIBXML_AFTERTHOUGHTS = re.compile(r"[\s,]*(use|try) XML_PARSE_HUGE( option)?|\s*, line \d+, column \d+$")
_RESOURCE_LIMIT = 114  # XML_ERR_RESOURCE_LIMIT of libxml2: depth, size of a node or of a name


class Message(NamedTuple):
    """A message that follows its schema: its name, and its lxml root element."""

    name: str
    root: Any

    def tag(self, name: str) -> str:
        """The qualified tag of an element of this message."""
        return f"{{{NAMESPACE}{self.name}}}{name}"


def read_message(data: bytes, supported: Collection[str], *, max_bytes: int = MAX_MESSAGE_BYTES) -> Message:
    """Parse and validate one message whose name (``pain.001.001.09``) is among supported.

    Raises PayloadTooLarge past max_bytes; MalformedXml, ForbiddenXml, WrongEncoding with line
    and column; UnsupportedMessage when it is another message; SchemaViolation with line and
    element when it does not follow its definition.
    """
    if len(data) > max_bytes:
        raise PayloadTooLarge(f"a message of {len(data)} bytes is over the limit of {max_bytes}")
    root = parse(data)
    name = message_name(root)
    if name is None or name not in supported:
        what = f"{name} is not among the messages taken here" if name else foreign(root)
        raise UnsupportedMessage(what, message=name, supported=sorted(supported))
    schema(name).check(root)
    return Message(name, root)


def parse(data: bytes) -> Any:
    """The root element (lxml) of an XML document in UTF-8 without a document type.

    Raises MalformedXml, ForbiddenXml or WrongEncoding.
    """
    body = _utf8(data)
    if not body.strip(_SPACE):
        raise MalformedXml("the document is empty", line=1, column=1)
    refuse_document_type(body)
    parser = etree.XMLParser(**SHUT)
    try:
        root: Any = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as problem:
        raise explained(problem) from None
    if root.getroottree().docinfo.doctype:  # cannot be: the prolog was read above
        raise ForbiddenXml("a document type is not taken in a message")
    return root


def message_name(root: Any) -> str | None:
    """The message a root element names, such as ``pain.001.001.09``; None when it names none."""
    qualified = etree.QName(root)
    namespace = qualified.namespace or ""
    name = namespace.removeprefix(NAMESPACE)
    if qualified.localname != "Document" or name == namespace or not _MESSAGE_NAME.fullmatch(name):
        return None
    return name


def foreign(root: Any) -> str:
    """The sentence for a root element that is no ISO 20022 document."""
    qualified = etree.QName(root)
    space = f" of namespace {qualified.namespace[:100]}" if qualified.namespace else " of no namespace"
    return f"element {qualified.localname[:60]}{space} is not the Document of an ISO 20022 message"


def _utf8(data: bytes) -> bytes:
    """The document without its byte order mark, known to be UTF-8. Raises WrongEncoding."""
    body = utf8_start(data)
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = body.count(b"\n", 0, problem.start) + 1
        raise wrong_byte(problem.start + len(data) - len(body), line) from None
    return body


def utf8_start(data: bytes) -> bytes:
    """The beginning of a document without its byte order mark, as far as that tells its encoding.

    Raises WrongEncoding for a mark or a declaration of another than UTF-8.
    """
    for mark, encoding in _OTHER_MARKS.items():
        if data.startswith(mark):
            raise WrongEncoding(f"the document is in {encoding}: ISO 20022 is written in UTF-8")
    body = data.removeprefix(_UTF8_MARK)
    declared = _DECLARATION.match(body)
    if declared and declared.group(1).upper() not in {b"UTF-8", b"UTF8", b"US-ASCII"}:
        name = declared.group(1).decode("ascii")
        raise WrongEncoding(f"the document declares {name}: ISO 20022 is written in UTF-8", declared=name)
    return body


def wrong_byte(at: int, line: int) -> WrongEncoding:
    """The error for a byte that is not UTF-8, by its place from 0 and its line from 1."""
    return WrongEncoding(f"byte {at} (line {line}) is not UTF-8", line=line, byte=at)


def refuse_document_type(body: bytes) -> None:
    """Raise ForbiddenXml when a document type stands before the root element.

    A document type can stand nowhere else, so walking over the declaration, comments and
    processing instructions finds it without parsing, before any entity could be expanded.
    """
    at = prolog_end(body)
    if body[at : at + 9].upper() == b"<!DOCTYPE":
        line = body.count(b"\n", 0, at) + 1
        raise ForbiddenXml("a document type (DTD, entities) is not taken in a message", line=line)


def prolog_end(body: bytes) -> int:
    """Where spaces, the declaration, comments and processing instructions at the beginning end."""
    at, end = 0, len(body)
    while at < end:
        if body[at] in _SPACE:
            at += 1
        elif body.startswith(b"<?", at):
            at = _past(body, b"?>", at)
        elif body.startswith(b"<!--", at):
            at = _past(body, b"-->", at + 4)
        else:
            break
    return at


def _past(body: bytes, close: bytes, start: int) -> int:
    found = body.find(close, start)
    return len(body) if found < 0 else found + len(close)


def explained(problem: Any) -> InvalidMessage:
    """libxml2's error, with line and column, as one of ours."""
    line, column = (problem.lineno or 1), (problem.offset or 0) + 1
    text = _LIBXML_AFTERTHOUGHTS.sub("", problem.msg or "")
    kind = ForbiddenXml if problem.code == _RESOURCE_LIMIT else MalformedXml
    return kind(f"line {line}, column {column}: {text.strip()[:300]}", line=line, column=column)
