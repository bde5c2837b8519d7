"""Between the wire's shapes and those of the banking day; and the places where its lists go on."""

from __future__ import annotations

import base64
import binascii
from datetime import date
from typing import Any, Literal, cast

import msgspec

from sycee import operations
from sycee.api.schemas import ends_of_day as wire
from sycee.api.schemas.common import Money
from sycee.ledger import InvalidCursor


def end_of_day(run: operations.DayRun) -> wire.EndOfDay:
    """A run as the wire shows it."""
    return wire.EndOfDay(
        cell=run.cell,
        business_date=run.business_date,
        next_date=run.next_date,
        state=run.state,
        attempt=run.attempt,
        started_by=run.started_by,
        started_at=run.started_at,
        finished_at=run.finished_at,
        failed=run.failed,
        steps=[_step(step) for step in run.steps],
    )


def _step(step: operations.StepRun) -> wire.EndOfDayStep:
    title, local_title = operations.title_of(step.step)
    return wire.EndOfDayStep(
        step=step.step,
        title=title,
        local_title=local_title,
        state=step.state,
        attempt=step.attempt,
        done=step.done,
        total=step.total,
        failed=step.failed,
        code=step.code,
        reason=step.reason,
        started_at=step.started_at,
        finished_at=step.finished_at,
    )


def failure(found: operations.DayFailure) -> wire.EndOfDayFailure:
    """What failed, as the wire shows it."""
    return wire.EndOfDayFailure(
        step=found.step,
        round=found.round,
        account=str(found.account) if found.account is not None else None,
        code=found.code,
        reason=found.reason,
        advice=found.advice,
        failed_at=found.failed_at,
    )


def summary(found: operations.DocumentSummary) -> wire.DocumentSummary:
    """What is known of a document, as the wire shows it."""
    return wire.DocumentSummary(
        id=found.id,
        kind=found.kind.value,
        account=str(found.account),
        customer=found.customer,
        start=found.start,
        end=found.end,
        business_date=found.business_date,
        entries=found.entries,
        sha256=found.sha256,
        created_at=found.created_at,
    )


def document(found: operations.Document) -> wire.Document:
    """A document as the wire shows it."""
    content = found.content
    account = content.account
    statement = confirmation = None
    if isinstance(content, operations.StatementContent):
        statement = _statement(content)
    else:
        currency = account.currency
        confirmation = wire.ConfirmationDocument(
            balance=Money(currency, content.balance), held=Money(currency, content.held)
        )
    return wire.Document(
        document=summary(found.summary),
        account=wire.DocumentAccount(
            number=account.number,
            name=account.name,
            local_name=account.local_name,
            currency=account.currency,
            customer=account.customer,
        ),
        statement=statement,
        confirmation=confirmation,
    )


def _statement(content: operations.StatementContent) -> wire.StatementDocument:
    currency = content.account.currency
    return wire.StatementDocument(
        opening=Money(currency, content.opening),
        closing=Money(currency, content.closing),
        debit_total=Money(currency, content.debit_total),
        credit_total=Money(currency, content.credit_total),
        debit_count=content.debit_count,
        credit_count=content.credit_count,
        lines=[
            wire.DocumentLine(
                transfer=line.transfer,
                side=cast("Literal['debit', 'credit']", line.side),
                amount=Money(currency, line.amount),
                balance=Money(currency, line.balance),
                counterparty=line.counterparty,
                kind=line.kind,
                booked_at=line.booked_at,
                business_date=line.business_date,
                value_date=line.value_date,
                reference=line.reference,
                description=line.description,
            )
            for line in content.lines
        ],
    )


def write_place(*place: Any) -> str:
    """The cursor that reads on after a place of several parts."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def read_place(cursor: str | None, shape: Any) -> Any:
    """The place after which to read on. Raises InvalidCursor."""
    if cursor is None:
        return None
    try:
        plain = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(plain, type=shape)
    except (binascii.Error, ValueError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise InvalidCursor("pass the value of `next` from the page before, unchanged") from None


DocumentPlace = tuple[date, wire.Kind]
"""Where a list of an account's documents goes on: end of period, kind."""

DayDocumentPlace = tuple[int, wire.Kind, date]
"""Where a list of a day's documents goes on: account, kind, end of period."""
