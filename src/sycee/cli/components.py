"""``sycee component``: find, show, count, check, propose and release components."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import msgspec
import typer

from sycee import components
from sycee.cli.component_catalogue import catalogue, catalogue_data
from sycee.cli.connection import remote
from sycee.cli.options import Json, date_option, uuid_argument
from sycee.cli.output import Column, facts, hint, out, print_json, refuse, table
from sycee.client import Component, ComponentProposal, NewEnding, Sycee
from sycee.components import Fault, Kind

app = typer.Typer(
    no_args_is_help=True, help="Find, show, check, propose and release components, products and packages."
)


class Sort(StrEnum):
    """The sorts of component, as options name them."""

    CAPABILITY = "capability"
    CONDITION = "condition"
    PRODUCT_LINE = "product_line"
    PRODUCT_GROUP = "product_group"
    PRODUCT = "product"
    PACKAGE = "package"


class Dated(StrEnum):
    """What can end."""

    CONDITION = "condition"
    PRODUCT = "product"
    PACKAGE = "package"


class State(StrEnum):
    """The states of a proposal, as options name them."""

    PROPOSED = "proposed"
    RELEASED = "released"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    FAILED = "failed"


Reason = Annotated[str, typer.Option("--reason", help="Why, for the record.")]
Remark = Annotated[str, typer.Option("--remark", help="A word on the decision.")]
Why = Annotated[str, typer.Option("--remark", help="Why it is turned down.")]
ProposalId = Annotated[UUID, uuid_argument("PROPOSAL", "Id of the proposal, a UUID.")]
OnDay = Annotated[date | None, date_option("--on", "As it is on this day. Default: today.")]
Files = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[FILE]...", help="YAML files, or directories of them.", exists=True),
]


@app.command("list")
@remote
async def list_components(
    bank: Sycee,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORD]...", help="Words that it holds, in any language.")
    ] = None,
    sort: Annotated[Sort | None, typer.Option("--sort", help="Of one sort only.")] = None,
    kind: Annotated[Kind | None, typer.Option("--kind", help="Of one kind only.")] = None,
    on: Annotated[date | None, date_option("--on", "In force on this day. Default: all versions.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show at most so many.")] = 100,
    json: Json = False,
) -> None:
    """Find components by words, sort, kind and day."""
    found: list[Component] = []
    more = False
    async for component in bank.find_components(
        " ".join(words or ()), sort=sort.value if sort else None, kind=kind.value if kind else None, on=on
    ):
        if len(found) == limit:
            more = True
            break
        found.append(component)
    if json:
        print_json({"components": found, "more": more})
        return
    rows = [
        [one.sort, one.id, one.title.en, one.title.zh, one.kind, one.part_of, one.valid_from, one.valid_to]
        for one in found
    ]
    columns = ["sort", "id", "title", "名称", "kind", "part of", "from", "to"]
    out.print(table("Components", columns, rows))
    if more:
        hint(f"there are more than {limit}; --limit shows more of them")


@app.command("show")
@remote
async def show_component(
    bank: Sycee,
    id: Annotated[str, typer.Argument(metavar="ID", help="Id of a component, or name@version.")],
    on: OnDay = None,
    json: Json = False,
) -> None:
    """Show a capability, condition, product or package; all of them that have the id."""
    calls: dict[str, Callable[[], Awaitable[Any]]] = {
        "capability": lambda: bank.capability(id),
        "condition": lambda: bank.condition(id, on=on),
        "product": lambda: bank.product(id, on=on),
        "package": lambda: bank.package(id, on=on),
    }
    named = [one async for one in bank.find_components(id)]
    sorts = list(dict.fromkeys(one.sort for one in named if one.id == id and one.sort in calls))
    if not sorts:
        like = ", ".join(dict.fromkeys(one.id for one in named[:5]))
        refuse(f"no component has the id {id}", f"these are like it: {like}" if like else None)
        raise typer.Exit(1)
    shown = {sort: await calls[sort]() for sort in sorts}
    if json:
        print_json(shown)
        return
    for sort, found in shown.items():
        out.print(facts(sort.capitalize(), list(_pairs(found))))


def _pairs(found: msgspec.Struct) -> Iterator[tuple[str, object]]:
    for name, value in msgspec.to_builtins(found).items():
        label = name.replace("_", " ")
        if name == "title":
            yield label, f"{value['en']} {value['zh']}"
        elif name == "slots":
            yield from ((f"slot {slot}", ", ".join(ids)) for slot, ids in value.items())
        elif name == "negotiable":
            yield from ((f"negotiable {path}", _told(bound)) for path, bound in value.items())
        elif value not in (None, [], {}):
            yield label, _told(value)


def _told(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ", ".join(value)
    if isinstance(value, dict):
        value = {key: part for key, part in value.items() if part not in (None, [], False)}
    return msgspec.json.encode(value).decode() if isinstance(value, dict | list) else str(value)


@app.command("count")
@remote
async def count_components(bank: Sycee, json: Json = False) -> None:
    """Count the components, by sort and by kind; one with several versions counts once."""
    found = await bank.component_counts()
    if json:
        print_json(found)
        return
    sorts = ("capabilities", "conditions", "product_lines", "product_groups", "products", "packages")
    rows = [[name.replace("_", " "), getattr(found, name)] for name in sorts]
    out.print(table("Components", ["sort", Column("count", right=True)], rows))
    right = [Column("capabilities", right=True), Column("conditions", right=True)]
    kinds = [[one.kind, one.capabilities, one.conditions] for one in found.kinds]
    out.print(table("By kind", ["kind", *right], kinds))


@app.command("lint")
def lint(files: Files = None, json: Json = False) -> None:
    """Check YAML files among all installed components; without files, the installed components.

    Every fault is told with file, line, field and what was expected. Ends with 1 when there is one.
    """
    known = components.examine_installed()
    if files:
        known = known.extended(components.read_files(files))
    faults: list[Fault] = [*known.faults, *components.check_published()]
    if json:
        print_json({"faults": faults, "counts": known.count()})
    else:
        for fault in faults:
            out.print(f"{fault} [{fault.code}]", markup=False, soft_wrap=True)
        counts = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in known.count().items())
        out.print(f"{len(faults)} faults in {counts}")
    if faults:
        raise typer.Exit(1)


@app.command("catalogue")
def show_catalogue(
    files: Files = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write. Default: standard output.")
    ] = None,
    json: Json = False,
) -> None:
    """Write the catalogue of all installed components, and those of further files, as Markdown or JSON."""
    known = components.examine_installed()
    if files:
        known = known.extended(components.read_files(files))
    known.refuse_faults()
    text = f"# Components\n\n{catalogue(known)}"
    if json:
        text = msgspec.json.format(msgspec.json.encode(catalogue_data(known)), indent=2).decode() + "\n"
    if output is None:
        out.file.write(text)
    else:
        output.write_text(text, encoding="utf-8")


@app.command("propose")
@remote
async def propose(
    bank: Sycee,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML file.", exists=True, dir_okay=False)],
    reason: Reason,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check it; keep nothing.")] = False,
    json: Json = False,
) -> None:
    """Propose the definitions of a YAML file; somebody else releases them."""
    document = components.read_plain(str(file), file.read_bytes())
    _report(await bank.propose_components(document, reason=reason, dry_run=dry_run), json, dry_run=dry_run)


@app.command("end")
@remote
async def end(
    bank: Sycee,
    what: Annotated[Dated, typer.Argument(metavar="SORT", help="condition, product or package.")],
    id: Annotated[str, typer.Argument(metavar="ID", help="Id of the component.")],
    on: Annotated[date, date_option("--on", "First day on which it is no longer in force.")],
    reason: Reason,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check it; keep nothing.")] = False,
    json: Json = False,
) -> None:
    """Propose the end of a condition, product or package; somebody else releases it."""
    lists: dict[Dated, Any] = {
        Dated.CONDITION: "conditions",
        Dated.PRODUCT: "products",
        Dated.PACKAGE: "packages",
    }
    endings = [NewEnding(list=lists[what], id=id, valid_to=on)]
    made = await bank.propose_components(reason=reason, endings=endings, dry_run=dry_run)
    _report(made, json, dry_run=dry_run)


@app.command("proposals")
@remote
async def list_proposals(
    bank: Sycee,
    state: Annotated[State | None, typer.Option("--state", help="In one state only.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show at most so many.")] = 20,
    json: Json = False,
) -> None:
    """List proposals of components, the newest first."""
    found: list[ComponentProposal] = []
    async for made in bank.component_proposals(state=state.value if state else None, page=min(limit, 100)):
        found.append(made)
        if len(found) == limit:
            break
    if json:
        print_json({"proposals": found})
        return
    rows = [
        [one.id, one.state, one.reason, one.proposed_by, f"{one.proposed_at:%Y-%m-%d %H:%M}", one.decided_by]
        for one in found
    ]
    columns = ["id", "state", "reason", "proposed by", "proposed at", "decided by"]
    out.print(table("Proposals of components", columns, rows))


@app.command("proposal")
@remote
async def show_proposal(bank: Sycee, id: ProposalId, json: Json = False) -> None:
    """Show a proposal of components and what became of it."""
    _report(await bank.component_proposal(id), json)


@app.command("release")
@remote
async def release(bank: Sycee, id: ProposalId, remark: Remark = "", json: Json = False) -> None:
    """Say yes to what somebody else proposed; the last yes releases it."""
    _report(await bank.release_components(id, remark=remark), json)


@app.command("reject")
@remote
async def reject(bank: Sycee, id: ProposalId, remark: Why, json: Json = False) -> None:
    """Turn down what somebody else proposed, and say why."""
    _report(await bank.reject_components(id, remark=remark), json)


@app.command("withdraw")
@remote
async def withdraw(bank: Sycee, id: ProposalId, remark: Remark = "", json: Json = False) -> None:
    """Take back a proposal of your own."""
    _report(await bank.withdraw_components(id, remark=remark), json)


def _report(made: ComponentProposal, json: bool, *, dry_run: bool = False) -> None:
    if json:
        print_json(made)
        return
    named = [
        f"{name[:-1].replace('_', ' ')} {one['id']}" + (f" from {one['from']}" if "from" in one else "")
        for name, listed in made.document.items()
        for one in listed
    ]
    ends = [
        f"{one.list[:-1]} {one.id} from {one.valid_from} until before {one.valid_to}" for one in made.endings
    ]
    pairs: list[tuple[str, object]] = [
        ("id", None if dry_run else made.id),
        ("state", "would hold; nothing was kept" if dry_run else made.state),
        ("reason", made.reason),
        ("defines", "\n".join(named)),
        ("ends", "\n".join(ends)),
        ("proposed by", made.proposed_by),
        ("decided by", made.decided_by),
        ("remark", made.remark),
        ("release", made.release),
    ]
    out.print(facts("Proposal of components", pairs))
    if made.state == "proposed" and not dry_run:
        hint(f"somebody else releases it: sycee component release {made.id}")
