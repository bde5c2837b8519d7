"""``sycee agreement``: sign packages, see agreements and contracts, change, extend and end them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated
from uuid import UUID

import msgspec
import typer

from sycee.cli.connection import remote
from sycee.cli.options import Json, account_option, date_option, uuid_option
from sycee.cli.output import facts, hint, out, print_json, refuse, table
from sycee.client import Agreement, Contract, ItemChoice, SigningOutcome, Sycee

app = typer.Typer(no_args_is_help=True, help="Sign packages; show, change, extend and end agreements.")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a UUID") from None


AgreementId = Annotated[
    UUID, typer.Argument(metavar="AGREEMENT", parser=_uuid, help="Id of the agreement, a UUID.")
]
Signers = Annotated[
    list[UUID] | None,
    typer.Option("--signer", metavar="UUID", parser=_uuid, help="Person who signs. May be repeated."),
]
Reason = Annotated[str, typer.Option("--reason", help="Why, for the record.")]
Chosen = Annotated[
    list[str] | None,
    typer.Option(
        "--choose",
        metavar="ITEM[.PATH=VALUE]",
        help="Take an optional item (surplus), or agree on a term (surplus.interest.quota=200000.00). "
        "May be repeated.",
    ),
]


def read_choices(
    chosen: list[str] | None, ends_on: date | None = None, item: str | None = None
) -> dict[str, ItemChoice]:
    """Choices from options: ``surplus``, ``surplus.interest.quota=200000.00``."""
    negotiated: dict[str, dict[str, str]] = {}
    for text in chosen or []:
        place, equals, value = text.partition("=")
        key, dot, path = place.partition(".")
        if not key or bool(equals) is not bool(dot and path):
            raise typer.BadParameter(
                f"{text!r} is neither an item (surplus) nor a term of one (surplus.interest.spread=0.10)"
            )
        terms = negotiated.setdefault(key, {})
        if path:
            terms[path] = value
    found = {key: ItemChoice(negotiated=terms) for key, terms in negotiated.items()}
    if ends_on is not None and item is not None:
        found[item] = msgspec.structs.replace(found.get(item, ItemChoice()), ends_on=ends_on)
    return found


@app.command("sign")
@remote
async def sign(
    bank: Sycee,
    *,
    package: Annotated[str, typer.Argument(metavar="PACKAGE", help="Id of the package.")],
    customer: Annotated[UUID, uuid_option("--customer", "Customer who signs.")],
    signers: Signers = None,
    choose: Chosen = None,
    temporary: Annotated[
        str | None,
        typer.Option(
            "--until", metavar="ITEM=DATE", help="Last day of a temporary account, as in capital=2027-03-31."
        ),
    ] = None,
    basic_elsewhere: Annotated[
        str, typer.Option("--basic-elsewhere", help="Permit number of a basic account at another bank.")
    ] = "",
    agreement_id: Annotated[
        UUID | None,
        uuid_option("--id", "Id of the agreement: the same again signs once. Made when left out."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be opened and priced; change nothing.")
    ] = False,
    pdf: Annotated[
        Path | None, typer.Option("--pdf", dir_okay=False, help="Write the contract to this file, too.")
    ] = None,
    json: Json = False,
) -> None:
    """Sign a package: everything it opens is opened at once, and the contract comes back.

    What a person asks for waits until those agree whom the rules name. Ends with 1 when a rule of the bank
    refuses it.
    """
    item, ends_on = _until(temporary)
    outcome = await bank.sign_package(
        customer,
        package,
        read_choices(choose, ends_on, item),
        signers=signers or [],
        agreement_id=agreement_id,
        basic_elsewhere=basic_elsewhere,
        dry_run=dry_run,
        pdf=pdf is not None,
    )
    if pdf is not None and outcome.document is not None:
        pdf.write_bytes(outcome.document)
    if json:
        print_json(msgspec.structs.replace(outcome, pdf=None))
    else:
        _show_outcome(outcome, pdf)
    if not outcome.accepted:
        raise typer.Exit(1)


def _until(text: str | None) -> tuple[str | None, date | None]:
    if text is None:
        return None, None
    item, _, day = text.partition("=")
    try:
        return item, date.fromisoformat(day)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not an item and a date, as in capital=2027-03-31") from None


def _show_outcome(outcome: SigningOutcome, pdf: Path | None) -> None:
    if outcome.status == "waiting":
        out.print(f"waiting: approval {outcome.approval}")
        hint(f"others have to agree first; `sycee approval show {outcome.approval}` shows who")
        return
    if outcome.contract is None:
        refuse(f"{outcome.detail} [{outcome.code}]")
        return
    _show_contract(
        outcome.contract, f"{outcome.status}: {outcome.contract.title.zh} {outcome.contract.title.en}"
    )
    if pdf is not None:
        out.print(f"contract: {pdf}")
    if outcome.status == "preview":
        hint("nothing was opened; without --dry-run it is signed")


def _show_contract(contract: Contract, title: str) -> None:
    pairs: list[tuple[str, object]] = [
        ("agreement", contract.agreement),
        ("customer", f"{contract.customer['local_name']} {contract.customer['name']}".strip()),
        ("package", f"{contract.package} {contract.package_version}"),
        ("signed on", contract.signed_on),
        ("signed by", "、".join(contract.signers)),
        ("revision", contract.revision),
    ]
    out.print(facts(title, pairs))
    rows = []
    for item in contract.items:
        rates = "; ".join(
            f"{f'{rate.rate} %' if rate.rate else '–'} from {rate.above}" for rate in item.rates
        )
        fees = ", ".join(fee.title.zh for fee in item.fees)
        account = item.account or (f"over {item.lies_over}" if item.lies_over else "")
        rows.append([item.key, f"{item.title.zh} {item.title.en}", account, item.currency, rates, fees])
    out.print(table("", ["item", "product", "account", "ccy", "rate a year", "fees"], rows))


@app.command("list")
@remote
async def list_agreements(
    bank: Sycee,
    customer: Annotated[UUID | None, uuid_option("--customer", "Of one customer only.")] = None,
    package: Annotated[str | None, typer.Option("--package", help="On one package only.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show at most so many.")] = 100,
    json: Json = False,
) -> None:
    """List agreements, oldest first."""
    found: list[Agreement] = []
    more = False
    async for agreement in bank.agreements(customer=customer, package=package, page=min(limit + 1, 100)):
        if len(found) == limit:
            more = True
            break
        found.append(agreement)
    if json:
        print_json({"agreements": found, "more": more})
        return
    rows = [
        [one.id, one.customer, one.package, one.package_version, one.state, one.signed_on] for one in found
    ]
    out.print(table("Agreements", ["id", "customer", "package", "version", "state", "signed on"], rows))
    if more:
        hint(f"there are more than {limit}; --limit shows more of them")


@app.command("show")
@remote
async def show_agreement(bank: Sycee, agreement: AgreementId, json: Json = False) -> None:
    """Show an agreement with its arrangements, and what happened to it."""
    found = await bank.agreement(agreement)
    events = await bank.agreement_events(agreement)
    if json:
        print_json({"agreement": found, "events": events})
        return
    pairs: list[tuple[str, object]] = [
        ("id", found.id),
        ("customer", found.customer),
        ("package", f"{found.package} {found.package_version}"),
        ("state", found.state),
        ("signed on", found.signed_on),
        ("revision", found.revision),
        ("ended on", found.ended_on),
    ]
    out.print(facts("Agreement", pairs))
    rows = [
        [
            one.key,
            f"{one.title['zh']} {one.title['en']}",
            one.account,
            one.product_version,
            one.started_on,
            one.ends_on,
            one.ended_on,
        ]
        for one in found.arrangements
    ]
    columns = ["item", "product", "account", "version", "from", "until", "ended on"]
    out.print(table("", columns, rows))
    if events:
        happened = [[one.on, one.kind, one.reason, one.by] for one in events]
        out.print(table("What happened", ["date", "what", "why", "by"], happened))


@app.command("contract")
@remote
async def show_contract(
    bank: Sycee,
    agreement: AgreementId,
    pdf: Annotated[
        Path | None, typer.Option("--pdf", dir_okay=False, help="Write it to this file, as PDF.")
    ] = None,
    revision: Annotated[
        int | None, typer.Option("--revision", min=1, help="An earlier revision. Default: the newest.")
    ] = None,
    json: Json = False,
) -> None:
    """Show the contract of an agreement, or write it as a PDF in Chinese and English."""
    found = await bank.contract(agreement, revision=revision)
    if pdf is not None:
        pdf.write_bytes(await bank.contract_pdf(agreement, revision=revision))
    if json:
        print_json(found)
        return
    _show_contract(found, f"{found.title.zh} {found.title.en}")
    if pdf is not None:
        out.print(f"contract: {pdf}")


@app.command("change")
@remote
async def change_agreement(
    bank: Sycee,
    agreement: AgreementId,
    item: Annotated[str, typer.Argument(metavar="ITEM", help="Key of the arrangement.")],
    reason: Reason,
    signers: Signers = None,
    terms: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Term to agree on; an empty value takes it back."),
    ] = None,
    ends_on: Annotated[date | None, date_option("--until", "New last day of a temporary account.")] = None,
    json: Json = False,
) -> None:
    """Agree on other terms for one arrangement, from the business date on."""
    negotiated = {}
    for text in terms or []:
        path, equals, value = text.partition("=")
        if not equals or not path:
            raise typer.BadParameter(f"{text!r} is not a term, as in interest.spread=0.10")
        negotiated[path] = value or None
    made = await bank.change_agreement(
        agreement, item, reason=reason, signers=signers or [], negotiated=negotiated, ends_on=ends_on
    )
    print_json(made) if json else _show_contract(made, "changed")


@app.command("extend")
@remote
async def extend_agreement(
    bank: Sycee, agreement: AgreementId, reason: Reason, choose: Chosen, signers: Signers = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Take further items of the package, as it is sold today."""
    made = await bank.extend_agreement(agreement, read_choices(choose), reason=reason, signers=signers or [])
    print_json(made) if json else _show_contract(made, "extended")


@app.command("end")
@remote
async def end_agreement(
    bank: Sycee,
    agreement: AgreementId,
    reason: Reason,
    signers: Signers = None,
    items: Annotated[
        list[str] | None,
        typer.Option("--item", help="Arrangement that ends; all of them when left out. May be repeated."),
    ] = None,
    pay_to: Annotated[str | None, account_option("--pay-to", "Account to which what is left goes.")] = None,
    json: Json = False,
) -> None:
    """End an agreement or some arrangements: interest settled, money moved out, accounts closed."""
    found = await bank.end_agreement(
        agreement, reason=reason, signers=signers or [], keys=items, pay_to=pay_to
    )
    if json:
        print_json(found)
        return
    rows = [[one.key, one.account, one.moved_out, one.pay_to] for one in found.ended]
    out.print(table("Ended", ["item", "account", "moved out", "to"], rows))
