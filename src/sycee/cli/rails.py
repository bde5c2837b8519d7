"""``sycee rail``: simulate a payment system, connect rails, reconcile their days, work the cases."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from sycee.cli.connection import remote
from sycee.cli.following import Seen, followed, said_when_left
from sycee.cli.options import Json, date_option, money_option, uuid_argument, uuid_option
from sycee.cli.output import Column, facts, out, print_json, table
from sycee.client import Money, RailCase, RailMessage, Reconciliation, ReconciliationRun, Sycee

app = typer.Typer(no_args_is_help=True, help="Other banks: connect rails, reconcile, work cases, simulate.")

Rail = Annotated[str, typer.Argument(help="Name of the rail: HVPS, BEPS, IBPS.")]
Case = Annotated[UUID, uuid_argument("CASE", "Id of the case.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, for the record.")]


@app.command("simulate")
def simulate(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")] = 8900,
    data_dir: Annotated[
        Path, typer.Option("--data-dir", file_okay=False, help="Where the simulated system keeps its books.")
    ] = Path("simulated-rails"),
    config: Annotated[
        Path | None,
        typer.Option("--config", exists=True, dir_okay=False, help="JSON: rails, banks, balances, faults."),
    ] = None,
) -> None:
    """Run a simulated central bank: real ISO 20022 messages over HTTP, with faults at your command.

    Its books survive its death; a configuration counts only for a new data directory. What it shall do
    wrong is told by the configuration or by PUT /control/faults.
    """
    from sycee.payments import serve_simulator  # noqa: PLC0415 - the other commands speak to a bank

    serve_simulator(host, port, data_dir, config)


@app.command("connect")
@remote
async def connect(
    bank: Sycee,
    rail: Rail,
    at: Annotated[str, typer.Option("--at", help="Address of the rail: http://127.0.0.1:8900.")],
    participant: Annotated[
        str, typer.Option("--participant", help="This bank's clearing number (12 digits) or BIC there.")
    ],
    json: Json = False,
) -> None:
    """Say where a rail is reached, and as whom; workers take it up within seconds."""
    made = await bank.connect_rail(rail, address=at, participant=participant)
    if json:
        print_json(made)
    else:
        out.print(f"{made.rail} is reached at {made.address} as {made.participant}")


@app.command("transfer")
@remote
async def transfer(
    bank: Sycee,
    debit: Annotated[str, typer.Option("--from", help="An account of this bank's own.")],
    to: Annotated[str, typer.Option("--to", help="The other bank: 12 digits of CNAPS, or a BIC.")],
    name: Annotated[str, typer.Option("--name", help="Its name, by which it is screened.")],
    amount: Annotated[Money, money_option("--amount", "Amount, as '50000000.00 CNY'.")],
    text: Annotated[str, typer.Option("--text", help="What the other bank is told.")] = "",
    transfer_id: Annotated[
        UUID | None, uuid_option("--id", "Id of the transfer, to say the same again. Default: a new one.")
    ] = None,
    json: Json = False,
) -> None:
    """Move the bank's own money to another bank through HVPS, once somebody else has agreed."""
    id, asked = await bank.transfer_to_bank(
        debit, bank=to, bank_name=name, amount=amount, remittance=text, id=transfer_id
    )
    if json:
        print_json(asked)
        return
    out.print(
        facts(
            f"Transfer {id}",
            [("what", asked.lines[0].en), ("approval", f"{asked.id}: {asked.state}")],
        )
    )
    out.print(f"Once it is agreed to, sycee payment show {id} tells what became of it.")


@app.command("connections")
@remote
async def connections(bank: Sycee, json: Json = False) -> None:
    """List the rails that are connected, and what waits at each."""
    found = await bank.rail_connections()
    if json:
        print_json(found)
        return
    columns: list[str | Column] = ["rail", "address", "participant"]
    columns += [Column("to deliver", right=True), Column("to process", right=True)]
    columns += [Column("unanswered", right=True), Column("refused", right=True)]
    rows = [
        [
            one.rail, one.address, one.participant, str(one.to_deliver), str(one.to_process),
            str(one.unanswered), str(one.refused),
        ]
        for one in found
    ]  # fmt: skip
    out.print(table("Rails", columns, rows))


