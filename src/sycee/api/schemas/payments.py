"""Payments on the wire: instructions, what became of them, and every step."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from sycee.api.schemas.common import AccountNumber, Cell, Cursor, Money, Wire

State = Annotated[
    str,
    Meta(
        description="Where the payment stands.",
        extra_json_schema={
            "enum": [
                "received",
                "validated",
                "approved",
                "stopped",
                "screened",
                "held",
                "queued",
                "sent",
                "settled",
                "rejected",
                "returned",
                "recalled",
                "cancelled",
            ]
        },
    ),
]
Urgency = Literal["normal", "urgent"]
ReasonCode = Annotated[str | None, Meta(description="Why, for programs.", examples=["insufficient_funds"])]
Reason = Annotated[str | None, Meta(description="Why, for people.")]


class NewPayment(Wire):
    """An instruction to pay."""

    id: Annotated[
        UUID,
        Meta(
            description="Made by the client (UUIDv7 recommended): sending the same instruction again is "
            "safe, "
            "it is answered with how the first stands."
        ),
    ]
    debit_account: Annotated[AccountNumber, Meta(description="The account that pays.")]
    creditor_account: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=64,
            description="The payee's account: a number of this bank, a registered alias; with another bank "
            "an IBAN or that bank's own number, of 34 characters at most.",
        ),
    ]
    creditor_name: Annotated[str, Meta(min_length=1, max_length=140, description="The payee.")]
    amount: Annotated[Money, Meta(description="More than zero.")]
    creditor_agent: Annotated[
        Annotated[str, Meta(max_length=12)] | None,
        Meta(
            description="The payee's bank: 12 digits of CNAPS, or a BIC. Absent: this bank.",
            examples=["102290000013"],
        ),
    ] = None
    purpose: Annotated[str, Meta(max_length=35, description="Purpose code, such as `SALA`.")] = ""
    remittance: Annotated[str, Meta(max_length=500, description="What the payee is told.")] = ""
    end_to_end_id: Annotated[
        str, Meta(max_length=35, description="The payer's reference, carried along.")
    ] = ""
    execute_on: Annotated[
        date | None, Meta(description="The business date on which it is carried out. Absent: now.")
    ] = None
    urgency: Annotated[
        Urgency, Meta(description="To another bank: the cheapest way (`normal`), or the quickest (`urgent`).")
    ] = "normal"
    order: Annotated[
        UUID | None, Meta(description="Groups the payments of one instruction, to be listed by.")
    ] = None


class NewPayments(Wire):
    """A list of instructions, carried out in its order. A single payment is a list of one."""

    payments: Annotated[
        list[NewPayment], Meta(min_length=1, description="Order in the list is the order of effect.")
    ]
    all_or_nothing: Annotated[bool, Meta(description="One refused payment refuses the list.")] = False
    dry_run: Annotated[
        bool, Meta(description="Tell what would happen, with rail, fee and time; nothing is done.")
    ] = False


class PaymentOutcome(Wire, omit_defaults=True):
    """What became of one payment. Fields that do not apply are left out."""

    id: UUID
    state: State
    code: ReasonCode = None
    detail: Reason = None
    duplicate: Annotated[
        bool, Meta(description="It was there before: this is how it stands now; nothing was done again.")
    ] = False
    rail: Annotated[str | None, Meta(description="The rail to the other bank.", examples=["BEPS"])] = None
    fee: Annotated[Money | None, Meta(description="What it costs besides.")] = None
    send_at: Annotated[datetime | None, Meta(description="When the rail takes it.")] = None
    due_on: Annotated[date | None, Meta(description="The business date it is carried out on.")] = None


class PaymentOutcomes(Wire):
    """One outcome for each payment, in the order of the request."""

    outcomes: list[PaymentOutcome]


class Payment(Wire):
    """A payment as it stands. The transfer that pays it, or holds its funds, has the same id."""

    id: UUID
    kind: Annotated[
        Literal["customer", "bank"],
        Meta(description="`bank` for a transfer of the bank's own money to another bank (pacs.009)."),
    ]
    cell: Cell
    state: State
    debit_account: AccountNumber
    customer: UUID | None
    creditor_account: str
    creditor_name: str
    creditor_agent: str | None
    amount: Money
    purpose: str
    remittance: str
    end_to_end_id: str
    execute_on: date | None
    urgency: Urgency
    order: UUID | None
    due_on: date
    submitted_by: str
    submitted_at: datetime
    changed_at: datetime
    rail: Annotated[str | None, Meta(description="The rail to the other bank; null within this one.")]
    rail_id: Annotated[str | None, Meta(description="What the rail knows it by.")]
    send_at: datetime | None
    fee: Money
    returned: Annotated[Money, Meta(description="How much came back after it was settled.")]
    reason_code: ReasonCode
    reason: Reason


class PaymentPage(Wire):
    """A page of payments."""

    payments: list[Payment]
    next: Cursor | None


class PaymentEvent(Wire):
    """A step of a payment: the states it went through at an instant, by whom and why."""

    id: Annotated[str, Meta(description="Place in the stream of steps: cell and position.")]
    payment: UUID
    states: list[State]
    at: datetime
    actor: str
    reason_code: ReasonCode
    reason: Reason


class PaymentEvents(Wire):
    """Every step of a payment, the first one first."""

    events: list[PaymentEvent]


class PaymentAct(Wire):
    """What is to be done with some payments, and why."""

    payments: Annotated[list[UUID], Meta(min_length=1, max_length=1000, description="Ids of payments.")]
    reason: Annotated[str, Meta(max_length=500, description="Why, for people.")] = ""


class PaymentDecision(Wire):
    """What is to be done with payments that screening stopped, and why."""

    payments: Annotated[list[UUID], Meta(min_length=1, max_length=1000, description="Ids of payments.")]
    reason: Annotated[str, Meta(min_length=1, max_length=500, description="Why, for people.")]


class PaymentRecall(Wire):
    """Why a payment is asked back."""

    reason_code: Annotated[
        str,
        Meta(
            pattern="^[A-Z0-9]{4}$",
            description="ISO 20022 cancellation reason: DUPL, CUST, FRAD, TECH, …",
            examples=["DUPL"],
        ),
    ]
    reason: Annotated[str, Meta(max_length=105, description="Why, for people.")] = ""


class PaymentActOutcome(Wire, omit_defaults=True):
    """What became of one payment. Without a code, it is done."""

    payment: UUID
    state: State | None = None
    code: ReasonCode = None
    detail: Reason = None
    again: Annotated[bool, Meta(description="It had been done before.")] = False


class PaymentActOutcomes(Wire):
    """One outcome for each payment, in the order of the request."""

    outcomes: list[PaymentActOutcome]
