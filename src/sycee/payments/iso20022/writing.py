"""Writing an ISO 20022 message: elements in its namespace, texts that fit, and a check before it leaves.

Nothing is sent that its own schema refuses: ``finish`` validates and raises.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from lxml import etree

from sycee.payments.iso20022.errors import SchemaViolation, UnwritableMessage
from sycee.payments.iso20022.schemas import NAMESPACE, schema

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class MessageWriter:
    """One message under construction; root is its Document element."""

    def __init__(self, message: str) -> None:
        self.message = message
        self._prefix = f"{{{NAMESPACE}{message}}}"
        spaces: Any = {None: NAMESPACE + message}
        self.root: Any = etree.Element(self._prefix + "Document", nsmap=spaces)

    def add(self, parent: Any, path: str, text: str | None = None, **attributes: str) -> Any:
        """Add a chain of new elements (``"Dbtr/Pty/Nm"``) under parent; the last gets text and attributes.

        Returns the last element.
        """
        node = parent
        for name in path.split("/"):
            node = etree.SubElement(node, self._prefix + name)
        if text is not None:
            node.text = text
        for name, value in attributes.items():
            node.set(name, value)
        return node

    def add_text(self, parent: Any, path: str, text: str | None, limit: int) -> None:
        """Add a text of at most limit characters; nothing when there is no text to add."""
        fitting = fit(text, limit)
        if fitting:
            self.add(parent, path, fitting)

    def finish(self) -> bytes:
        """The message in UTF-8, validated. Raises UnwritableMessage when its schema refuses it."""
        written = etree.tostring(self.root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
        try:
            schema(self.message).check(self.root)
        except SchemaViolation as problem:
            raise UnwritableMessage(problem.detail, **problem.facts) from None
        return bytes(written)


def fit(text: str | None, limit: int) -> str:
    """The text on one line, without characters XML cannot carry, cut at limit characters; may be empty."""
    return " ".join(_NOT_XML.sub("?", text or "").split())[:limit].rstrip()


def instant(moment: datetime) -> str:
    """An instant as ISO 20022 writes it: UTC, to the second, with the offset."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
