"""Between the wire's shapes and the ledger's: strings to integers and back, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid5

from msgspec import UNSET

from sycee import ledger, payments
from sycee.api.bodies import sane_date
from sycee.api.errors import MissingField, UnexpectedField
from sycee.api.schemas import accounts as wire_accounts
from sycee.api.schemas import payment_files as wire_payment_files
from sycee.api.schemas import transfers as wire_transfers
from sycee.api.schemas.common import FieldProblem, Money
from sycee.kernel.errors import InvalidInput, SyceeError
from sycee.kernel.ids import parse_account_number
from sycee.kernel.money import Amount
from sycee.ledger import NormalSide, TransferKind

MOST_PROBLEMS = 20
"""How many problems of one body are reported together."""

_FOLLOW_UPS = UUID("6f0d3a52-6d5c-5a0e-9f43-3b0f7d1c9b77")
_KINDS = {kind.value: kind for kind in TransferKind}

read_account = lru_cache(maxsize=65536)(parse_account_number)
"""An account number from the wire; the check digit of a busy account is computed once."""


class AmountCurrencyMismatch(InvalidInput):
    """The amount is in another currency than the account"""

    code = "currency_mismatch"


def money(minor: int, currency: str) -> Money:
    """Minor units as the wire shows them."""
    return Money(currency=currency, value=Amount(minor, currency).text())


class Problems:
    """Problems of a list, gathered so that a caller learns of them together."""

    def __init__(self) -> None:
        self.first: SyceeError | None = None
        self.found: list[FieldProblem] = []

    def add(self, pointer: str, error: SyceeError) -> None:
        """Keep what is wrong at a place."""
        pointer += error.facts.pop("field", "")
        self.first = self.first or error
        self.found.append(FieldProblem(pointer=pointer, code=error.code, detail=error.detail))

    @property
    def enough(self) -> bool:
        """Whether so much is wrong that the rest need not be looked at."""
        return len(self.found) >= MOST_PROBLEMS

    def raise_any(self) -> None:
        """Raise the first problem, with all of them."""
        if self.first is None:
            return
        raise type(self.first)(
            f"{self.first.detail} (at {self.found[0].pointer})", **self.first.facts, errors=self.found
        )


def new_transfers(items: Sequence[wire_transfers.NewTransfer]) -> list[ledger.NewTransfer]:
    """The transfers of a body. Raises the first problem, with all (up to 20) in ``errors``."""
    problems = Problems()
    found = []
    for index, item in enumerate(items):
        try:
            found.append(_new_transfer(item))
        except SyceeError as error:
            problems.add(f"/transfers/{index}", error)
            if problems.enough:
                break
    problems.raise_any()
    return found


def _new_transfer(item: wire_transfers.NewTransfer) -> ledger.NewTransfer:
    kind = item.kind
    if kind in ("transfer", "pending"):
        _check_movement(item)
    else:
        _check_follow_up(item)
    if item.value_date is not None:
        sane_date(item.value_date, "value_date")
    if item.expires_at is not None:
        sane_date(item.expires_at, "expires_at")
    amount = read_amount(item.amount) if item.amount is not None else None
    return ledger.NewTransfer(
        id=item.id,
        kind=_KINDS[kind],
        debit=_account(item.debit, "/debit") if item.debit is not None else 0,
        credit=_account(item.credit, "/credit") if item.credit is not None else 0,
        amount=amount.minor if amount is not None else None,
        currency=amount.currency if amount is not None else "",
        target=item.target,
        linked=item.linked,
        value_date=item.value_date,
        expires_at=item.expires_at,
        reference=item.reference,
        description=item.description,
    )


def _check_movement(item: wire_transfers.NewTransfer) -> None:
    for field in ("debit", "credit", "amount"):
        if getattr(item, field) is None:
            raise MissingField(f"a {item.kind} needs {field}", field=f"/{field}")
    if item.target is not None:
        raise UnexpectedField(f"a {item.kind} has no target", field="/target")
    if item.expires_at is not None and item.kind != "pending":
        raise UnexpectedField("only a pending transfer expires", field="/expires_at")


def _check_follow_up(item: wire_transfers.NewTransfer) -> None:
    if item.target is None:
        raise MissingField(f"a {item.kind} needs a target", field="/target")
    unwanted = ["debit", "credit", "expires_at"] + (["amount"] if item.kind != "post" else [])
    for field in unwanted:
        if getattr(item, field) is not None:
            raise UnexpectedField(f"a {item.kind} takes its {field} from the target", field=f"/{field}")


def _account(text: str, field: str) -> int:
    try:
        return read_account(text)
    except SyceeError as error:
        error.facts["field"] = field
        raise


def read_amount(value: Money) -> Amount:
    """An amount of a request's `amount`. Raises InvalidAmount and what else ``Amount.parse`` raises."""
    try:
        return Amount.parse(value.value, value.currency)
    except SyceeError as error:
        error.facts["field"] = "/amount/currency" if error.code == "unknown_currency" else "/amount/value"
        raise


def follow_up_id(kind: TransferKind, target: UUID, *content: Any) -> UUID:
    """The id of a post, void or reversal that named none: the same request has the same id, always."""
    return uuid5(_FOLLOW_UPS, repr((kind.value, str(target), *content)))


def outcomes(found: Sequence[ledger.Outcome]) -> wire_transfers.Outcomes:
    """Outcomes as the wire shows them."""
    return wire_transfers.Outcomes(outcomes=[outcome(item) for item in found])


