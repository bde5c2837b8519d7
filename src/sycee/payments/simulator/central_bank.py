"""A central bank's payment system, simulated: it takes messages, settles, answers, reports; and misbehaves.

Everything it knows is in its store, changed in transactions: it may die at any point and goes on where it
was. The banks other than those that collect their messages are simulated here too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from sycee.kernel.errors import Conflict
from sycee.kernel.money import Amount
from sycee.payments.iso20022 import InvalidMessage
from sycee.payments.iso20022.interbank import (
    BankPayment,
    BankPayments,
    Enquiries,
    Interbank,
    Original,
    Payment,
    Payments,
    Recall,
    RecallAnswer,
    RecallAnswers,
    Recalls,
    Return,
    Returns,
    Status,
    Statuses,
    read_interbank,
)
from sycee.payments.simulator import reporting
from sycee.payments.simulator.configuration import Configuration, InvalidSimulation
from sycee.payments.simulator.faults import Fault
from sycee.payments.simulator.mail import OPERATOR, Delivery, Mail, agent
from sycee.payments.simulator.other_banks import OtherBanksPayment, payment_asked
from sycee.payments.simulator.settling import SETTLED, UNKNOWN, Settlement, bank_of, receiver_of
from sycee.payments.simulator.store import Store


class ResponseLost(Exception):
    """The message was taken and the caller shall not hear of it."""


class OtherMessage(Conflict):
    """The message id was used before for another message"""

    code = "other_message"


class _Moment(NamedTuple):
    day: date
    number: int


class CentralBank:
    """The whole simulated system. Use it from one thread at a time."""

    def __init__(
        self, path: Path, configuration: Configuration, die: Callable[[str], None] = lambda _at: None
    ) -> None:
        """Open the store at path; what was taken and not processed before a death is processed now.

        ``die`` ends the process (or pretends to, by raising); it is told at which point.
        """
        self.store = Store(path, configuration)
        self.mail = Mail(self.store)
        self._settlement = Settlement(self.store)
        self._die = die
        with self.store.transaction():
            self._process_waiting()

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    # ---- messages from banks

    def take(self, rail: str, bank: str, body: bytes) -> None:
        """Take a message from a bank for a rail. A message taken before is taken again without effect.

        Raises InvalidMessage and its kin for one that cannot be read, OtherMessage when its id was used for
        another, ResponseLost when the caller shall hear nothing.
        """
        message = read_interbank(body)
        if bank_of(message.sender) != bank:
            raise InvalidMessage(f"{bank_of(message.sender)} wrote the message and {bank} brings it")
        if isinstance(message, Payments | BankPayments | Returns) and message.rail != rail:
            raise InvalidMessage(f"a message for {message.rail} is brought to {rail}")
        self._point("received")
        with self.store.transaction():
            if self.store.strike("lose", "request"):
                return
            lies = self.store.strike("delay", "processing")
            new = self._keep(rail, bank, message, body, lies)
        self._point("stored")
        if new and not lies:
            with self.store.transaction():
                self._process_waiting({(rail, bank, message.message_id): message})
        self._point("settled")
        with self.store.transaction():
            lost = self.store.strike("lose", "response")
        if lost:
            raise ResponseLost

    def _point(self, at: str) -> None:
        """Die here, if a fault says so; its use is spent durably first."""
        with self.store.transaction():
            fault = self.store.strike("die", at)
        if fault:
            self._die(at)

    def _keep(self, rail: str, bank: str, message: Interbank, body: bytes, lies: Fault | None) -> bool:
        digest = sha256(body).digest()
        known = self.store.row(
            "SELECT digest FROM received WHERE sender = ? AND message_id = ?", bank, message.message_id
        )
        if known is not None:
            if known[0] != digest:
                raise OtherMessage(f"{bank} used the id {message.message_id} before for another message")
            return False
        self.store.execute(
            "INSERT INTO received (rail, sender, message_id, digest, body, wait) VALUES (?, ?, ?, ?, ?, ?)",
            rail, bank, message.message_id, digest, body, lies.polls if lies else 0,
        )  # fmt: skip
        return True

    def _process_waiting(self, known: Mapping[tuple[str, str, str], Interbank] | None = None) -> None:
        """Process every message that was taken and does not lie about; those known are read already."""
        for rail, bank, message_id, body in self.store.rows(
            "SELECT rail, sender, message_id, body FROM received"
            " WHERE processed = 0 AND wait = 0 ORDER BY rowid"
        ):
            self.store.execute(
                "UPDATE received SET processed = 1 WHERE sender = ? AND message_id = ?", bank, message_id
            )
            message = (known or {}).get((rail, bank, message_id)) or read_interbank(body)
            self._process(rail, bank, message)

    def _process(self, rail: str, bank: str, message: Interbank) -> None:
        match message:
            case Payments() | BankPayments():
                statuses = self._settlement.settle(bank, message)
                self._answer(rail, bank, statuses)
                self._pass_on(message, statuses)
            case Returns():
                self._answer(rail, bank, self._settlement.give_back(bank, message))
            case Enquiries():
                found = [self._settlement.status_of(bank, item.original) for item in message.items]
                self._answer(rail, bank, found)
            case Recalls():
                self._recalled(rail, bank, message)
            case RecallAnswers() | Statuses():
                pass  # kept, for whoever looks

    def _answer(self, rail: str, bank: str, statuses: Sequence[Status]) -> None:
        if statuses:
            self.mail.send(rail, bank, lambda letter: Statuses(**letter, items=tuple(statuses)))

    def _pass_on(self, message: Payments | BankPayments, statuses: Sequence[Status]) -> None:
        """Hand settled payments to banks that collect; let simulated ones send some back, if told to."""
        by_bank: dict[str, list[Any]] = {}
        passed: tuple[Payment | BankPayment, ...] = message.items
        for item, status in zip(passed, statuses, strict=True):
            if status.status != SETTLED:
                continue
            receiver = receiver_of(item)
            if self.store.fact(f"collects {message.rail} {receiver}"):
                by_bank.setdefault(receiver, []).append(item)
            elif fault := self.store.strike("return"):
                self.give_back(item.uetr, fault.reason, within=True)
        kind: Any = type(message)
        for receiver, items in by_bank.items():
            self.mail.send(
                message.rail,
                receiver,
                lambda letter, items=items: kind(
                    **letter, rail=message.rail, settlement_date=self.store.day, items=tuple(items)
                ),
            )

    def _recalled(self, rail: str, bank: str, asked: Recalls) -> None:
        """Answer for the simulated banks, as configured."""
        policy = self.store.fact("recalls")
        answers: list[RecallAnswer] = []
        for item in asked.items:
            left = self.store.row(
                "SELECT amount - returned FROM items WHERE uetr = ? AND sender = ? AND status = ?",
                str(item.original.uetr), bank, SETTLED,
            )  # fmt: skip
            if left is None or not left[0]:
                reason = UNKNOWN if left is None else "ARDT"
                answers.append(RecallAnswer(item.id, item.original, "RJCR", reason))
            elif policy == "accept":
                answers.append(RecallAnswer(item.id, item.original, "ACCR"))
                assert item.original.uetr is not None
                self.give_back(item.original.uetr, "FOCR", within=True)
            elif policy == "refuse":
                answers.append(RecallAnswer(item.id, item.original, "RJCR", "CUST"))
        if answers:
            settled = all(answer.status == "ACCR" for answer in answers)
            self.mail.send(
                rail,
                bank,
                lambda letter: RecallAnswers(
                    **letter, confirmation="CNCL" if settled else "RJCR", items=tuple(answers)
                ),
            )

    # ---- messages to banks

    def collect(self, rail: str, bank: str, limit: int = 100) -> list[Delivery]:
        """What waits for a bank, at most limit messages, until ``taken`` says that it has them."""
        self._point("collected")
        with self.store.transaction():
            self.store.set_fact(f"collects {rail} {bank}", "yes")
            self.store.execute("UPDATE received SET wait = wait - 1 WHERE processed = 0 AND wait > 0")
            self._process_waiting()
            return self.mail.hand_out(rail, bank, limit)

    def taken(self, rail: str, bank: str, deliveries: Iterable[int]) -> None:
        """The bank has these messages; one that is told to come twice stays."""
        with self.store.transaction():
            self.mail.taken(rail, bank, deliveries)

    def once_more(self, rail: str, bank: str, uetr: UUID) -> list[Delivery]:
        """What was written to a bank about a payment, once more. Raises ResponseLost."""
        self._answer_for("report")
        return self.mail.about(rail, bank, uetr)

    def report_pages(self, rail: str, bank: str, day: date) -> int:
        """How many pages the report of a date has. Raises ReportNotFound, ResponseLost."""
        self._answer_for("report")
        with self.store.transaction():
            late = self.store.strike("delay", "report")
        if late:
            raise reporting.ReportNotFound(f"the report of {rail} on {day} is not drawn up yet")
        return reporting.pages(self.store, bank, rail, day)

    def report(self, rail: str, bank: str, day: date, page: int) -> bytes:
        """One page of the report of a date. Raises ReportNotFound, ResponseLost."""
        self._answer_for("report")
        return reporting.report(self.store, bank, rail, day, page)

    def _answer_for(self, at: str) -> None:
        """Die, or let the caller hear nothing, if a fault says so."""
        self._point(at)
        with self.store.transaction():
            lost = self.store.strike("lose", at)
        if lost:
            raise ResponseLost

    # ---- what simulated banks do

    def pay(self, asked: OtherBanksPayment) -> UUID:
        """Let a simulated bank pay an account of another; the payment's UETR. Raises InvalidSimulation."""
        with self.store.transaction():
            number = self.store.next_number()
            uetr = UUID(int=Random(f"{self.store.fact('seed')}:payment {number}").getrandbits(128), version=4)
            kind, payment = payment_asked(asked, uetr, number, self.store.fact("currency") or "")
            message = kind(
                message_id=f"{self.store.day:%Y%m%d}SB{number:012d}",
                created_at=datetime.now(UTC),
                sender=agent(asked.payer),
                receiver=agent(OPERATOR),
                rail=asked.rail,
                settlement_date=self.store.day,
                items=(payment,),
            )
            status = self._settlement.settle(asked.payer, message, faulty=False)[0]
            if status.status != SETTLED:
                raise InvalidSimulation(f"the payment would be refused: {status.reason}")
            self.mail.send(
                asked.rail,
                asked.payee,
                lambda letter: kind(
                    **letter, rail=asked.rail, settlement_date=self.store.day, items=(payment,)
                ),
            )
            return uetr

    def give_back(self, uetr: UUID, reason: str, minor: int | None = None, *, within: bool = False) -> None:
        """Let the simulated bank that was paid send money back. Raises InvalidSimulation when it cannot.

        ``within`` says that a transaction is open.
        """
        if not within:
            with self.store.transaction():
                return self.give_back(uetr, reason, minor, within=True)
        found = self.store.row(
            "SELECT rail, sender, receiver, amount, amount - returned, message, message_id, transaction_id,"
            " end_to_end_id FROM items WHERE uetr = ? AND status = ?",
            str(uetr), SETTLED,
        )  # fmt: skip
        if found is None:
            raise InvalidSimulation(f"no payment {uetr} was settled")
        rail, payer, payee, amount, left, message, message_id, transaction_id, end_to_end_id = found
        currency = self.store.fact("currency") or ""
        returned = Returns(
            message_id=f"{self.store.day:%Y%m%d}SR{self.store.next_number():012d}",
            created_at=datetime.now(UTC),
            sender=agent(payee),
            receiver=agent(OPERATOR),
            rail=rail,
            settlement_date=self.store.day,
            items=(
                Return(
                    id=f"R{self.store.next_number():012d}",
                    original=Original(message_id, message, end_to_end_id, transaction_id, uetr),
                    original_amount=Amount(amount, currency),
                    amount=Amount(left if minor is None else minor, currency),
                    reason=reason,
                ),
            ),
        )
        if self._settlement.give_back(payee, returned, faulty=False)[0].status != SETTLED:
            raise InvalidSimulation(f"of the payment {uetr} only {left} can still be returned")
        self.mail.send(
            rail,
            payer,
            lambda letter: Returns(**letter, rail=rail, settlement_date=self.store.day, items=returned.items),
        )
        return None

    def recall(self, uetr: UUID, reason: str) -> None:
        """Let the simulated bank that paid ask for its money back. Raises InvalidSimulation."""
        with self.store.transaction():
            found = self.store.row(
                "SELECT rail, receiver, amount, message, message_id, transaction_id, end_to_end_id,"
                " settled_on FROM items WHERE uetr = ? AND status = ?",
                str(uetr), SETTLED,
            )  # fmt: skip
            if found is None:
                raise InvalidSimulation(f"no payment {uetr} was settled")
            rail, payee, amount, message, message_id, transaction_id, end_to_end_id, settled_on = found
            item = Recall(
                id=f"C{self.store.next_number():012d}",
                original=Original(message_id, message, end_to_end_id, transaction_id, uetr),
                amount=Amount(amount, self.store.fact("currency") or ""),
                settled_on=date.fromisoformat(settled_on),
                reason=reason,
            )
            self.mail.send(rail, payee, lambda letter: Recalls(**letter, items=(item,)))

    # ---- the day

    def close_day(self) -> date:
        """Close the date: nothing more is settled on it. Returns it; its reports can be read from now on."""
        with self.store.transaction():
            closed = self.store.day
            self.store.next_day()
            return closed

    def is_over(self, day: date) -> bool:
        """Whether a date is closed."""
        return day <= self.store.day - timedelta(days=1)
