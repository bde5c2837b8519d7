"""Ids that follow from what a payment file says, so that a thing sent twice is the same thing.

They are UUIDs of version 8 (RFC 9562, 5.8) over a SHA-256 digest of the parts.
"""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

from sycee.payments.iso20022 import PaymentFile, PaymentInstruction


def initiator_of(file: PaymentFile) -> str:
    """Who sent a file: the initiating party, or the first debtor account when the party is not named."""
    return file.initiating_party.key() or file.batches[0].debtor_account.text()


def file_id(file: PaymentFile) -> UUID:
    """The id of a file: one per initiating party and message id, whatever the file contains."""
    return _derived("file", initiator_of(file), file.message_id)


def transfer_id(file: PaymentFile, instruction: PaymentInstruction) -> UUID:
    """The id of the transfer that pays an instruction, the same each time the file is read."""
    return _derived(
        "transfer",
        initiator_of(file),
        file.message_id,
        file.batches[instruction.batch].id,
        instruction.instruction_id or "",
        instruction.end_to_end_id,
        str(instruction.position),
    )


def _derived(*parts: str) -> UUID:
    digest = sha256(b"sycee payments")
    for part in parts:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(4, "big") + encoded)  # the length keeps parts apart
    value = int.from_bytes(digest.digest()[:16], "big")
    value = value & ~(0xF << 76) | 0x8 << 76  # version 8
    return UUID(int=value & ~(0b11 << 62) | 0b10 << 62)  # RFC 9562 variant