def _reconciled(found: Reconciliation) -> None:
    rows: list[tuple[str, str]] = [
        ("rail", found.rail),
        ("date", str(found.date)),
        ("opening balance there", str(found.opening)),
        ("closing balance there", str(found.closing)),
        ("matched", str(found.matched)),
        ("missing here", str(found.missing_here)),
        ("missing there", str(found.missing_there)),
        ("different", str(found.different)),
        ("settled by the report", str(found.settled_by_report)),
        ("still under way", str(found.under_way)),
        ("run", f"{found.runs} times, last by {found.run_by}"),
    ]
    out.print(facts(f"{found.rail} {found.date}", rows))


@app.command("reconcile")
@remote
async def reconcile(
    bank: Sycee,
    rail: Rail,
    on: Annotated[date, date_option("--date", "The rail's date, which has to be closed there.")],
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait until it is done, or only ask for it.")
    ] = True,
    json: Json = False,
) -> None:
    """Have the rail's report of a date compared with our items, one by one, by a worker.

    What only lacked an answer is settled by the report; what does not agree becomes a case. Ends with 1
    when something does not agree, or the report cannot be taken. May be asked again; Ctrl-C ends the
    waiting, and the worker goes on.
    """
    run = await bank.reconcile_rail(rail, on)
    if wait:
        with said_when_left(
            f"A worker of the bank goes on with it: sycee rail reconcile {rail} --date {on} follows it again"
        ):
            run = await followed(
                f"Reconciling {rail} {on}",
                run,
                lambda: bank.rail_reconciliation(rail, on),
                lambda one: Seen(
                    one.finished_at is not None, one.entries_compared, one.entries or None, _stage(one)
                ),
            )
    if json:
        print_json(run)
    elif run.found is not None:
        _reconciled(run.found)
    else:
        out.print(f"{rail} {on}: {_stage(run)}")
    if run.state == "failed" or (run.found is not None and not run.found.clean):
        raise typer.Exit(1)


def _stage(run: ReconciliationRun) -> str:
    """Where a run is, in words."""
    if run.code is not None:
        return f"{run.state}: {run.code}: {run.detail}"
    return f"{run.state}, {run.pages_taken} of {run.pages or '?'} pages taken"


@app.command("reconciliations")
@remote
async def reconciliations(bank: Sycee, rail: Rail, json: Json = False) -> None:
    """List what reconciliations of a rail found, the newest date first."""
    found = await bank.rail_reconciliations(rail)
    if json:
        print_json(found)
        return
    columns: list[str | Column] = ["date", Column("matched", right=True)]
    columns += [Column("missing here", right=True), Column("missing there", right=True)]
    columns += [Column("different", right=True), "clean"]
    rows = [
        [
            str(one.date), str(one.matched), str(one.missing_here), str(one.missing_there),
            str(one.different), "yes" if one.clean else "no",
        ]
        for one in found
    ]  # fmt: skip
    out.print(table(f"Reconciliations of {rail}", columns, rows))


@app.command("cases")
@remote
async def cases(
    bank: Sycee,
    rail: Annotated[str | None, typer.Option("--rail", help="Of this rail only.")] = None,
    state: Annotated[
        str | None, typer.Option("--state", help="open, in_suspense or settled. Default: all.")
    ] = None,
    json: Json = False,
) -> None:
    """List cases: what does not agree with a rail, and what other banks ask back."""
    found = [case async for case in bank.rail_cases(rail, state)]
    if json:
        print_json(found)
        return
    columns: list[str | Column] = ["case", "rail", "date", "kind", "what"]
    columns += [Column("ours", right=True), Column("theirs", right=True), "state", "detail"]
    rows = [
        [
            str(one.id), one.rail, str(one.date), one.kind, one.what, one.ours.value, one.theirs.value,
            one.state, one.detail,
        ]
        for one in found
    ]  # fmt: skip
    out.print(table("Cases", columns, rows))


