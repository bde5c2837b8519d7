"""Payment files: pain.001 in, pain.002 out."""

from __future__ import annotations

from litestar import get, post
from litestar.response.base import ASGIResponse

import msgspec

from sycee import payments
from sycee.api import conversions, examples
from sycee.api.bodies import AnyRequest, need_content_type, read_body, read_uuid
from sycee.api.edge import answer, edge_of
from sycee.api.errors import InvalidIdentifier
from sycee.api.formats import negotiate
from sycee.api.idempotency import Answer, once
from sycee.api.operations import JSON, XML, describe
from sycee.api.schemas.payment_files import PaymentFile
from sycee.database import Transaction
from sycee.identity import Scope

_PAIN001 = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09">'
    "<CstmrCdtTrfInitn>…</CstmrCdtTrfInitn></Document>"
)
_PAIN002 = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.12">'
    "<CstmrPmtStsRpt>…</CstmrPmtStsRpt></Document>"
)

HANDLERS: list = []
