"""What can be wrong with an ISO 20022 message as a piece of writing.

Whether a payment may be made is another matter, and is answered per instruction.

    InvalidMessage            400
    ├── MalformedXml          not XML, empty, or cut off
    ├── ForbiddenXml          XML with a document type, entities or excessive nesting
    ├── WrongEncoding         not UTF-8
    └── SchemaViolation       well-formed, but not what the message definition allows
    UnsupportedMessage  415   a message, or a version of one, that is not spoken here
    UnwritableMessage   500   a message of ours that its own schema refuses: a defect
"""

from __future__ import annotations

from sycee.kernel.errors import InvalidInput, SyceeError, UnsupportedMedia


class InvalidMessage(InvalidInput):
    """The message cannot be read"""

    code = "invalid_message"


class MalformedXml(InvalidMessage):
    """The message is not well-formed XML"""

    code = "malformed_xml"


class ForbiddenXml(InvalidMessage):
    """The message uses a feature of XML that is refused here"""

    code = "forbidden_xml"


class WrongEncoding(InvalidMessage):
    """The message is not written in UTF-8"""

    code = "wrong_encoding"


class SchemaViolation(InvalidMessage):
    """The message does not follow its schema"""

    code = "xml_schema_violation"


class UnsupportedMessage(UnsupportedMedia):
    """That message is not supported"""

    code = "unsupported_message"


class UnwritableMessage(SyceeError):
    """A message of this bank does not follow its schema"""

    code = "unwritable_message"
