"""What a customer's system is told of an account in ISO 20022: the day so far, and single entries."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from litestar import get
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp
from msgspec import Meta, field

from sycee import ledger, payments
from sycee.api.bodies import AnyRequest, read_query
from sycee.api.conversions import read_account
from sycee.api.edge import transaction
from sycee.api.errors import DateOutOfRange, InvalidParameter
from sycee.api.operations import XML, describe
from sycee.api.routes.statements import check_period
from sycee.api.schemas.common import Wire
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.kernel.ids import InvalidAccountNumber
from sycee.ledger import AccountNotFound, EntryNotFound

_CAMT = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{message}"><{body}>…</{body}></Document>'
)
_ERRORS = (AccountNotFound, InvalidAccountNumber)


class EntryNoticeQuery(Wire):
    """Which entries: those of a transfer, or of business dates, of either or one direction."""

    transfer: Annotated[UUID | None, Meta(description="The entry that this transfer made, alone.")] = None
    start: Annotated[date | None, Meta(description="First business date; the one that runs when absent.")] = (
        field(default=None, name="from")
    )
    end: Annotated[
        date | None, Meta(description="Last business date, included; the one that runs when absent.")
    ] = field(default=None, name="to")
    side: Annotated[
        Literal["debit", "credit"] | None, Meta(description="Debits or credits only; both when absent.")
    ] = None


@get(
    "/v1/accounts/{number:str}/intraday-report",
    opt=describe(
        id="get_intraday_report",
        summary="Draw up an intraday report",
        description="The business date that runs, so far, as camt.052 (ISO 20022): its opening balance, "
        "every entry booked, and the interim balances.",
        tag="Statements",
        scope=Scope.BOOKS_READ,
        customers=True,
        media=XML,
        example=_CAMT.format(message="camt.052.001.08", body="BkToCstmrAcctRpt"),
        errors=_ERRORS,
    ),
)
async def get_intraday_report(request: AnyRequest, number: FromPath[str]) -> ASGIApp:
    """Draw up an intraday report."""
    account = read_account(number)
    async with transaction(request) as tx:
        return ASGIResponse(body=await payments.camt052(tx, account), media_type=XML)


@get(
    "/v1/accounts/{number:str}/entry-notice",
    opt=describe(
        id="get_entry_notice",
        summary="Draw up a notice of debit or credit",
        description="Entries of an account as camt.054 (ISO 20022): that of one `transfer`, or all of "
        "business dates `from` to `to`. It states no balances.",
        tag="Statements",
        scope=Scope.BOOKS_READ,
        customers=True,
        query=EntryNoticeQuery,
        media=XML,
        example=_CAMT.format(message="camt.054.001.08", body="BkToCstmrDbtCdtNtfctn"),
        errors=(*_ERRORS, EntryNotFound, DateOutOfRange, InvalidParameter),
    ),
)
async def get_entry_notice(request: AnyRequest, number: FromPath[str]) -> ASGIApp:
    """Draw up a notice of debit or credit."""
    account = read_account(number)
    query = read_query(request, EntryNoticeQuery)
    check_period(query.start, query.end)
    if query.transfer is not None and (query.start is not None or query.end is not None):
        raise InvalidParameter("a notice is of one transfer or of business dates, not of both")
    async with transaction(request) as tx:
        found = await _entries(tx, account, query)
        return ASGIResponse(body=await payments.camt054(tx, account, found), media_type=XML)


async def _entries(tx: Transaction, account: int, query: EntryNoticeQuery) -> list[ledger.Entry]:
    if query.transfer is not None:
        found = await ledger.get_entries(tx, account, [query.transfer])
    else:
        cell = (await ledger.get_account(tx, account)).cell
        today = (await ledger.get_cell(tx, cell)).business_date
        start, end = query.start or query.end or today, query.end or max(today, query.start or today)
        found = [entry async for entry in (await ledger.statement(tx, account, start, end)).entries]
    return [entry for entry in found if query.side in (None, entry.side.value)]


HANDLERS = [get_intraday_report, get_entry_notice]
