"""The demo's tables: whose accounts, what became of each payment, which reports, which checks."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape

from sycee.cli.demo.bank import CELLS, CUSTOMER_ACCOUNTS, GROUPS, CustomerAccount
from sycee.cli.demo.files import FILES
from sycee.cli.demo.results import DemoResult, PaidFile
from sycee.cli.output import Column, out, table
from sycee.client import Account
from sycee.kernel.settings import Settings


def show_accounts(accounts: Sequence[Account]) -> None:
    """The customers' accounts, group by group."""
    standing = {account.number: account for account in accounts}
    rows: list[list[object]] = []
    for group in GROUPS:
        name = f"{group.local_name} {group.short_name}"
        for planned in (account for account in CUSTOMER_ACCOUNTS if account.group is group):
            account = standing[planned.number]
            rows.append(
                [
                    name,
                    f"{planned.local_name} {planned.name}",
                    account.number,
                    CELLS[account.cell],
                    account.balance,
                    "" if account.status == "open" else account.status,
                ]
            )
            name = ""
    columns: list[str | Column] = [
        "group",
        "account",
        "number",
        "cell",
        Column("balance", right=True),
        "status",
    ]
    out.print(table("The demo bank 示例银行", columns, rows))


def show_payments(files: Sequence[PaidFile]) -> None:
    """What became of each payment: whose account paid, who was paid, and why not if not."""
    planned = {file.name: file for file in FILES}
    rows: list[list[object]] = []
    for file in files:
        scenario, _, generation = file.name.removesuffix(".xml").partition(".pain.001.001")
        payer, payee = planned[file.name].payer, planned[file.name].payee
        rows += [
            [
                f"{scenario} {generation}",
                payment.end_to_end_id,
                _party(payer, payment.debtor),
                _party(payee, payment.creditor),
                payment.amount,
                payment.status if payment.code is None else f"{payment.status} {payment.code}",
            ]
            for payment in file.result.payments
        ]
    columns: list[str | Column] = [
        "pain.001 file",
        "payment",
        "from",
        "to",
        Column("amount", right=True),
        "result",
    ]
    out.print(table("Payments 付款", columns, rows))


def _party(account: CustomerAccount | None, called: str | None) -> str:
    """A customer by name, or another bank; with the end of what the file calls the account."""
    who = f"{account.group.short_name} {account.currency}" if account else "another bank"
    return f"{who} …{(called or '')[-4:]}"


def show_result(result: DemoResult) -> None:
    """What happened, in the order in which it did."""
    show_payments(result.files)
    show_accounts(result.accounts)
    rows: list[list[object]] = [
        [report.kind, "valid" if report.valid else f"INVALID: {report.problem}", report.path]
        for report in result.reports
    ]
    out.print(table("Reports, validated against their schemas", ["message", "schema", "file"], rows))
    checks: list[list[object]] = [
        [check.name, "passed" if check.passed else "FAILED", check.detail] for check in result.checks
    ]
    out.print(table("Checks of the books", ["check", "result", "detail"], checks))
    balanced = [total for total in result.trial_balance.totals if total.balanced]
    took_s = result.timings_s.get("all") or sum(result.timings_s.values())
    out.print(
        f"{result.outcomes['accepted']} payments accepted, {result.outcomes['rejected']} rejected; "
        f"debits equal credits in {len(balanced)} of {len(result.trial_balance.totals)} currencies; "
        f"{took_s:.1f} s",
        soft_wrap=True,
    )
    if not result.passed:
        out.print("[bold red]Not all of this is as it must be.[/bold red]")


def show_next_steps(account: str, data_dir: Path, output: Path) -> None:
    """What to try next, with the bank running: lines that can be pasted as they are."""
    out.print("\n[bold]Try next[/bold], in another terminal:")
    if data_dir != Settings().data_dir:
        out.print(f"  export SYCEE_DATA_DIR={escape(shlex.quote(str(data_dir)))}", soft_wrap=True)
    command = _this_command()
    for line in ("account list", f"account entries {account}", "trial-balance", "ledger verify"):
        out.print(f"  {command} {line}", soft_wrap=True)
    out.print(f"  ls {escape(shlex.quote(str(output)))}", soft_wrap=True)


def _this_command() -> str:
    """How this program can be called again from the same directory."""
    called = Path(sys.argv[0])
    if shutil.which("sycee"):
        return "sycee"
    return escape(shlex.quote(os.path.relpath(called))) if called.name == "sycee" else "python -m sycee.main"
