"""Accounts: open, list, see, change."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get, patch, post
from litestar.params import FromPath
from litestar.types import ASGIApp
from msgspec import UNSET, Meta

from sycee import approvals, ledger
from sycee.api import approval_shapes, conversions, examples
from sycee.api.approval_examples import APPROVAL
from sycee.api.bodies import (
    AnyRequest,
    decode_json,
    need_content_type,
    read_body,
    read_query,
)
from sycee.api.conversions import AmountCurrencyMismatch
from sycee.api.cursors import page_of, read_cursor, write_cursor
from sycee.api.edge import answer, caller_of, edge_of, require, transaction
from sycee.api.errors import MissingField, TooManyAccounts
from sycee.api.idempotency import Answer, once
from sycee.api.operations import JSON, describe
from sycee.api.reach import Concern
from sycee.api.schemas.accounts import Account, AccountChange, AccountPage, Accounts, NewAccounts
from sycee.api.schemas.approvals import Approval
from sycee.api.schemas.common import EXAMPLE_PAYER, Cell, Cursor, Wire
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.kernel.ids import InvalidAccountNumber, uuid7
from sycee.kernel.money import InvalidAmount, UnknownCurrency
from sycee.ledger import AccountNotFound, AccountStatus

_NEW_ACCOUNTS = msgspec.json.Decoder(NewAccounts)
_CHANGE = msgspec.json.Decoder(AccountChange)
MAX_ACCOUNTS = 10_000
"""Most accounts that one request may open."""


class AccountQuery(Wire):
    """Which accounts, and where to read on."""

    customer: Annotated[UUID | None, Meta(description="Of this customer only.")] = None
    cell: Annotated[Cell | None, Meta(description="Of this cell only.")] = None
    cursor: Annotated[Cursor | None, Meta(description="`next` of the page before.")] = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="Most accounts of a page.")] = 100


@post(
    "/v1/accounts",
    opt=describe(
        id="open_accounts",
        summary="Open accounts",
        description="Opens all accounts of the list, or none. An account that names its number may be sent "
        "again; for the others send an `Idempotency-Key`.",
        tag="Accounts",
        scope=Scope.ACCOUNTS_WRITE,
        concerns_body=True,
        request=NewAccounts,
        request_example={"accounts": [examples.NEW_ACCOUNT]},
        response=Accounts,
        status=201,
        example={"accounts": [examples.ACCOUNT]},
        errors=(
            InvalidAmount,
            UnknownCurrency,
            InvalidAccountNumber,
            AmountCurrencyMismatch,
            TooManyAccounts,
            ledger.AccountExists,
            ledger.InvalidAccount,
            ledger.CellNotFound,
        ),
        idempotency_key=True,
    ),
)
async def open_accounts(request: AnyRequest) -> ASGIApp:
    """Open accounts."""
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    wanted = decode_json(body, _NEW_ACCOUNTS)
    if len(wanted.accounts) > MAX_ACCOUNTS:
        raise TooManyAccounts(
            f"{len(wanted.accounts)} accounts are sent; at most {MAX_ACCOUNTS} are taken at once",
            limit=MAX_ACCOUNTS,
        )
    accounts = conversions.new_accounts(wanted.accounts)
    await require(
        request,
        [Concern(account=one.number, customer=one.customer, cell=one.cell) for one in accounts],
    )

    async def work(tx: Transaction) -> Answer:
        opened = await ledger.open_accounts(tx, accounts)
        shown = Accounts(accounts=[conversions.account(account) for account in opened])
        return Answer(body=msgspec.json.encode(shown), status=201)

    return await once(request, body, work)


@get(
    "/v1/accounts",
    opt=describe(
        id="list_accounts",
        summary="List accounts",
        description="Accounts by number, a page at a time.",
        tag="Accounts",
        scope=Scope.ACCOUNTS_READ,
        customers=True,
        query=AccountQuery,
        response=AccountPage,
        example={"accounts": [examples.ACCOUNT], "next": None},
        errors=(ledger.InvalidCursor,),
    ),
)
async def list_accounts(request: AnyRequest) -> ASGIApp:
    """List accounts."""
    query = read_query(request, AccountQuery)
    after = read_cursor(query.cursor)
    async with transaction(request) as tx:
        found = await ledger.list_accounts(
            tx, customer=query.customer, cell=query.cell, after=after, limit=query.limit + 1
        )
    page, following = page_of(found, query.limit, lambda last: write_cursor(last.number))
    return answer(
        AccountPage(
            accounts=[conversions.account(account) for account in page],
            next=following,
        )
    )


@get(
    "/v1/accounts/{number:str}",
    opt=describe(
        id="get_account",
        summary="See an account",
        description="The account as it stands now, with balance, holds and what is available.",
        tag="Accounts",
        scope=Scope.ACCOUNTS_READ,
        customers=True,
        response=Account,
        example=examples.ACCOUNT,
        errors=(AccountNotFound, InvalidAccountNumber),
    ),
)
async def get_account(request: AnyRequest, number: FromPath[str]) -> ASGIApp:
    """See an account."""
    parsed = conversions.read_account(number)
    async with transaction(request) as tx:
        return answer(conversions.account(await ledger.get_account(tx, parsed)))


@patch(
    "/v1/accounts/{number:str}",
    opt=describe(
        id="change_account",
        summary="Change an account",
        description="Changes status, floor or names; the reason is kept. What is absent stays as it is. "
        "Where the rules of the bank ask for the agreement of others, the change waits for it (202).",
        tag="Accounts",
        scope=Scope.ACCOUNTS_WRITE,
        request=AccountChange,
        request_example={"status": "debit_blocked", "reason": "Court order 2026-114"},
        response=Account,
        example={**examples.ACCOUNT, "number": EXAMPLE_PAYER, "status": "debit_blocked"},
        others={202: (Approval, APPROVAL)},
        errors=(
            AccountNotFound,
            InvalidAccountNumber,
            InvalidAmount,
            UnknownCurrency,
            AmountCurrencyMismatch,
            MissingField,
            ledger.AccountNotEmpty,
            ledger.AccountIsClosed,
            ledger.AccountIsRestricted,
            ledger.AccountIsSupervised,
            ledger.InvalidAccount,
            approvals.ActorNotActive,
            approvals.MakerNotEntitled,
            approvals.NoRuleCovers,
            approvals.DutiesSegregated,
        ),
        idempotency_key=True,
    ),
)
async def change_account(request: AnyRequest, number: FromPath[str]) -> ASGIApp:
    """Change an account."""
    parsed = conversions.read_account(number)
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    change = decode_json(body, _CHANGE)
    changes: dict[str, Any] = {
        name: getattr(change, name) for name in ("name", "local_name") if getattr(change, name) is not UNSET
    }
    if change.status is not UNSET:
        changes["status"] = AccountStatus(change.status)
    if not changes and change.floor is UNSET:
        raise MissingField("name at least one of status, floor, name and local_name")

    async def work(tx: Transaction) -> Answer:
        if change.floor is not UNSET:
            account = await ledger.get_account(tx, parsed)
            changes["floor"] = conversions.read_floor(change.floor, account.currency)
        wanted = ledger.AccountChange(number=parsed, reason=change.reason, **changes)
        asked = await approvals.request_approval(
            tx, ledger.CHANGE_ACCOUNT, ledger.account_change(wanted), by=caller_of(request), id=uuid7()
        )
        if asked.result is None:
            return Answer(body=msgspec.json.encode(approval_shapes.approval(asked)), status=202)
        shown = conversions.account(ledger.changed_account(asked.result))
        return Answer(body=msgspec.json.encode(shown))

    return await once(request, body, work)


HANDLERS = [open_accounts, list_accounts, get_account, change_account]
