"""``sycee approval``: what waits for one's yes, saying yes or no, rules, and standing in for others."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import typer

from sycee.cli.connection import remote
from sycee.cli.options import Json, money_option, uuid_argument, uuid_option
from sycee.cli.output import Column, facts, hint, out, print_json, table
from sycee.client import (
    Approval,
    ApprovalDecision,
    ApprovalOutcome,
    ApprovalStage,
    Money,
    NewApprovalRule,
    Sycee,
)

app = typer.Typer(
    no_args_is_help=True,
    help="See what waits for your yes, say yes or no, keep the rules, stand in for others.",
)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a moment; write it as 2026-04-15T00:00+08:00") from None
    return found if found.tzinfo is not None else found.astimezone()


def _stage(text: str) -> ApprovalStage:
    count, _, who = text.partition(":")
    if count.isdecimal() and who:
        return ApprovalStage(who=who, count=int(count))
    return ApprovalStage(who=text)


_Request = Annotated[UUID, uuid_argument("APPROVAL", "Id of the request, a UUID.")]
_Requests = Annotated[list[UUID], uuid_argument("APPROVAL...", "Ids of the requests.")]
_Limit = Annotated[int, typer.Option("--limit", min=1, help="Show at most so many.")]
_ActingFor = Annotated[
    UUID | None, uuid_option("--acting-for", "On the authority of this principal, whom you stand in for.")
]
_Until = Annotated[
    datetime,
    typer.Option(
        "--until", metavar="MOMENT", parser=_moment, help="When it ends, as 2026-04-15T00:00+08:00."
    ),
]
_Command = Annotated[str, typer.Option("--command", help="A command, or a beginning such as accounts.*")]


@app.command("inbox")
@remote
async def inbox(bank: Sycee, limit: _Limit = 50, json: Json = False) -> None:
    """Show what waits for your yes right now."""
    found = []
    async for item in bank.approval_inbox(page=min(limit, 500)):
        found.append(item)
        if len(found) == limit:
            break
    if json:
        print_json({"items": found})
        return
    rows = [
        [item.approval.id, _what(item.approval), _amount(item.approval), item.authority, item.acting_for]
        for item in found
    ]
    columns: list[str | Column] = ["id", "what", Column("amount", right=True), "asked as", "acting for"]
    out.print(table("Waiting for your yes", columns, rows))


@app.command("list")
@remote
async def list_approvals(
    bank: Sycee,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only what still waits.")] = False,
    limit: _Limit = 50,
    json: Json = False,
) -> None:
    """List what was asked for, the newest first."""
    found: list[Approval] = []
    async for one in bank.approvals(state="waiting" if waiting else None, page=min(limit, 500)):
        found.append(one)
        if len(found) == limit:
            break
    if json:
        print_json({"approvals": found})
        return
    rows = [[one.id, one.state, _what(one), _amount(one), one.maker, one.reason] for one in found]
    columns: list[str | Column] = ["id", "state", "what", Column("amount", right=True), "maker", "reason"]
    out.print(table("Approvals", columns, rows))


@app.command("show")
@remote
async def show(bank: Sycee, id: _Request, json: Json = False) -> None:
    """Show a request: what it comes to, who agreed, who is lacking, and its trail."""
    found, trail = await bank.approval(id), await bank.approval_trail(id)
    if json:
        print_json({"detail": found, "events": trail})
        return
    _show(found.approval)
    rows = [
        [stage.who, stage.count, "yes" if stage.met else stage.lacking, ", ".join(map(str, stage.by))]
        for stages in found.rules
        for stage in stages
    ]
    if rows:
        out.print(table("Who must agree", ["who", "how many", "met", "by"], rows))
    if found.hindered:
        hint(found.hindered)
    lines = [
        [f"{line.at:%Y-%m-%d %H:%M:%S}", line.what, line.principal, line.authority, line.reason or line.code]
        for line in trail
    ]
    out.print(table("Trail", ["at (UTC)", "what", "who", "as", "why"], lines))


@app.command("approve")
@remote
async def approve(
    bank: Sycee,
    ids: _Requests,
    reason: Annotated[str, typer.Option("--reason", help="For the record.")] = "",
    acting_for: _ActingFor = None,
    json: Json = False,
) -> None:
    """Say yes to requests, each by the digest of what it shows."""
    await _decide(bank, ids, "yes", reason, acting_for, json)


@app.command("reject")
@remote
async def reject(
    bank: Sycee,
    ids: _Requests,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")],
    acting_for: _ActingFor = None,
    json: Json = False,
) -> None:
    """Say no to requests: that ends them."""
    await _decide(bank, ids, "no", reason, acting_for, json)


@app.command("withdraw")
@remote
async def withdraw(
    bank: Sycee,
    id: _Request,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")] = "",
    json: Json = False,
) -> None:
    """Take back what you asked for."""
    found = await bank.withdraw_approval(id, reason=reason)
    print_json(found) if json else _show(found)


@app.command("rules")
@remote
async def rules(
    bank: Sycee,
    customer: Annotated[
        UUID | None, uuid_option("--customer", "Those of this customer, rather than the bank's.")
    ] = None,
    json: Json = False,
) -> None:
    """List the rules in force, and the duties that nobody may join."""
    found = await bank.approval_rules(customer)
    if json:
        print_json(found)
        return
    rows = [
        [
            one.id,
            one.command,
            one.up_to or one.currency,
            one.account or one.counterparty or one.product,
            one.makers,
            ", ".join(f"{stage.count} × {stage.who}" for stage in one.stages) or "nobody else",
        ]
        for one in found.rules
    ]
    out.print(table("Rules of approval", ["id", "command", "up to", "only for", "makers", "then"], rows))
    if found.segregations:
        pairs = [[pair.id, pair.one, pair.other, pair.note] for pair in found.segregations]
        out.print(table("Duties kept apart", ["id", "one", "other", "note"], pairs))


@app.command("propose-rule")
@remote
async def propose_rule(
    bank: Sycee,
    command: Annotated[
        str, typer.Argument(metavar="COMMAND", help="A command, or a beginning such as accounts.*")
    ],
    stages: Annotated[
        list[str] | None,
        typer.Option(
            "--stage",
            metavar="[COUNT:]WHO",
            help="Who agrees, stage after stage, such as 2:scope:approvals:decide. None: nobody else.",
        ),
    ] = None,
    up_to: Annotated[Money | None, money_option("--up-to", "The largest amount that is covered.")] = None,
    makers: Annotated[int, typer.Option("--makers", min=1, help="How many must ask.")] = 1,
    account: Annotated[str | None, typer.Option("--account", help="For this account only.")] = None,
    customer: Annotated[UUID | None, uuid_option("--customer", "For this customer only.")] = None,
    note: Annotated[str, typer.Option("--note", help="Where the rule comes from.")] = "",
    json: Json = False,
) -> None:
    """Propose a rule; somebody else who keeps the rules approves it."""
    rule = NewApprovalRule(
        command=command,
        stages=[_stage(text) for text in stages or ()],
        up_to=up_to,
        makers=makers,
        account=account,
        note=note,
    )
    made = await bank.propose_approval_rules([rule], customer=customer)
    _asked(made, json)


@app.command("end-rule")
@remote
async def end_rule(
    bank: Sycee,
    id: Annotated[UUID, uuid_argument("RULE", "Id of the rule, a UUID.")],
    customer: Annotated[
        UUID | None, uuid_option("--customer", "Whose rule it is, if not the bank's.")
    ] = None,
    json: Json = False,
) -> None:
    """Propose to end a rule; somebody else who keeps the rules approves it."""
    _asked(await bank.propose_approval_rules(end_rules=[id], customer=customer), json)


@app.command("substitute")
@remote
async def substitute(
    bank: Sycee,
    absent: Annotated[UUID, uuid_argument("ABSENT", "Principal whose authority is lent.")],
    stand_in: Annotated[UUID, uuid_argument("SUBSTITUTE", "Principal who stands in.")],
    until: _Until,
    command: _Command = "*",
    up_to: Annotated[Money | None, money_option("--up-to", "The largest amount.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")] = "",
    propose: Annotated[
        bool, typer.Option("--propose", help="For somebody else, who is away: another keeper approves it.")
    ] = False,
    json: Json = False,
) -> None:
    """Let somebody stand in for you, or propose it for another."""
    if propose:
        made = await bank.propose_substitution(
            absent, stand_in, until, command=command, up_to=up_to, reason=reason
        )
        _asked(made, json)
        return
    lent = await bank.lend_authority(absent, stand_in, until, command=command, up_to=up_to, reason=reason)
    if json:
        print_json(lent)
        return
    out.print(f"{lent.substitute} stands in for {lent.absent} until {lent.valid_to:%Y-%m-%d %H:%M} UTC")
    hint(f"`sycee approval end-substitution {lent.id}` ends it at once")


@app.command("substitutions")
@remote
async def substitutions(
    bank: Sycee,
    principal: Annotated[UUID, uuid_argument("PRINCIPAL", "Whose, a UUID.")],
    json: Json = False,
) -> None:
    """List whom a principal stands in for, and who stands in for it."""
    found = [one async for one in bank.substitutions(principal)]
    if json:
        print_json({"substitutions": found})
        return
    rows = [
        [one.id, one.absent, one.substitute, one.command, f"{one.valid_to:%Y-%m-%d %H:%M}"] for one in found
    ]
    columns = ["id", "absent", "substitute", "command", "until (UTC)"]
    out.print(table("Substitutions", columns, rows))


@app.command("end-substitution")
@remote
async def end_substitution(
    bank: Sycee,
    id: Annotated[UUID, uuid_argument("SUBSTITUTION", "Id of the substitution, a UUID.")],
    json: Json = False,
) -> None:
    """End a substitution at once."""
    ended = await bank.end_substitution(id)
    print_json(ended) if json else out.print(f"ended at {ended.valid_to:%Y-%m-%d %H:%M:%S} UTC")


async def _decide(
    bank: Sycee, ids: list[UUID], vote: str, reason: str, acting_for: UUID | None, json: bool
) -> None:
    shown = [(await bank.approval(id)).approval for id in ids]
    outcomes = await bank.decide(
        [
            ApprovalDecision(
                approval=one.id,
                vote="yes" if vote == "yes" else "no",
                digest=one.digest,
                reason=reason,
                acting_for=acting_for,
            )
            for one in shown
        ]
    )
    if json:
        print_json({"outcomes": outcomes})
    else:
        rows = [
            [one.id, _what(one), outcome.state, _said(outcome)]
            for one, outcome in zip(shown, outcomes, strict=True)
        ]
        out.print(table("Decisions", ["id", "what", "state", "said"], rows))
    if not all(outcome.accepted for outcome in outcomes):
        raise typer.Exit(1)


def _said(outcome: ApprovalOutcome) -> str:
    if outcome.lacking:
        return f"waits for {'; '.join(outcome.lacking)}"
    return f"{outcome.detail} [{outcome.code}]" if outcome.code else ""


def _what(approval: Approval) -> str:
    return approval.lines[0].en if approval.lines else approval.title.en


def _amount(approval: Approval) -> str:
    return "" if approval.amount is None else str(approval.amount)


def _asked(made: Approval, json: bool) -> None:
    if json:
        print_json(made)
        return
    _show(made)
    hint(f"somebody else who keeps the rules: sycee approval approve {made.id}")


def _show(one: Approval) -> None:
    pairs: list[tuple[str, object]] = [
        ("id", one.id),
        ("command", f"{one.title.en} {one.title.zh}"),
        ("state", one.state),
        ("amount", one.amount),
        ("maker", one.maker),
        ("acting for", one.acting_for),
        ("asked", f"{one.requested_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("expires", f"{one.expires_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("why", one.reason),
        ("digest", one.digest),
    ]
    out.print(facts("Approval", pairs))
    out.print(table("", ["", ""], [[line.en, line.zh] for line in one.lines]))