@app.command("messages")
@remote
async def messages(
    bank: Sycee,
    rail: Annotated[str | None, typer.Option("--rail", help="Of this rail only.")] = None,
    state: Annotated[str, typer.Option("--state", help="waiting, done, refused or closed.")] = "refused",
    json: Json = False,
) -> None:
    """List messages that one side could not read, or those in another state."""
    found = [message async for message in bank.rail_messages(state, rail)]
    if json:
        print_json(found)
        return
    columns: list[str | Column] = ["message", "rail", "way", "name", "its own id", "state"]
    columns += [Column("tries", right=True), "error"]
    rows = [
        [
            str(one.id), one.rail, one.direction, one.name, one.message_id, one.state, str(one.attempts),
            one.error or "",
        ]
        for one in found
    ]  # fmt: skip
    out.print(table("Messages", columns, rows))


@app.command("message")
@remote
async def message(
    bank: Sycee,
    message: Annotated[UUID, uuid_argument("MESSAGE", "Id of the message, a UUID.")],
    action: Annotated[
        str | None,
        typer.Argument(
            help="retry: the same once more; close: give it up, and give back what was held for it. "
            "Default: show the message."
        ),
    ] = None,
    reason: Reason = "",
    json: Json = False,
) -> None:
    """Show a message to or from a rail, or repair one that one side could not read."""
    found = (
        await bank.rail_message(message)
        if action is None
        else await bank.act_on_rail_message(message, action, reason=reason)
    )
    print_json(found) if json else _message(found)


def _message(found: RailMessage) -> None:
    rows: list[tuple[str, str]] = [
        ("rail and way", f"{found.rail} {found.direction}"),
        ("message", f"{found.name} {found.message_id}".strip()),
        ("state", f"{found.state}, tried {found.attempts} times"),
    ]
    if found.error:
        rows.append(("error", found.error))
    if found.worked_by:
        rows.append(("worked by", f"{found.worked_by}: {found.work_reason}"))
    out.print(facts(f"Message {found.id}", rows))
    if found.body is not None:
        out.print(found.body, markup=False, soft_wrap=True)


@app.command("case")
@remote
async def act(
    bank: Sycee,
    case: Case,
    action: Annotated[
        str | None,
        typer.Argument(
            help="suspense: book the difference; apply: give it to --account; explain: nothing to book; "
            "return or refuse: answer a recall; credit or return: decide on what screening keeps. "
            "Default: show the case."
        ),
    ] = None,
    reason: Reason = "",
    account: Annotated[str | None, typer.Option("--account", help="Account number, for apply.")] = None,
    json: Json = False,
) -> None:
    """Show a case, or work it: every action books its entry and says why."""
    found = (
        await bank.rail_case(case)
        if action is None
        else await bank.act_on_rail_case(case, action, reason=reason, account=account)
    )
    if json:
        print_json(found)
    else:
        _case(found)


def _case(found: RailCase) -> None:
    rows: list[tuple[str, str]] = [
        ("kind", f"{found.kind} ({found.what})"),
        ("rail and date", f"{found.rail} {found.date}"),
        ("UETR", str(found.uetr)),
        ("item", found.item_id),
        ("payment", str(found.payment or "")),
        ("by our books", str(found.ours)),
        ("by theirs", str(found.theirs)),
        ("state", found.state),
        ("detail", found.detail),
    ]
    if found.resolution:
        rows.append(("worked by", f"{found.settled_by}: {found.resolution} {found.reason}".rstrip()))
    rows += [("entry", str(entry)) for entry in found.entries]
    out.print(facts(f"Case {found.id}", rows))
