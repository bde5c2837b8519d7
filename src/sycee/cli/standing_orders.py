"""``sycee standing-order``: payments that come again, from a first look at their dates to their end."""

from __future__ import annotations

import asyncio
from datetime import date
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import typer
from msgspec.structs import replace

from sycee.cli.books import books, opened
from sycee.cli.connection import remote
from sycee.cli.options import (
    DatabaseUrl,
    DataDir,
    Json,
    Why,
    account_option,
    date_option,
    local_settings,
    money_option,
    uuid_argument,
    uuid_option,
)
from sycee.cli.output import Column, facts, out, print_json, table
from sycee.client import (
    Money,
    NewStandingOrder,
    Schedule,
    StandingOrder,
    StandingTerms,
    Sycee,
)
from sycee.kernel.ids import uuid7

app = typer.Typer(
    no_args_is_help=True, help="Payments that come again: make, see, change, halt and end them."
)
sweep_app = typer.Typer(no_args_is_help=True, help="Carry standing orders out.")


class Every(StrEnum):
    """The rhythms, as options name them."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"


class Roll(StrEnum):
    """Where a date moves that is no business day."""

    FOLLOWING = "following"
    PRECEDING = "preceding"
    MODIFIED_FOLLOWING = "modified_following"


class State(StrEnum):
    """The states of a standing order."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


OrderId = Annotated[UUID, uuid_argument("ORDER", "Id of the standing order, a UUID.")]
Day = Annotated[
    int | None,
    typer.Option("--day", min=1, max=31, help="Day of the month; 31 is the last one of every month."),
]
LastOn = Annotated[date | None, date_option("--last-on", "No date lies after this one.")]
Times = Annotated[int | None, typer.Option("--times", min=1, help="How many times, from the first date.")]


@app.command("make")
@remote
async def make(
    bank: Sycee,
    *,
    source: Annotated[str, account_option("--from", "The account that pays.")],
    payee: Annotated[str, typer.Option("--to", help="The payee's account.")],
    name: Annotated[str, typer.Option("--name", help="The payee's name.")],
    amount: Annotated[Money, money_option("--amount", "Of each payment, as '1234.56 CNY'.")],
    every: Annotated[Every, typer.Option("--rhythm", help="How often; daily is every business day.")],
    first_on: Annotated[date, date_option("--first-on", "The first date; the rhythm counts from it.")],
    day: Day = None,
    last_on: LastOn = None,
    times: Times = None,
    calendar: Annotated[
        str, typer.Option("--calendar", help="Which days are business days: CN, weekdays, every_day.")
    ] = "CN",
    roll: Annotated[
        Roll, typer.Option("--roll", help="Where a date moves that is no business day.")
    ] = Roll.FOLLOWING,
    retry_days: Annotated[
        int, typer.Option("--retry-days", min=0, max=30, help="Business days to try again for lack of funds.")
    ] = 0,
    agent: Annotated[
        str | None, typer.Option("--bank", help="The payee's bank, CNAPS number or BIC. Default: this bank.")
    ] = None,
    purpose: Annotated[str, typer.Option("--purpose", help="Purpose code, such as RENT.")] = "",
    remittance: Annotated[str, typer.Option("--remittance", help="What the payee is told.")] = "",
    end_to_end_id: Annotated[str, typer.Option("--end-to-end-id", help="Your own reference.")] = "",
    urgent: Annotated[bool, typer.Option("--urgent", help="The quickest way, not the cheapest.")] = False,
    order_id: Annotated[UUID | None, uuid_option("--id", "Id of the order. Made when left out.")] = None,
    dates: Annotated[int, typer.Option("--dates", min=0, max=100, help="How many dates to show.")] = 12,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show its dates; nothing is kept.")] = False,
    json: Json = False,
) -> None:
    """Make a standing order, or with --dry-run look at its dates before it is made."""
    new = NewStandingOrder(
        id=order_id or uuid7(),
        debit_account=source,
        terms=StandingTerms(
            amount=amount,
            creditor_account=payee,
            creditor_name=name,
            creditor_agent=agent,
            purpose=purpose,
            remittance=remittance,
            end_to_end_id=end_to_end_id,
            urgency="urgent" if urgent else "normal",
            schedule=Schedule(
                rhythm=every.value,
                first_on=first_on,
                day=day,
                last_on=last_on,
                times=times,
                calendar=calendar,
                roll=roll.value,
                retry_days=retry_days,
            ),
        ),
    )
    act = bank.preview_standing_order if dry_run else bank.make_standing_order
    _show(await act(new, dates=dates), json)


@app.command("show")
@remote
async def show(bank: Sycee, order: OrderId, json: Json = False) -> None:
    """Show a standing order with its next dates."""
    _show(await bank.standing_order(order), json)


