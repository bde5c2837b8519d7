"""``sycee account``: open, show, list and change accounts; their entries and balances."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import typer

from sycee.cli.account_messages import entry_notice, intraday_report
from sycee.cli.connection import remote
from sycee.cli.options import Json, Number, Side, date_option, money_option, uuid_option
from sycee.cli.output import Column, facts, hint, out, print_json, table
from sycee.client import Account, Entry, Money, Sycee, WaitsForApproval
from sycee.kernel.money import CURRENCIES

app = typer.Typer(no_args_is_help=True, help="Open, show, list and change accounts.")


class Status(StrEnum):
    """The statuses of an account, as options name them."""

    OPEN = "open"
    DEBIT_BLOCKED = "debit_blocked"
    CREDIT_BLOCKED = "credit_blocked"
    FROZEN = "frozen"
    DORMANT = "dormant"
    CLOSED = "closed"
    RESTRICTED = "restricted"


def _currency(code: str) -> str:
    if code.upper() not in CURRENCIES:
        raise typer.BadParameter(f"{code!r} is not an active ISO 4217 currency, such as CNY")
    return code.upper()


def _moment(text: str) -> date:
    try:
        if len(text) == len("2026-03-31"):
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is neither a date (2026-03-31) nor an instant (2026-03-31T17:00:00+08:00)"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _row(account: Account) -> list[object]:
    name = " ".join(part for part in (account.local_name, account.name) if part)
    return [
        account.number,
        name,
        account.currency,
        account.subject,
        account.status,
        account.balance.value,
        account.held.value,
        account.available.value if account.floor else "",
    ]


def _show(account: Account) -> None:
    pairs: list[tuple[str, object]] = [
        ("number", account.number),
        ("name", account.name),
        ("local name", account.local_name),
        ("status", account.status),
        ("currency", account.currency),
        ("subject", account.subject),
        ("normal side", account.normal_side),
        ("floor", account.floor or "none"),
        ("balance", account.balance),
        ("held", account.held),
        ("incoming", account.incoming),
        ("available", account.available),
        ("cell", account.cell),
        ("customer", account.customer),
        ("opened on", account.opened_on),
        ("closed on", account.closed_on),
        ("entries", account.entries),
    ]
    out.print(facts("Account", pairs))


def _report(account: Account, json: bool) -> None:
    if json:
        print_json(account)
    else:
        _show(account)


@app.command("open")
@remote
async def open_account(
    bank: Sycee,
    *,
    currency: Annotated[
        str, typer.Option("--currency", parser=_currency, metavar="CODE", help="ISO 4217 code, such as CNY.")
    ],
    subject: Annotated[
        str, typer.Option("--subject", help="General-ledger subject, such as 2011 for deposits.")
    ],
    number: Annotated[
        str | None, typer.Option("--number", help="Account number. Made by the bank when left out.")
    ] = None,
    cell: Annotated[
        int | None, typer.Option("--cell", min=100, max=999, help="Cell in which to place the account.")
    ] = None,
    side: Annotated[
        Side, typer.Option("--side", help="Side that makes the balance grow: credit for deposits.")
    ] = Side.CREDIT,
    floor: Annotated[
        Money | None, money_option("--floor", "Lowest balance, negative for an overdraft line. Default: 0.")
    ] = None,
    no_floor: Annotated[
        bool, typer.Option("--no-floor", help="Let the balance fall without a limit.")
    ] = False,
    name: Annotated[str, typer.Option("--name", help="Name of the account.")] = "",
    local_name: Annotated[str, typer.Option("--local-name", help="Name of the account in Chinese.")] = "",
    customer: Annotated[UUID | None, uuid_option("--customer", "Customer who owns the account.")] = None,
    json: Json = False,
) -> None:
    """Open an account and show it."""
    if cell is None and number is None:
        raise typer.BadParameter("--cell says where to place the account (or --number, which names its cell)")
    if floor is not None and no_floor:
        raise typer.BadParameter("--floor and --no-floor exclude each other")
    given = {"floor": floor} if floor is not None else {"floor": None} if no_floor else {}
    account = await bank.open_account(
        currency,
        subject,
        number=number,
        cell=cell,
        normal_side=side.value,
        name=name,
        local_name=local_name,
        customer=customer,
        **given,
    )
    _report(account, json)


@app.command("show")
@remote
async def show_account(bank: Sycee, number: Number, json: Json = False) -> None:
    """Show an account as it stands now."""
    _report(await bank.account(number), json)


@app.command("list")
@remote
async def list_accounts(
    bank: Sycee,
    cell: Annotated[
        int | None, typer.Option("--cell", min=100, max=999, help="Accounts of one cell only.")
    ] = None,
    customer: Annotated[UUID | None, uuid_option("--customer", "Accounts of one customer only.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show at most so many.")] = 100,
    json: Json = False,
) -> None:
    """List accounts by number."""
    accounts: list[Account] = []
    more = False
    async for account in bank.accounts(customer=customer, cell=cell, page=min(limit, 100)):
        if len(accounts) == limit:
            more = True
            break
        accounts.append(account)
    if json:
        print_json({"accounts": accounts, "more": more})
        return
    columns: list[str | Column] = ["number", "name", "ccy", "subject", "status"]
    columns += [Column("balance", right=True), Column("held", right=True), Column("available", right=True)]
    out.print(table("Accounts", columns, [_row(account) for account in accounts]))
    if more:
        hint(f"there are more than {limit}; --limit shows more of them")


@app.command("change")
@remote
async def change_account(
    bank: Sycee,
    number: Number,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")],
    status: Annotated[Status | None, typer.Option("--status", help="New status.")] = None,
    floor: Annotated[Money | None, money_option("--floor", "New lowest balance.")] = None,
    no_floor: Annotated[
        bool, typer.Option("--no-floor", help="Let the balance fall without a limit.")
    ] = False,
    name: Annotated[str | None, typer.Option("--name", help="New name.")] = None,
    local_name: Annotated[str | None, typer.Option("--local-name", help="New name in Chinese.")] = None,
    json: Json = False,
) -> None:
    """Change an account's status, floor or names; freezing and closing are changes of status."""
    if floor is not None and no_floor:
        raise typer.BadParameter("--floor and --no-floor exclude each other")
    if not no_floor and all(value is None for value in (status, floor, name, local_name)):
        raise typer.BadParameter(
            "nothing to change: give --status, --floor, --no-floor, --name or --local-name"
        )
    given = {"floor": floor} if floor is not None else {"floor": None} if no_floor else {}
    try:
        account = await bank.change_account(
            number,
            reason=reason,
            status=status.value if status else None,
            name=name,
            local_name=local_name,
            **given,
        )
    except WaitsForApproval as waiting:
        if json:
            print_json(waiting.approval)
        hint(f"{waiting.detail}; `sycee approval show {waiting.approval.id}` shows it")
        return
    _report(account, json)


