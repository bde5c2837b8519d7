"""The commands of ``sycee bench``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sycee.cli.benchmarks.api import API_TARGETS, ApiSizes, bench_api
from sycee.cli.benchmarks.backups import BACKUP_TARGETS, BackupSizes, bench_backup
from sycee.cli.benchmarks.components import COMPONENT_TARGETS, ComponentSizes, bench_components
from sycee.cli.benchmarks.end_of_day import EOD_TARGETS, EodSizes, bench_eod
from sycee.cli.benchmarks.ledger import LEDGER_TARGETS, LedgerSizes, bench_ledger
from sycee.cli.benchmarks.payments import PAYMENT_TARGETS, PaymentSizes, bench_payments
from sycee.cli.benchmarks.reconciliation import (
    RECONCILIATION_TARGETS,
    ReconciliationSizes,
    bench_reconciliation,
)
from sycee.cli.benchmarks.report import print_report
from sycee.cli.benchmarks.signing import SIGN_TARGETS, SignSizes, bench_sign
from sycee.cli.benchmarks.soak import SoakSizes, bench_soak
from sycee.cli.benchmarks.soak_report import SOAK_TARGETS, print_verdicts
from sycee.cli.options import Json
from sycee.cli.output import print_json

app = typer.Typer(no_args_is_help=True, help="Measure what the books and the API can do on this machine.")

Directory = Annotated[
    Path | None,
    typer.Option(
        "--directory", help="Where the benchmark's database lies while it runs. Default: the temporary one."
    ),
]


@app.command("ledger")
def ledger(
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; each figure is the median over them.")] = 5,
    transfers: Annotated[
        int, typer.Option(min=8192, help="Transfers per figure and round, set-wise.")
    ] = 393_216,
    books: Annotated[int, typer.Option(min=0, help="Transfers in the grown books.")] = 10_000_000,
    json: Json = False,
    directory: Directory = None,
) -> None:
    """Post set-wise and row at a time, on one hot account, across cells, and in grown books.

    With ten million transfers in the grown books this takes some five minutes.
    """
    sizes = LedgerSizes(rounds=rounds, transfers=transfers, books=books)
    result = bench_ledger(sizes, directory)
    print_json(result) if json else print_report("sycee bench ledger", result, LEDGER_TARGETS)


@app.command("api")
def api(
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; each figure is the median over them.")] = 5,
    seconds: Annotated[float, typer.Option(min=1, help="Seconds per figure and round.")] = 5.0,
    connections: Annotated[
        int, typer.Option(min=1, help="Connections, each with one request under way.")
    ] = 64,
    json: Json = False,
    directory: Directory = None,
) -> None:
    """Post single transfers over HTTP, with the batching of requests that arrive together on and off."""
    result = bench_api(ApiSizes(rounds=rounds, seconds=seconds, connections=connections), directory)
    print_json(result) if json else print_report("sycee bench api", result, API_TARGETS)


@app.command("eod")
def eod(
    accounts: Annotated[
        int, typer.Option(min=1_000, help="Interest-bearing accounts in the books.")
    ] = 1_000_000,
    rounds: Annotated[int, typer.Option(min=1, help="Quarters; each figure is the median over them.")] = 3,
    moved: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the accounts that moves before each close.")
    ] = 0.2,
    json: Json = False,
    directory: Directory = None,
) -> None:
    """Accrue and settle interest at the end of days, on books of three sizes and beside live posting.

    The other two books have a tenth of the accounts and three times as many. With a million accounts this
    takes some fifteen minutes and 10 GB of disk.
    """
    result = bench_eod(EodSizes(accounts=accounts, rounds=rounds, moved=moved), directory)
    print_json(result) if json else print_report("sycee bench eod", result, EOD_TARGETS)


@app.command("components")
def components(
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; each figure is the median over them.")] = 5,
    components: Annotated[
        int, typer.Option(min=100, help="Conditions and products in the registry.")
    ] = 10_000,
    json: Json = False,
) -> None:
    """Load a registry from YAML, resolve its products, and refuse a broken component among the others."""
    result = bench_components(ComponentSizes(rounds=rounds, components=components))
    print_json(result) if json else print_report("sycee bench components", result, COMPONENT_TARGETS)


@app.command("sign")
def sign(
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; each figure is the median over them.")] = 5,
    in_lists: Annotated[
        int, typer.Option("--in-lists", min=100, help="Agreements a round in lists of 100.")
    ] = 1_000,
    single: Annotated[int, typer.Option(min=10, help="Agreements a round one by one, from clients.")] = 500,
    alone: Annotated[int, typer.Option(min=10, help="Agreements a round one by one, from one client.")] = 100,
    clients: Annotated[int, typer.Option(min=1, help="Clients, each with one request under way.")] = 16,
    json: Json = False,
    directory: Directory = None,
) -> None:
    """Sign packages in lists, one by one over HTTP from many clients, and from one alone."""
    sizes = SignSizes(rounds=rounds, in_lists=in_lists, single=single, alone=alone, clients=clients)
    result = bench_sign(sizes, directory)
    print_json(result) if json else print_report("sycee bench sign", result, SIGN_TARGETS)


@app.command("payments")
def payments(
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; each figure is the median over them.")] = 3,
    payments: Annotated[int, typer.Option(min=1_000, help="Payments in the file.")] = 100_000,
    single: Annotated[int, typer.Option(min=100, help="Payments a round sent singly.")] = 2_000,
    seconds: Annotated[
        float, typer.Option(min=0, help="Seconds of payments by HTTP; 0 leaves them out.")
    ] = 5.0,
    connections: Annotated[
        int, typer.Option(min=1, help="Connections, each with one request under way.")
    ] = 64,
    large: Annotated[bool, typer.Option("--large", help="A file ten times as long too.")] = False,
    json: Json = False,
    directory: Directory = None,
) -> None:
    """Pay a pain.001 file from its first byte to the last of its report, and the same payments singly."""
    sizes = PaymentSizes(
        rounds=rounds, payments=payments, single=single, seconds=seconds, connections=connections, large=large
    )
    result = bench_payments(sizes, directory)
    print_json(result) if json else print_report("sycee bench payments", result, PAYMENT_TARGETS)


@app.command("soak")
def soak(
    minutes: Annotated[float, typer.Option(min=0.05, help="Minutes of steady load.")] = 10.0,
    json: Json = False,
    directory: Directory = None,
) -> None:
    """Keep a bank under mixed load, close its days meanwhile, then ask five times what it can take.

    Single and bulk payments, balances, entries and statements arrive by the clock; latency counts from when
    each was due. Ends with a verdict on each rule, and with exit code 1 when one does not hold.
    """
    result = bench_soak(SoakSizes(minutes=minutes), directory)
    if json:
        print_json(result)
    else:
        print_report("sycee bench soak", result, SOAK_TARGETS)
        print_verdicts(result["verdicts"])
    if not all(result["verdicts"].values()):
        raise typer.Exit(1)


@app.command("reconciliation")
def reconciliation(
    items: Annotated[int, typer.Option(min=1_000, help="Items of the day.")] = 100_000,
    large: Annotated[bool, typer.Option("--large", help="A day with ten times as many too.")] = False,
    json: Json = False,
    directory: Directory = None,
) -> None:
    """Reconcile a rail's day, item by item: how long it takes, and in how much memory."""
    sizes = ReconciliationSizes(items=(items // 10, items, *([items * 10] if large else [])))
    result = bench_reconciliation(sizes, directory)
    print_json(result) if json else print_report("sycee bench reconciliation", result, RECONCILIATION_TARGETS)


@app.command("backup")
def backup(
    transfers: Annotated[int, typer.Option(min=16_384, help="Transfers in the books at first.")] = 1_000_000,
    since: Annotated[
        int, typer.Option(min=16_384, help="Transfers a round that are posted after the backup.")
    ] = 200_000,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; each figure is the median over them.")] = 3,
    json: Json = False,
    directory: Directory = None,
) -> None:
    """Take a backup, prove it, restore it with what came after, and lose the bank's disk under load.

    With a million transfers this takes some five minutes and 5 GB of disk.
    """
    result = bench_backup(BackupSizes(transfers=transfers, since=since, rounds=rounds), directory)
    print_json(result) if json else print_report("sycee bench backup", result, BACKUP_TARGETS)
