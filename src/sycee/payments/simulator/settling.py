"""What a rail decides: settle, refuse, return. Money moves between two balances and nowhere else."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sycee.payments.iso20022 import Agent
from sycee.payments.iso20022.interbank import (
    BankPayment,
    BankPayments,
    Original,
    Payment,
    Payments,
    Return,
    Returns,
    Status,
    message_of,
)
from sycee.payments.iso20022.interbank.settlement_report import PAYMENT, RETURN
from sycee.payments.simulator.store import Store

SETTLED, REJECTED, WAITING = "ACSC", "RJCT", "PDNG"
UNKNOWN = "NOOR"
"""No original transaction received: beside PDNG in the answer to an enquiry. It rejects nothing."""


def bank_of(agent: Agent) -> str:
    """How a bank is known here: by its number in the clearing system, or else by its BIC."""
    return agent.member or agent.bic or ""


def receiver_of(payment: Payment | BankPayment) -> str:
    """The bank that a payment goes to."""
    return bank_of(payment.creditor if isinstance(payment, BankPayment) else payment.creditor_agent)


class Item(NamedTuple):
    """A payment that was asked for, of a customer or of a bank."""

    payment: Payment | BankPayment
    receiver: str


class Settlement:
    """Decisions about the items of messages, within the caller's transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def settle(self, sender: str, asked: Payments | BankPayments, *, faulty: bool = True) -> list[Status]:
        """Settle or refuse each payment of a message; a payment that was seen before is not paid again.

        ``faulty`` lets the fault ``reject`` strike.
        """
        items: tuple[Payment | BankPayment, ...] = asked.items
        return [self._payment(sender, asked, Item(item, receiver_of(item)), faulty) for item in items]

    def _payment(self, sender: str, asked: Payments | BankPayments, item: Item, faulty: bool) -> Status:
        payment = item.payment
        original = Original(
            asked.message_id, message_of(asked), payment.end_to_end_id, payment.transaction_id, payment.uetr
        )
        if self._store.row("SELECT 1 FROM items WHERE uetr = ?", str(payment.uetr)):
            return Status(original, REJECTED, reason="AM05")
        reason = self._refusal(sender, asked, item, faulty)
        day = None if reason else self._store.day
        self._store.execute(
            "INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
            str(payment.uetr), asked.rail, sender, item.receiver, message_of(asked), asked.message_id,
            payment.transaction_id, payment.end_to_end_id, payment.amount.minor,
            REJECTED if reason else SETTLED, reason, day and day.isoformat(),
        )  # fmt: skip
        if reason:
            return Status(original, REJECTED, reason=reason)
        ids = (str(payment.uetr), asked.message_id, payment.transaction_id, payment.end_to_end_id)
        self._move(asked.rail, sender, item.receiver, payment.amount.minor, PAYMENT, ids)
        return Status(original, SETTLED, settled_on=day, amount=payment.amount)

    def _refusal(self, sender: str, asked: Payments | BankPayments, item: Item, faulty: bool) -> str | None:
        """Why a payment is not settled, as ISO's reason code; None when it is."""
        store, amount = self._store, item.payment.amount
        rail = store.rail(asked.rail)
        fault = store.strike("reject", "payment") if faulty else None
        balance = store.row("SELECT balance FROM positions WHERE rail = ? AND bank = ?", asked.rail, sender)
        known = item.receiver != sender and self.is_bank(asked.rail, item.receiver)
        over = rail is not None and rail.cap is not None and amount.minor > rail.cap
        reasons = (
            (fault is not None, fault.reason if fault else ""),
            (rail is None or not rail.open, "TM01"),  # past the cut-off time
            (asked.settlement_date < store.day, "DT01"),
            (amount.currency != store.fact("currency"), "AM03"),
            (amount.minor <= 0 or over, "AM02"),
            (not known, "RC01"),
            (balance is None or balance[0] < amount.minor, "AM04"),
        )
        return next((reason for applies, reason in reasons if applies), None)

    def is_bank(self, rail: str, bank: str) -> bool:
        """Whether a bank takes part in a rail."""
        return bool(self._store.row("SELECT 1 FROM positions WHERE rail = ? AND bank = ?", rail, bank))

    def give_back(self, sender: str, asked: Returns, *, faulty: bool = True) -> list[Status]:
        """Settle or refuse each return of a message from the bank that had been paid.

        ``faulty`` lets the fault ``reject`` strike.
        """
        return [self._return(sender, asked, item, faulty) for item in asked.items]

    def _return(self, sender: str, asked: Returns, item: Return, faulty: bool) -> Status:
        store = self._store
        uetr = item.original.uetr
        original = Original(asked.message_id, message_of(asked), item.original.end_to_end_id, item.id, uetr)
        if store.row("SELECT 1 FROM returns WHERE sender = ? AND return_id = ?", sender, item.id):
            return Status(original, REJECTED, reason="AM05")
        found = store.row(
            "SELECT sender, receiver, amount - returned, end_to_end_id, status FROM items WHERE uetr = ?",
            str(uetr),
        )
        reason = None
        if found is None or found[1] != sender or found[4] != SETTLED:
            reason = UNKNOWN
        elif not 0 < item.amount.minor <= found[2]:
            reason = "AM02"
        elif faulty and (fault := store.strike("reject", "return")):
            reason = fault.reason
        day = None if reason else store.day
        store.execute(
            "INSERT INTO returns VALUES (?, ?, ?, ?, ?, ?, ?)",
            sender, item.id, str(uetr), asked.message_id, REJECTED if reason else SETTLED, reason,
            day and day.isoformat(),
        )  # fmt: skip
        if reason or found is None:
            return Status(original, REJECTED, reason=reason)
        store.execute("UPDATE items SET returned = returned + ? WHERE uetr = ?", item.amount.minor, str(uetr))
        ids = (str(uetr), asked.message_id, item.id, found[3])
        self._move(asked.rail, sender, found[0], item.amount.minor, RETURN, ids)
        return Status(original, SETTLED, settled_on=day, amount=item.amount)

    def _move(
        self, rail: str, payer: str, payee: str, minor: int, what: str, ids: tuple[str, str, str, str]
    ) -> None:
        for bank, amount in ((payer, -minor), (payee, minor)):
            changed = self._store.execute(
                "UPDATE positions SET balance = balance + ? WHERE rail = ? AND bank = ?", amount, rail, bank
            )
            assert changed == 1, f"{bank} takes no part in {rail}"
            self._store.execute(
                "INSERT INTO entries (rail, day, bank, amount, what, uetr, message_id, transaction_id,"
                " end_to_end_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                rail, self._store.day.isoformat(), bank, amount, what, *ids,
            )  # fmt: skip

    def status_of(self, sender: str, original: Original) -> Status:
        """What became of a payment or a return that the sender asks about."""
        named = str(original.uetr)
        found = self._store.row(
            "SELECT status, reason, settled_on FROM returns WHERE sender = ? AND return_id = ?",
            sender, original.transaction_id,
        ) or self._store.row(
            "SELECT status, reason, settled_on FROM items WHERE sender = ? AND uetr = ?"
            " AND message_id = coalesce(?, message_id)",
            sender, named, original.message_id,
        )  # fmt: skip
        if found is None:
            return Status(original, WAITING, reason=UNKNOWN)
        return Status(
            original, found[0], reason=found[1], settled_on=found[2] and date.fromisoformat(found[2])
        )
