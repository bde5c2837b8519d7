"""Direct debits on the wire: mandates, what is collected under them, blocks and terms."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from sycee.api.schemas.common import AccountNumber, Cell, CurrencyCode, Cursor, Money, Wire

MandateState = Annotated[
    str,
    Meta(
        description="Where the mandate stands.",
        extra_json_schema={"enum": ["proposed", "active", "suspended", "cancelled"]},
    ),
]
DebitState = Annotated[
    str,
    Meta(
        description="Where the debit stands.",
        extra_json_schema={
            "enum": [
                "waiting",
                "stopped",
                "settled",
                "rejected",
                "refused",
                "cancelled",
                "returned",
                "reversed",
            ]
        },
    ),
]
Actor = Annotated[
    str,
    Meta(description="For whom.", extra_json_schema={"enum": ["bank", "creditor", "debtor"]}),
]
MandateReference = Annotated[
    str,
    Meta(min_length=1, max_length=35, description="Unique for the payee.", examples=["GRID-2026-0815"]),
]
Why = Annotated[str, Meta(min_length=1, max_length=500, description="Why, for people.")]
Limit = Annotated[Money | None, Meta(description="In the currency of the mandate; null for no limit.")]
Retry = Annotated[
    int,
    Meta(ge=0, le=365, description="For how many business days it is tried again where funds are lacking."),
]


class NewDebitMandate(Wire):
    """A mandate that a payee proposes; the payer signs it."""

    id: Annotated[UUID, Meta(description="Made by the client (UUIDv7 recommended): asking again is safe.")]
    credit_account: Annotated[AccountNumber, Meta(description="The payee's account.")]
    debit_account: Annotated[AccountNumber, Meta(description="The payer's account with this bank.")]
    reference: MandateReference
    currency: CurrencyCode
    recurring: Annotated[bool, Meta(description="False allows a single debit.")] = True
    purpose: Annotated[str, Meta(max_length=140, description="For what.", examples=["Electricity"])] = ""
    valid_from: Annotated[date | None, Meta(description="Absent: the present business date.")] = None
    valid_to: Annotated[date | None, Meta(description="The last day; null for good.")] = None
    per_debit: Limit = None
    per_day: Limit = None
    per_month: Annotated[Money | None, Meta(description="In a calendar month; null for no limit.")] = None
    debits_most: Annotated[
        Annotated[int, Meta(ge=1, le=1_000_000)] | None, Meta(description="How many debits in all.")
    ] = None


class NewDebitMandates(Wire):
    """Mandates to propose: all of them or none."""

    mandates: Annotated[list[NewDebitMandate], Meta(min_length=1, max_length=1000)]


class DebitMandate(Wire):
    """A mandate as it stands. ``creditor_name`` is the payee as the bank has registered it."""

    id: UUID
    cell: Cell
    state: MandateState
    creditor: UUID
    creditor_name: str
    credit_account: AccountNumber
    debtor: UUID
    debit_account: AccountNumber
    reference: str
    currency: CurrencyCode
    recurring: bool
    purpose: str
    valid_from: date
    valid_to: date | None
    per_debit: Money | None
    per_day: Money | None
    per_month: Money | None
    debits_most: int | None
    signed_on: Annotated[date | None, Meta(description="When the payer agreed.")]
    paper: Annotated[str | None, Meta(description="The signed paper that the bank holds.")]
    proposed_at: datetime
    changed_at: datetime


class DebitMandates(Wire):
    """The mandates that were proposed, in order."""

    mandates: list[DebitMandate]


class DebitMandatePage(Wire):
    """Mandates, the greatest id first."""

    mandates: list[DebitMandate]
    next: Cursor | None


class DebitMandateEvent(Wire):
    """A step of a mandate: for which side, and (of one's own side) who took it."""

    step: int
    state: MandateState
    at: datetime
    side: Actor
    actor: str | None
    reason: str


class DebitMandateEvents(Wire):
    """Every step of a mandate, the first one first."""

    events: list[DebitMandateEvent]


class DebitMandateSignature(Wire):
    """The payer signs here; the bank's officer names the paper that the payer signed."""

    paper: Annotated[
        Annotated[str, Meta(min_length=1, max_length=140)] | None,
        Meta(description="For the bank: where the signed paper is kept.", examples=["2026/114"]),
    ] = None


class DebitMandateAct(Wire):
    """Why a mandate is suspended, resumed or cancelled, or a block is lifted."""

    reason: Why


class NewDirectDebit(Wire):
    """A debit to collect."""

    id: Annotated[
        UUID,
        Meta(
            description="Made by the client (UUIDv7 recommended): sending the same debit again is safe, it "
            "is answered with how the first stands."
        ),
    ]
    mandate_reference: MandateReference
    credit_account: Annotated[AccountNumber, Meta(description="The payee's account, as in the mandate.")]
    debit_account: Annotated[AccountNumber, Meta(description="The payer's account, as in the mandate.")]
    amount: Annotated[Money, Meta(description="More than zero.")]
    due_on: Annotated[
        date | None,
        Meta(description="Absent: now. A day that is no business day means the next one."),
    ] = None
    retry_days: Retry = 0
    end_to_end_id: Annotated[str, Meta(max_length=35, description="The payee's reference.")] = ""
    remittance: Annotated[str, Meta(max_length=500, description="What the payer is told.")] = ""


class NewDirectDebits(Wire):
    """A list of debits, taken in its order."""

    debits: Annotated[list[NewDirectDebit], Meta(min_length=1)]
    all_or_nothing: Annotated[
        bool, Meta(description="One debit that is refused when it is sent in refuses the list.")
    ] = False


class DirectDebitOutcome(Wire, omit_defaults=True):
    """What became of a debit. Fields that do not apply are left out."""

    id: UUID
    state: DebitState | None = None
    code: Annotated[str | None, Meta(description="Why, for programs.", examples=["mandate_limit"])] = None
    reason: Annotated[str | None, Meta(description="The same as ISO 20022 has it.", examples=["AM14"])] = None
    detail: Annotated[str | None, Meta(description="Why, for people.")] = None
    duplicate: Annotated[bool, Meta(description="It was there before; nothing was done again.")] = False
    due_on: date | None = None


class DirectDebitOutcomes(Wire):
    """One outcome for each debit, in the order of the request."""

    outcomes: list[DirectDebitOutcome]


class DirectDebit(Wire):
    """A direct debit as it stands."""

    id: UUID
    cell: Cell
    state: DebitState
    mandate: UUID
    creditor: UUID
    credit_account: AccountNumber
    debtor: UUID
    debit_account: AccountNumber
    amount: Money
    due_on: Annotated[date, Meta(description="The business day that it is due on.")]
    taken_on: Annotated[date, Meta(description="When it was taken, or is tried next.")]
    retry_days: int
    tries: int
    code: str | None
    reason: Annotated[str | None, Meta(description="The code as ISO 20022 has it.")]
    detail: str | None
    refund_until: Annotated[date | None, Meta(description="The payer may have it returned until then.")]
    collection: UUID | None
    end_to_end_id: str
    remittance: str
    submitted_at: datetime
    changed_at: datetime


class DirectDebitPage(Wire):
    """Direct debits, the greatest id first."""

    debits: list[DirectDebit]
    next: Cursor | None


class DirectDebitEvent(Wire):
    """A step of a debit: for which side, and (of one's own side) who took it."""

    step: int
    state: DebitState
    at: datetime
    side: Actor
    actor: str | None
    code: str | None
    detail: str | None


class StreamedDebitStep(DirectDebitEvent, kw_only=True):
    """A step in the stream of direct debits, and whose it is."""

    debit: UUID
    mandate: UUID


class DirectDebitEvents(Wire):
    """Every step of a direct debit, the first one first."""

    events: list[DirectDebitEvent]


class DirectDebitAct(Wire):
    """Debits that something is to be done with, and why."""

    debits: Annotated[list[UUID], Meta(min_length=1, max_length=1000)]
    reason: Why


class NewDebitBlock(Wire):
    """A payee of whom a payer wants no debits."""

    id: Annotated[UUID, Meta(description="Made by the client.")]
    debtor: UUID
    creditor: UUID
    reason: Why


class DebitBlock(Wire):
    """A block of a payer on all debits of a payee."""

    id: UUID
    debtor: UUID
    creditor: UUID
    reason: str
    blocked_at: datetime
    lifted_at: datetime | None


class DebitBlocks(Wire):
    """The blocks that hold."""

    blocks: list[DebitBlock]


class NewDebitTerms(Wire):
    """Terms of direct debits from a day to come."""

    valid_from: date
    calendar: Annotated[str, Meta(max_length=40, description="Of due dates.", examples=["CN"])]
    refund_days: Annotated[
        int,
        Meta(ge=0, le=3650, description="For how many days after it was taken a debit is returned if asked."),
    ]
    retry_days_most: Retry


class DebitTerms(NewDebitTerms):
    """Terms with who set them."""

    set_by: str
    set_at: datetime


class DebitTermsList(Wire):
    """All terms, those of the latest day first."""

    terms: list[DebitTerms]
