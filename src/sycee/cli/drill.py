"""``sycee drill``: break something on purpose, under traffic, and see whether the bank keeps its word."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from sycee.cli.cluster import opened, say
from sycee.cli.options import Json
from sycee.cli.output import Column, facts, out, print_json, table
from sycee.operations import cluster as clusters
from sycee.operations import drills

app = typer.Typer(
    no_args_is_help=True,
    help="Break something on purpose, under traffic, and prove that nothing that was acknowledged is lost.",
)

_ANY: tuple[drills.Fault, ...] = ("postgres", "centre", "isolate", "switchover")

ClusterDir = Annotated[
    Path | None,
    typer.Option(
        "--dir",
        envvar="SYCEE_CLUSTER_DIR",
        help="Directory of a cluster that `sycee cluster up` started. Default: one is made for the drill, "
        "and removed after it.",
        file_okay=False,
    ),
]
Rate = Annotated[float, typer.Option("--rate", min=1, max=10_000, help="Transfers that are due each second.")]
Calm = Annotated[
    float,
    typer.Option("--calm", min=1, help="Seconds of undisturbed traffic before, between and after faults."),
]
Html = Annotated[
    Path | None, typer.Option("--html", help="Write the report as a page, with a timeline.", dir_okay=False)
]


@app.command("failover")
def failover(
    directory: ClusterDir = None,
    rate: Rate = 50.0,
    calm: Calm = 5.0,
    html: Html = None,
    json: Json = False,
) -> None:
    """Kill the leader's PostgreSQL, then everything in the leader's centre.

    The bars: writing again within 5 s and 25 s. Ends with 1 when a bar is missed or anything is lost.
    """
    faults: tuple[drills.Fault, ...] = ("postgres", "centre")
    order = drills.DrillOrder(drill="failover", faults=faults, rate_per_s=rate, calm_s=calm)
    _drill(directory, order, html, json=json)


@app.command("isolate")
def isolate(
    directory: ClusterDir = None,
    rate: Rate = 50.0,
    calm: Calm = 5.0,
    html: Html = None,
    json: Json = False,
) -> None:
    """Cut the leader's centre off, and ask it for transfers from within: it must acknowledge none.

    Needs root, for network namespaces. Ends with 1 when it acknowledges one, or anything is lost.
    """
    order = drills.DrillOrder(drill="isolate", faults=("isolate",), rate_per_s=rate, calm_s=calm)
    _drill(directory, order, html, json=json)


@app.command("rolling-upgrade")
def rolling_upgrade(
    directory: ClusterDir = None,
    rate: Rate = 50.0,
    calm: Calm = 5.0,
    html: Html = None,
    json: Json = False,
) -> None:
    """Start every program in every centre anew, one centre after the other, as a new version is brought in.

    Ends with 1 when a client sees an error, or anything is lost.
    """
    order = drills.DrillOrder(drill="rolling-upgrade", faults=("upgrade",), rate_per_s=rate, calm_s=calm)
    _drill(directory, order, html, json=json)


@app.command("clock")
def clock(rate: Rate = 50.0, calm: Calm = 5.0, html: Html = None, json: Json = False) -> None:
    """Set the leader's clock an hour ahead, then hand over to one that is right: for the bank time goes back.

    Needs Debian's libfaketime. Ends with 1 when a client sees an error, anything is lost or the seals break.
    """
    order = drills.DrillOrder(drill="clock", faults=("clock",), rate_per_s=rate, calm_s=calm)
    _drill(None, order, html, json=json, own_clocks=True)


@app.command("random")
def at_random(
    faults: Annotated[int, typer.Option("--faults", min=1, max=1_000, help="How many.")] = 50,
    seed: Annotated[
        int | None, typer.Option("--seed", help="For the same kinds of faults in the same order.")
    ] = None,
    directory: ClusterDir = None,
    rate: Rate = 50.0,
    calm: Calm = 3.0,
    html: Html = None,
    json: Json = False,
) -> None:
    """Break this and that, in leaders and followers, one after the other.

    Ends with 1 when anything is lost.
    """
    chosen = random.SystemRandom().randrange(1 << 32) if seed is None else seed
    say(f"seed {chosen}")
    random.seed(chosen)
    kinds = _ANY if clusters.can_separate() else tuple(kind for kind in _ANY if kind != "isolate")
    order = drills.DrillOrder(
        drill="random",
        faults=tuple(random.choices(kinds, k=faults)),
        leader=None,
        rate_per_s=rate,
        calm_s=calm,
    )
    _drill(directory, order, html, json=json)


def _drill(
    directory: Path | None,
    order: drills.DrillOrder,
    html: Path | None,
    *,
    json: bool,
    own_clocks: bool = False,
) -> None:
    if directory is not None:
        report = asyncio.run(_on(opened(directory), order))
    else:
        with tempfile.TemporaryDirectory(prefix="sycee-drill-", ignore_cleanup_errors=True) as made:
            network: clusters.Network = "namespaces" if clusters.can_separate() else "loopback"
            plan = clusters.new_plan("drill", 3, network, own_clocks=own_clocks)
            cluster = clusters.LocalCluster(Path(made), plan, clusters.keep_plan(Path(made), plan))
            try:
                report = asyncio.run(_on(cluster, order))
            finally:
                cluster.stop()
    if html is not None:
        html.write_text(drills.page(report))
    if json:
        print_json(report)
    else:
        _show(report)
    if not report.passed:
        raise typer.Exit(1)


async def _on(cluster: clusters.LocalCluster, order: drills.DrillOrder) -> drills.DrillReport:
    credentials = await clusters.bring_up(cluster, say)
    return await drills.Drill(cluster, credentials, order, say).run()


def _show(report: drills.DrillReport) -> None:
    shown: Sequence[tuple[str, object]] = [
        ("verdict", "passed" if report.passed else "FAILED"),
        ("acknowledged", f"{report.acknowledged:,} of {report.requests:,}"),
        ("lost, doubled", f"{report.lost}, {report.doubled}"),
        ("errors seen by clients", report.errors_seen_by_clients),
        ("late (> 1 s)", report.late),
        (
            "latency",
            f"p50 {report.p50_ms:.0f} ms, p99 {report.p99_ms:,.0f} ms, max {report.longest_ms:,.0f} ms",
        ),
        ("books, seals", f"{_well(report.books_ok)}, {_well(report.seals_ok)}"),
        ("wrong", "; ".join(report.breaks)),
        ("first error", report.first_error),
    ]
    out.print(facts(f"Drill: {report.drill}", shown))
    columns: list[str | Column] = ["at", "fault", "centre", Column("writing again, s", right=True)]
    rows = [
        (
            f"{one.at_s:.1f} s",
            one.fault,
            f"{one.centre}{' (leader)' if one.led else ''}",
            f"{one.recovery_s:.1f}{'' if one.bar_s is None else f' of {one.bar_s:g}'}",
            f"{one.whole_after_s:.1f}",
            f"{one.minority_acknowledged} of {one.minority_asked}" if one.minority_asked else "",
        )
        for one in report.faults
    ]
    out.print(table("", [*columns, Column("whole, s", right=True), "acknowledged in isolation"], rows))


def _well(holds: bool) -> str:
    return "ok" if holds else "BROKEN"