@app.command("entries")
@remote
async def list_entries(
    bank: Sycee,
    number: Number,
    start: Annotated[date | None, date_option("--from", "First business date.")] = None,
    end: Annotated[date | None, date_option("--to", "Last business date.")] = None,
    oldest_first: Annotated[
        bool, typer.Option("--oldest-first", help="Begin with the oldest entry.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show at most so many.")] = 50,
    json: Json = False,
) -> None:
    """Show an account's entries with the balance after each, newest first."""
    entries: list[Entry] = []
    more = False
    found = bank.entries(
        number, start=start, end=end, newest_first=not oldest_first, page=min(limit + 1, 100)
    )
    async for entry in found:
        if len(entries) == limit:
            more = True
            break
        entries.append(entry)
    if json:
        print_json({"entries": entries, "more": more})
        return
    columns: list[str | Column] = ["date", "booked at", "kind"]
    columns += [Column("debit", right=True), Column("credit", right=True), Column("balance", right=True)]
    columns += ["counterparty", "reference", "description"]
    rows = [
        [
            entry.business_date,
            entry.booked_at.strftime("%H:%M:%S"),
            entry.kind,
            entry.amount.value if entry.side == "debit" else "",
            entry.amount.value if entry.side == "credit" else "",
            entry.balance.value,
            entry.counterparty,
            entry.reference,
            entry.description,
        ]
        for entry in entries
    ]
    out.print(table(f"Entries of {number}", columns, rows))
    if more:
        hint(f"there are more than {limit}; --limit, --from and --to show others")


@app.command("balance")
@remote
async def show_balance(
    bank: Sycee,
    number: Number,
    at: Annotated[
        date | None,
        typer.Option(
            "--at",
            parser=_moment,
            metavar="DATE|INSTANT",
            help="At the end of a business date, or at a past instant. Default: now.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Show an account's balance, now or at a past moment."""
    balance = await bank.balance(number, at=at)
    if json:
        print_json(balance)
        return
    pairs: list[tuple[str, object]] = [
        ("account", number),
        ("at", balance.at or "now"),
        ("balance", balance.balance),
        ("held", balance.held),
        ("available", balance.available),
    ]
    out.print(facts("Balance", pairs))


app.command("intraday-report")(intraday_report)
app.command("entry-notice")(entry_notice)
