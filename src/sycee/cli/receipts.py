"""``sycee receipt``: electronic receipts of entries, issued, written as signed PDF, and checked."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from sycee.cli.connection import remote
from sycee.cli.options import Json, Number, uuid_argument
from sycee.cli.output import Column, facts, hint, out, print_json, refuse, table
from sycee.client import Receipt, ReceiptParty, Sycee
from sycee.ledger import PublicKeys

app = typer.Typer(no_args_is_help=True, help="Issue receipts of entries, print them, check them.")

ReceiptNumber = Annotated[str, typer.Argument(metavar="RECEIPT", help="Number of the receipt, 22 digits.")]
_ED25519, _ML_DSA_65 = ".ed25519", ".ml-dsa-65"


@app.command("issue")
@remote
async def issue(
    bank: Sycee,
    number: Number,
    transfers: Annotated[
        list[UUID], uuid_argument("TRANSFER", "Ids of the transfers that made the entries.")
    ],
    json: Json = False,
) -> None:
    """Issue receipts of entries; those that were issued before are shown as they are."""
    found = await bank.issue_receipts(number, transfers)
    if json:
        print_json({"receipts": found})
    else:
        _list(number, found)


@app.command("list")
@remote
async def list_receipts(
    bank: Sycee,
    number: Number,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show at most so many.")] = 50,
    json: Json = False,
) -> None:
    """List the receipts of an account, newest business date first."""
    found: list[Receipt] = []
    async for receipt in bank.receipts(number, page=min(limit + 1, 1000)):
        found.append(receipt)
        if len(found) > limit:
            break
    more, found = len(found) > limit, found[:limit]
    if json:
        print_json({"receipts": found, "more": more})
        return
    _list(number, found)
    if more:
        hint(f"there are more than {limit}; --limit shows more of them")


def _list(number: str, receipts: list[Receipt]) -> None:
    columns: list[str | Column] = ["date", Column("debit", right=True), Column("credit", right=True)]
    columns += ["other side", "receipt", "code", Column("prints", right=True)]
    rows = [
        [
            one.business_date,
            one.amount.value if one.side == "debit" else "",
            one.amount.value if one.side == "credit" else "",
            _named(one.payee if one.side == "debit" else one.payer),
            one.number,
            one.code,
            one.prints,
        ]
        for one in receipts
    ]
    out.print(table(f"Receipts of {number}", columns, rows))


@app.command("show")
@remote
async def show(
    bank: Sycee,
    number: Number,
    receipt_number: ReceiptNumber,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file", dir_okay=False, help="Write the PDF to this file, and its two signatures beside it."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Show a receipt, or write it as signed PDF; each PDF that is written counts as a print."""
    if file is not None:
        signature = await bank.receipt_signature(number, receipt_number)
        file.write_bytes(await bank.receipt_pdf(number, receipt_number))
        file.with_name(file.name + _ED25519).write_bytes(signature.ed25519)
        file.with_name(file.name + _ML_DSA_65).write_bytes(signature.ml_dsa_65)
    found = await bank.receipt(number, receipt_number)
    if json:
        print_json(found)
        return
    pairs: list[tuple[str, object]] = [
        ("receipt", found.number),
        ("code", found.code),
        ("payer", _named(found.payer)),
        ("payee", _named(found.payee)),
        ("amount", f"{found.amount} {found.capitals or ''}".rstrip()),
        ("business date", found.business_date),
        ("transfer", found.transfer),
        ("reference", found.reference or ""),
        ("prints", found.prints),
    ]
    out.print(facts("Receipt", pairs))
    if file is not None:
        out.print(f"written to {file}, its signatures to {file}{_ED25519} and {file}{_ML_DSA_65}")


@app.command("verify")
@remote
async def verify(
    bank: Sycee,
    receipt_number: ReceiptNumber,
    code: Annotated[str, typer.Argument(metavar="CODE", help="The code printed on the receipt.")],
    json: Json = False,
) -> None:
    """Ask the bank whether a receipt is authentic, and what it is about."""
    found = await bank.verify_receipt(receipt_number, code)
    if json:
        print_json(found)
        return
    pairs: list[tuple[str, object]] = [
        ("receipt", found.number),
        ("authentic", "yes"),
        ("amount", found.amount),
        ("business date", found.business_date),
        ("payer", _named(found.payer)),
        ("payee", _named(found.payee)),
        ("state now", found.state),
        ("SHA-256 of the PDF", found.pdf_sha256 or "no PDF was handed out"),
    ]
    out.print(facts("Verification", pairs))


@app.command("check")
@remote
async def check(
    bank: Sycee,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The PDF of a receipt.")],
    key: Annotated[
        str | None, typer.Option("--key", help="Id of the one key that is trusted. Default: the bank's.")
    ] = None,
    json: Json = False,
) -> None:
    """Check both signatures that lie beside a receipt's PDF, with the public keys of the bank.

    Ends with 1 when they are not right.
    """
    document = file.read_bytes()
    ed25519, ml_dsa_65 = (
        file.with_name(file.name + ending).read_bytes() for ending in (_ED25519, _ML_DSA_65)
    )
    known = [PublicKeys.from_pem(one.ed25519, one.ml_dsa_65) for one in await bank.seal_keys()]
    trusted = [keys for keys in known if key in (None, keys.id)]
    signed_by = next((keys.id for keys in trusted if keys.verify(document, ed25519, ml_dsa_65)), None)
    digest = hashlib.sha256(document).hexdigest()
    if json:
        print_json({"authentic": signed_by is not None, "key": signed_by, "pdf_sha256": digest})
    elif signed_by is not None:
        out.print(facts("Signatures", [("both right, of key", signed_by), ("SHA-256", digest)]))
    else:
        refuse(f"{file} was not signed like this by a key of the bank that is trusted")
    if signed_by is None:
        raise typer.Exit(1)


def _named(party: ReceiptParty) -> str:
    return " ".join(part for part in (party.account, party.local_name or party.name) if part)
