"""Messages from the simulated central bank: written with what they tell, handed out until they are taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from sycee.payments.iso20022 import Agent
from sycee.payments.iso20022.interbank import (
    BankPayments,
    Interbank,
    Payments,
    Returns,
    read_interbank,
    write_interbank,
)
from sycee.payments.simulator.store import Store

OPERATOR = "000000000000"
"""The central bank itself, as messages name it."""


class Delivery(msgspec.Struct, frozen=True):
    """A message that waits for a bank; it is handed out until it is reported as taken."""

    delivery: int
    message_id: str
    body: str


def agent(bank: str) -> Agent:
    """A bank as messages name it."""
    return Agent(clearing_system="CNAPS", member=bank) if bank.isdigit() else Agent(bic=bank)


class Mail:
    """What goes out to banks, within the caller's transaction."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def send(self, rail: str, bank: str, make: Callable[..., Interbank]) -> None:
        """Write a message, and let the faults strike it: late, twice, never. ``make`` is given its head."""
        store = self.store
        letter = {
            "message_id": f"{store.day:%Y%m%d}CB{store.next_number():012d}",
            "created_at": datetime.now(UTC),
            "sender": Agent(clearing_system="CNAPS", member=OPERATOR),
            "receiver": agent(bank),
        }
        late = store.strike("delay", "answer")
        store.execute(
            "INSERT INTO outbound (rail, bank, message_id, body, copies, wait, lost)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            rail, bank, letter["message_id"], write_interbank(make(letter)),
            2 if store.strike("duplicate") else 1, late.polls if late else 0,
            1 if store.strike("lose", "answer") else 0,
        )  # fmt: skip

    def hand_out(self, rail: str, bank: str, limit: int) -> list[Delivery]:
        """What waits for a bank and is not late."""
        self.store.execute(
            "UPDATE outbound SET wait = wait - 1"
            " WHERE rail = ? AND bank = ? AND copies > 0 AND lost = 0 AND wait > 0",
            rail, bank,
        )  # fmt: skip
        found = self.store.rows(
            "SELECT delivery, message_id, body FROM outbound"
            " WHERE rail = ? AND bank = ? AND copies > 0 AND lost = 0 AND wait = 0 ORDER BY delivery LIMIT ?",
            rail, bank, limit,
        )  # fmt: skip
        if len(found) > 1 and self.store.strike("reorder"):
            self.store.draw().shuffle(found)
        return [Delivery(delivery, message_id, body.decode()) for delivery, message_id, body in found]

    def taken(self, rail: str, bank: str, deliveries: Iterable[int]) -> None:
        """The bank has these; one that is told to come twice stays."""
        for delivery in deliveries:
            self.store.execute(
                "UPDATE outbound SET copies = copies - 1"
                " WHERE rail = ? AND bank = ? AND delivery = ? AND copies > 0",
                rail, bank, delivery,
            )  # fmt: skip

    def about(self, rail: str, bank: str, uetr: UUID) -> list[Delivery]:
        """The payments and returns to a bank in which a UETR stands, once more, even those that were lost."""
        found = self.store.rows(
            "SELECT delivery, message_id, body FROM outbound"
            " WHERE rail = ? AND bank = ? AND instr(body, ?) > 0 ORDER BY delivery",
            rail, bank, str(uetr).encode(),
        )  # fmt: skip
        return [
            Delivery(delivery, message_id, body.decode())
            for delivery, message_id, body in found
            if isinstance(read_interbank(body), Payments | BankPayments | Returns)
        ]
