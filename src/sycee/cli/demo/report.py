"""The demo's tables: whose accounts, what became of each payment, which reports, which checks."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape

from sycee.cli.demo.bank import CELLS, CUSTOMER_ACCOUNTS, GROUPS
from sycee.cli.demo.results import DemoResult
from sycee.cli.output import Column, out, table
from sycee.cli.payments import payments_table
from sycee.client import Account


def show_accounts(accounts: Sequence[Account]) -> None:
    """The customers' accounts, group by group."""
    standing = {account.number: account for account in accounts}
    rows: list[list[object]] = []
    for group in GROUPS:
        for planned in CUSTOMER_ACCOUNTS:
            if planned.group is not group:
                continue
            account = standing[planned.number]
            rows.append(
                [
                    f"{group.local_name} {group.name}",
                    f"{planned.local_name} {planned.name}",
                    account.number,
                    CELLS[account.cell],
                    account.currency,
                    account.balance.value,
                    "" if account.status == "open" else account.status,
                ]
            )
    columns: list[str | Column] = ["group", "account", "number", "cell", "ccy"]
    columns += [Column("balance", right=True), "status"]
    out.print(table("The demo bank 示例银行", columns, rows))


def show_result(result: DemoResult) -> None:
    """What happened, in the order in which it did."""
    out.print(payments_table("Payments 付款", [(file.name, file.result) for file in result.files]))
    show_accounts(result.accounts)
    rows: list[list[object]] = [
        [report.kind, "valid" if report.valid else f"INVALID: {report.problem}", report.about, report.path]
        for report in result.reports
    ]
    out.print(table("Reports, validated against their schemas", ["message", "schema", "about", "file"], rows))
    checks: list[list[object]] = [
        [check.name, "passed" if check.passed else "FAILED", check.detail] for check in result.checks
    ]
    out.print(table("Checks of the books", ["check", "result", "detail"], checks))
    balanced = [total for total in result.trial_balance.totals if total.balanced]
    took_s = sum(result.timings_s.values())
    out.print(
        f"{result.outcomes['accepted']} payments accepted, {result.outcomes['rejected']} rejected; "
        f"debits equal credits in {len(balanced)} of {len(result.trial_balance.totals)} currencies; "
        f"{took_s:.1f} s",
        soft_wrap=True,
    )
    if not result.passed:
        out.print("[bold red]Not all of this is as it must be.[/bold red]")


def show_next_steps(account: str, output: str | None) -> None:
    """What to try next, with the bank running."""
    out.print("\n[bold]Try next[/bold], in another terminal:")
    for line in (
        "sycee account list",
        f"sycee account entries {account}",
        "sycee trial-balance",
        "sycee ledger verify",
    ):
        out.print(f"  {line}")
    if output is not None:
        out.print(f"  ls {escape(output)}", soft_wrap=True)
