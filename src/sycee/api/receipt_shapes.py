"""Receipts as the wire shows them, and what the examples of the OpenAPI document say of them."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any, Literal, cast

from sycee import operations
from sycee.api.examples import money
from sycee.api.schemas import receipts as wire
from sycee.api.schemas.common import EXAMPLE_PAYEE, EXAMPLE_PAYER, EXAMPLE_TRANSFER, Money
from sycee.ledger import PublicKeys


def receipt(found: operations.Receipt) -> wire.Receipt:
    """A receipt as the wire shows it."""
    content = found.content
    renminbi = content.currency == "CNY"
    return wire.Receipt(
        number=content.number,
        code=operations.written_code(content.code),
        account=content.account,
        side=cast("Literal['debit', 'credit']", content.side),
        reversal=content.reversal,
        payer=party(content.payer),
        payee=party(content.payee),
        amount=Money(content.currency, content.amount),
        capitals=operations.capitals(int(Decimal(content.amount) * 100)) if renminbi else None,
        business_date=content.business_date,
        value_date=content.value_date,
        booked_at=content.booked_at,
        transfer=content.transfer,
        cell=content.cell,
        position=content.position,
        reference=content.reference,
        description=content.description,
        end_to_end_id=content.end_to_end_id,
        remittance=content.remittance,
        sha256=found.sha256,
        issued_at=found.issued_at,
        prints=found.prints,
    )


def party(found: operations.ReceiptParty) -> wire.ReceiptParty:
    """A side of a receipt as the wire shows it."""
    return wire.ReceiptParty(account=found.account, name=found.name, local_name=found.local_name)


def signature(number: str, paper: operations.ReceiptPaper) -> wire.ReceiptSignature:
    """The signatures of a paper as the wire shows them."""
    return wire.ReceiptSignature(
        number=number,
        pdf_sha256=paper.sha256,
        key=paper.key_id,
        ed25519=base64.b64encode(paper.ed25519).decode(),
        ml_dsa_65=base64.b64encode(paper.ml_dsa_65).decode(),
    )


def seal_key(keys: PublicKeys) -> wire.SealKey:
    """Public keys as the wire shows them."""
    ed25519, ml_dsa_65 = keys.pem()
    return wire.SealKey(id=keys.id, ed25519=ed25519, ml_dsa_65=ml_dsa_65)


def verification(found: operations.Verification) -> wire.ReceiptVerification:
    """What a stranger is told, as the wire shows it."""
    return wire.ReceiptVerification(
        authentic=True,
        number=found.number,
        amount=Money(found.currency, found.amount),
        business_date=found.business_date,
        booked_at=found.booked_at,
        payer=party(found.payer),
        payee=party(found.payee),
        state=found.state,
        pdf_sha256=found.pdf_sha256,
    )


EXAMPLE_RECEIPT = "1012026033100000000424"
_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_BOOKED = "2026-03-31T02:15:07.123456Z"
RECEIPT: dict[str, Any] = {
    "number": EXAMPLE_RECEIPT,
    "code": "7KQ4-2M9X-W0DE-5TBH",
    "account": EXAMPLE_PAYER,
    "side": "debit",
    "reversal": False,
    "payer": {"account": EXAMPLE_PAYER, "name": "Xinghe Trading", "local_name": "上海星河贸易有限公司"},
    "payee": {"account": EXAMPLE_PAYEE, "name": "", "local_name": "苏州钢材有限公司"},
    "amount": money("1234.56"),
    "capitals": "人民币壹仟贰佰叁拾肆元伍角陆分",
    "business_date": "2026-03-31",
    "value_date": "2026-03-31",
    "booked_at": _BOOKED,
    "transfer": EXAMPLE_TRANSFER,
    "cell": 101,
    "position": 8842,
    "reference": "INV-2026-0815",
    "description": "Steel plates, March",
    "end_to_end_id": None,
    "remittance": None,
    "sha256": _SHA256,
    "issued_at": "2026-04-01T01:00:00.123456Z",
    "prints": 1,
}
SIGNATURE: dict[str, Any] = {
    "number": EXAMPLE_RECEIPT,
    "pdf_sha256": _SHA256,
    "key": "5f1d3a9c0b7e2468",
    "ed25519": "kJ4mZ0V3…",
    "ml_dsa_65": "Qe83nVq0…",
}
SEAL_KEYS: dict[str, Any] = {
    "keys": [
        {
            "id": "5f1d3a9c0b7e2468",
            "ed25519": "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA…\n-----END PUBLIC KEY-----\n",
            "ml_dsa_65": "-----BEGIN PUBLIC KEY-----\nMIIHsjALBglghkgB…\n-----END PUBLIC KEY-----\n",
        }
    ]
}
VERIFICATION: dict[str, Any] = {
    "authentic": True,
    "number": EXAMPLE_RECEIPT,
    "amount": money("1234.56"),
    "business_date": "2026-03-31",
    "booked_at": _BOOKED,
    "payer": {"account": "**************0013", "name": "X****e T*****g", "local_name": "上********司"},
    "payee": {"account": "**************0021", "name": "", "local_name": "苏******司"},
    "state": "posted",
    "pdf_sha256": _SHA256,
}
