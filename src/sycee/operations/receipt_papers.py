"""The PDF of a receipt: made once, signed with the bank's seal keys, kept, and counted when handed out.

It is kept rather than drawn again, so that it is the same, byte for byte, also when what draws it has been
renewed meanwhile, and so that the signatures over its bytes stay right. Both signatures are detached, over
the file as it is: whoever has the bank's public keys checks them with any tool for Ed25519 or ML-DSA-65.
"""

from __future__ import annotations

import hashlib
from importlib import import_module

import msgspec

from sycee import ledger
from sycee.database import Transaction, as_bank
from sycee.kernel.ids import cell_of
from sycee.ledger import PublicKeys, SealKeys
from sycee.operations.errors import ReceiptDamaged
from sycee.operations.receipts import Receipt, get_receipt


class ReceiptPaper(msgspec.Struct, frozen=True, kw_only=True):
    """The PDF of a receipt and its signatures; ``sha256`` of its bytes in hexadecimal digits."""

    pdf: bytes
    sha256: str
    key_id: str
    ed25519: bytes
    ml_dsa_65: bytes


def make_paper(receipt: Receipt, keys: SealKeys) -> tuple[ReceiptPaper, PublicKeys]:
    """The receipt drawn and signed, and the keys to check it with; some ten milliseconds, for a thread."""
    pdf: bytes = import_module("sycee.operations.receipt_pdf").receipt_pdf(receipt)
    ed25519, ml_dsa_65 = keys.sign(pdf)
    paper = ReceiptPaper(
        pdf=pdf,
        sha256=hashlib.sha256(pdf).hexdigest(),
        key_id=keys.public.id,
        ed25519=ed25519,
        ml_dsa_65=ml_dsa_65,
    )
    return paper, keys.public


async def find_paper(tx: Transaction, receipt: Receipt) -> ReceiptPaper | None:
    """The paper that was made of a receipt, if one was. Raises ReceiptDamaged."""
    cursor = await tx.execute(
        "SELECT pdf, encode(sha256, 'hex'), key_id, ed25519, ml_dsa_65 FROM receipt_papers "
        "WHERE cell = %s AND number = %s",
        (receipt.content.cell, receipt.content.number),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    paper = ReceiptPaper(**dict(zip(ReceiptPaper.__struct_fields__, row, strict=True)))
    if hashlib.sha256(paper.pdf).hexdigest() != paper.sha256:
        raise ReceiptDamaged(f"the PDF of receipt {receipt.content.number} does not agree with its SHA-256")
    return paper


async def keep_paper(
    tx: Transaction, receipt: Receipt, made: tuple[ReceiptPaper, PublicKeys]
) -> ReceiptPaper:
    """Keep the paper of a receipt; the one that counts, which may be another's that was quicker."""
    paper, keys = made
    async with as_bank(tx):  # the bank signs
        await ledger.keep_public_keys(tx, keys)
        await tx.execute(
            "INSERT INTO receipt_papers (cell, number, pdf, sha256, key_id, ed25519, ml_dsa_65) "
            "VALUES (%s, %s, %s, decode(%s, 'hex'), %s, %s, %s) ON CONFLICT DO NOTHING",
            (receipt.content.cell, receipt.content.number, paper.pdf, paper.sha256, paper.key_id,
             paper.ed25519, paper.ml_dsa_65),
        )  # fmt: skip
    kept = await find_paper(tx, receipt)
    assert kept is not None
    return kept


async def count_print(tx: Transaction, account: int, number: str, *, by: str) -> int:
    """Note that the PDF of a receipt is handed out; 1 is the first print, whatever follows a reprint.

    Raises AccountNotFound, ReceiptNotFound, ReceiptDamaged.
    """
    cell = cell_of(account)
    await get_receipt(tx, account, number)
    async with as_bank(tx):  # customers write no row of the count
        # Two that print at the same time count one after the other.
        await tx.execute(
            "SELECT FROM receipt_papers WHERE cell = %s AND number = %s FOR NO KEY UPDATE", (cell, number)
        )
        cursor = await tx.execute(
            "INSERT INTO receipt_prints (cell, number, print, printed_by) "
            "SELECT %s, %s, count(*) + 1, %s FROM receipt_prints WHERE cell = %s AND number = %s"
            " RETURNING print",
            (cell, number, by, cell, number),
        )
        row = await cursor.fetchone()
    assert row is not None
    return int(row[0])