@app.command("list")
@remote
async def list_orders(
    bank: Sycee,
    *,
    customer: Annotated[UUID | None, uuid_option("--customer", "From accounts of this customer.")] = None,
    account: Annotated[str | None, account_option("--account", "From this account.")] = None,
    state: Annotated[State | None, typer.Option("--state", help="In this state only.")] = None,
    json: Json = False,
) -> None:
    """List standing orders, the newest first, each with its next date."""
    asked = bank.standing_orders(
        customer=customer, account=account, state=None if state is None else state.value
    )
    found = [one async for one in asked]
    if json:
        print_json({"standing_orders": found})
        return
    rows = [
        [
            one.id,
            one.state,
            one.terms.amount,
            one.debit_account,
            one.terms.creditor_account,
            one.terms.schedule.rhythm,
            one.upcoming[0].due_on or one.upcoming[0].on if one.upcoming else None,
        ]
        for one in found
    ]
    columns: list[str | Column] = [
        "id",
        "state",
        Column("amount", right=True),
        "from",
        "to",
        "rhythm",
        "next",
    ]
    out.print(table("Standing orders", columns, rows))


@app.command("history")
@remote
async def history(bank: Sycee, order: OrderId, json: Json = False) -> None:
    """Show what became of every date, the latest first, and everything that happened to the order."""
    occurrences = [one async for one in bank.occurrences(order)]
    events = await bank.standing_order_events(order)
    if json:
        print_json({"occurrences": occurrences, "events": events})
        return
    rows = [
        [one.scheduled_on, one.due_on, one.state, one.payment, one.tries, one.code] for one in occurrences
    ]
    columns: list[str | Column] = ["agreed", "due on", "state", "payment", Column("tries", right=True), "why"]
    out.print(table("Dates", columns, rows))
    happened = [
        [f"{one.at:%Y-%m-%d %H:%M:%S}", one.what, one.scheduled_on, one.actor, one.reason or one.code]
        for one in events
    ]
    out.print(table("What happened", ["at", "what", "date", "by", "why"], happened))


@app.command("change")
@remote
async def change(
    bank: Sycee,
    order: OrderId,
    *,
    amount: Annotated[Money | None, money_option("--amount", "Of each payment from now on.")] = None,
    every: Annotated[Every | None, typer.Option("--rhythm", help="How often.")] = None,
    first_on: Annotated[date | None, date_option("--first-on", "The first date of the new rhythm.")] = None,
    day: Day = None,
    last_on: LastOn = None,
    times: Times = None,
    remittance: Annotated[str | None, typer.Option("--remittance", help="What the payee is told.")] = None,
    json: Json = False,
) -> None:
    """Agree on other terms from the next occurrence on; what is not named stays as it is."""
    terms = (await bank.standing_order(order)).terms
    schedule: dict[str, Any] = {"first_on": first_on, "day": day, "last_on": last_on, "times": times}
    schedule["rhythm"] = None if every is None else every.value
    said = {name: value for name, value in schedule.items() if value is not None}
    if first_on is not None and day is None:
        said["day"] = None
    more = {"amount": amount, "remittance": remittance}
    wanted = replace(
        terms,
        schedule=replace(terms.schedule, **said),
        **{name: value for name, value in more.items() if value is not None},
    )
    _show(await bank.change_standing_order(order, wanted), json)


@app.command("suspend")
@remote
async def suspend(bank: Sycee, order: OrderId, reason: Why = "", json: Json = False) -> None:
    """Let an order rest: what falls due meanwhile is skipped."""
    _show(await bank.suspend_standing_order(order, reason=reason), json)


@app.command("resume")
@remote
async def resume(bank: Sycee, order: OrderId, reason: Why = "", json: Json = False) -> None:
    """Let a suspended order go on."""
    _show(await bank.resume_standing_order(order, reason=reason), json)


@app.command("end")
@remote
async def end(bank: Sycee, order: OrderId, reason: Why = "", json: Json = False) -> None:
    """End an order for good."""
    _show(await bank.end_standing_order(order, reason=reason), json)


@sweep_app.command("run")
def run(
    cell: Annotated[int | None, typer.Option("--cell", min=100, max=999, help="Of this cell only.")] = None,
    data_dir: DataDir = None,
    database_url: DatabaseUrl = None,
    json: Json = False,
) -> None:
    """Carry out now what has fallen due; the worker does it by itself. Running it twice pays once."""
    from sycee.payments import sweep_standing_orders  # noqa: PLC0415 - the other commands speak to a bank

    async def sweep(url: str) -> int:
        async with opened(url) as database:
            return await sweep_standing_orders(database, cell=cell)

    with books(local_settings(data_dir, database_url)) as url:
        done = asyncio.run(sweep(url))
    if json:
        print_json({"done": done})
    else:
        out.print(f"{done} done: dates that fell due, payments submitted, payments missed")


def _show(order: StandingOrder, json: bool) -> None:
    if json:
        print_json(order)
        return
    terms, when = order.terms, order.terms.schedule
    pairs: list[tuple[str, object]] = [
        ("state", order.state),
        ("amount", terms.amount),
        ("from", order.debit_account),
        ("to", f"{terms.creditor_name}, {terms.creditor_account}"),
        ("bank", terms.creditor_agent or "this bank"),
        ("rhythm", f"{when.rhythm} from {when.first_on}, {when.roll} ({when.calendar})"),
        ("through", when.last_on),
        ("times", when.times),
        (
            "tried again",
            f"{when.retry_days} business days" if when.retry_days else "until the end of the day",
        ),
        ("version", order.version),
    ]
    out.print(facts(f"Standing order {order.id}", pairs))
    rows = [[one.on, one.due_on or "calendar not published yet"] for one in order.upcoming]
    out.print(table("Next dates", ["agreed", "paid on"], rows))