def outcome(found: ledger.Outcome) -> wire_transfers.Outcome:
    """One outcome as the wire shows it."""
    return wire_transfers.Outcome(
        id=found.id, status=found.status, code=found.code, detail=found.detail, first=found.first
    )


def new_accounts(items: Sequence[wire_accounts.NewAccount]) -> list[ledger.NewAccount]:
    """The accounts of a body. Raises the first problem, with all (up to 20) in ``errors``."""
    problems = Problems()
    found = []
    for index, item in enumerate(items):
        try:
            found.append(_new_account(item))
        except SyceeError as error:
            problems.add(f"/accounts/{index}", error)
            if problems.enough:
                break
    problems.raise_any()
    return found


def _new_account(item: wire_accounts.NewAccount) -> ledger.NewAccount:
    floor = 0 if item.floor is UNSET else read_floor(item.floor, item.currency)
    return ledger.NewAccount(
        currency=item.currency,
        subject=item.subject,
        cell=item.cell,
        number=_account(item.number, "/number") if item.number is not None else None,
        normal_side=NormalSide(item.normal_side),
        floor=floor,
        name=item.name,
        local_name=item.local_name,
        customer=item.customer,
    )


def read_floor(floor: Money | None, currency: str) -> int | None:
    """A floor in minor units; None is none. Raises InvalidAmount, UnknownCurrency, AmountCurrencyMismatch."""
    if floor is None:
        return None
    try:
        amount = Amount.parse(floor.value, floor.currency)
    except SyceeError as error:
        error.facts["field"] = "/floor"
        raise
    if floor.currency != currency:
        raise AmountCurrencyMismatch(
            f"the floor is in {floor.currency} and the account in {currency[:12]}", field="/floor"
        )
    return amount.minor


def account(found: ledger.Account) -> wire_accounts.Account:
    """An account as the wire shows it."""
    currency = found.currency
    return wire_accounts.Account(
        number=str(found.number),
        cell=found.cell,
        currency=currency,
        subject=found.subject,
        normal_side=found.normal_side.value,
        status=found.status.value,
        floor=money(found.floor, currency) if found.floor is not None else None,
        balance=money(found.balance, currency),
        held=money(found.held, currency),
        incoming=money(found.incoming, currency),
        available=money(found.available, currency),
        name=found.name,
        local_name=found.local_name,
        customer=found.customer,
        opened_on=found.opened_on,
        closed_on=found.closed_on,
        entries=found.entries,
    )


def entry(found: ledger.Entry) -> wire_accounts.Entry:
    """An entry as the wire shows it."""
    return wire_accounts.Entry(
        transfer=found.transfer_id,
        position=found.position,
        side=found.side.value,
        amount=money(found.amount, found.currency),
        balance=money(found.balance, found.currency),
        counterparty=str(found.counterparty),
        kind=found.kind.value,
        booked_at=found.booked_at,
        business_date=found.business_date,
        value_date=found.value_date,
        reference=found.reference,
        description=found.description,
    )


def balance(found: ledger.Balance) -> wire_accounts.Balance:
    """A balance as the wire shows it."""
    return wire_accounts.Balance(
        number=str(found.number),
        balance=money(found.balance, found.currency),
        held=money(found.held, found.currency),
        available=money(found.available, found.currency),
        at=_moment(found.at),
        as_of=found.as_of,
    )


def _moment(at: datetime | date) -> str:
    return at.isoformat().replace("+00:00", "Z")


def transfer(found: ledger.Transfer) -> wire_transfers.Transfer:
    """A transfer as the wire shows it."""
    return wire_transfers.Transfer(
        id=found.id,
        kind=found.kind.value,
        state=found.state,
        debit=str(found.debit),
        credit=str(found.credit),
        amount=money(found.amount, found.currency),
        target=found.target,
        resolved_by=found.resolved_by,
        booked_at=found.booked_at,
        business_date=found.business_date,
        value_date=found.value_date,
        expires_at=found.expires_at,
        reference=found.reference,
        description=found.description,
        cell=found.cell,
        position=found.position,
        batch=found.batch,
    )


async def statement(found: ledger.Statement) -> wire_accounts.Statement:
    """A statement as the wire shows it."""
    currency = found.account.currency
    return wire_accounts.Statement(
        account=account(found.account),
        start=found.start,
        end=found.end,
        opening=money(found.opening, currency),
        closing=money(found.closing, currency),
        debit_total=money(found.debit_total, currency),
        credit_total=money(found.credit_total, currency),
        debit_count=found.debit_count,
        credit_count=found.credit_count,
        entries=[entry(one) async for one in found.entries],
    )


def payment_file(found: payments.PaymentFileResult) -> wire_payment_files.PaymentFile:
    """A payment file's result as the wire shows it."""
    return wire_payment_files.PaymentFile(
        id=found.id,
        message_id=found.message_id,
        format=found.message,
        status=found.status.value,
        received_at=found.received_at,
        payment_count=len(found.outcomes),
        accepted_count=found.settled(),
        rejected_count=found.rejected(),
        payments=[_payment(one, found.fault) for one in found.outcomes],
        duplicate=found.duplicate,
    )


def _payment(
    found: payments.InstructionOutcome, fault_of_file: payments.Fault | None
) -> wire_payment_files.PaymentOutcome:
    fault = found.fault or fault_of_file
    return wire_payment_files.PaymentOutcome(
        end_to_end_id=found.end_to_end_id,
        transfer=found.transfer,
        debtor=found.debtor,
        creditor=found.creditor,
        amount=Money(currency=found.currency, value=found.amount),
        status=found.status.value,
        code=fault.code if fault is not None else None,
        detail=fault.detail if fault is not None else None,
    )
