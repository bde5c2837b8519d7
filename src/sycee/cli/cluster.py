"""``sycee cluster``: a bank in several centres on this machine, and what an operator does with it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from sycee.cli.cluster_picture import picture
from sycee.cli.options import Json
from sycee.cli.output import Column, err, hint, out, print_json, table
from sycee.operations import cluster as clusters

app = typer.Typer(
    no_args_is_help=True,
    help="Run the bank in several centres on this machine, break it, and see it go on.",
)

ClusterDir = Annotated[
    Path,
    typer.Option(
        "--dir",
        envvar="SYCEE_CLUSTER_DIR",
        help="Directory of the cluster's files.",
        file_okay=False,
    ),
]
DEFAULT_DIR = Path("~/.local/share/sycee-cluster")
CentreName = Annotated[str, typer.Argument(metavar="CENTRE", help="Name of a centre, as `status` shows it.")]


def say(step: str) -> None:
    """Tell a step."""
    err.print(f"[dim]· {step}[/dim]", soft_wrap=True)


def opened(directory: Path) -> clusters.LocalCluster:
    """The cluster of a directory. Raises NoCluster."""
    path = directory.expanduser()
    return clusters.LocalCluster(path, *clusters.read_plan(path))


def _timed(work: Callable[[], Coroutine[Any, Any, clusters.ClusterState]], text: str) -> None:
    begun = time.monotonic()
    state = asyncio.run(work())
    out.print(f"{text.format(leader=state.leader)} after {time.monotonic() - begun:.1f} s")


@app.command("up")
def up(
    centres: Annotated[int, typer.Option("--centres", help="How many centres: 3, 5 or 7.")] = 3,
    directory: ClusterDir = DEFAULT_DIR,
) -> None:
    """Start a cluster: in each centre etcd, Patroni with PostgreSQL, the bank's API and a worker.

    They go on in the background until `sycee cluster down`. As root every centre has a network namespace of
    its own and can be isolated; otherwise all share the loopback interface.
    """
    path = directory.expanduser()
    try:
        plan, passwords = clusters.read_plan(path)
    except clusters.NoCluster:
        plan = clusters.new_plan("sycee", centres, "namespaces" if clusters.can_separate() else "loopback")
        passwords = clusters.keep_plan(path, plan)
    cluster = clusters.LocalCluster(path, plan, passwords)
    credentials = asyncio.run(clusters.bring_up(cluster, say))
    state = asyncio.run(clusters.cluster_state(cluster))
    out.print(picture(state))
    out.print(
        f"[bold green]Sycee is ready[/bold green] in {len(plan.centres)} centres, first at {credentials.url}"
    )
    hint(f"for other commands: export SYCEE_DATA_DIR={cluster.bank_directory}")
    hint("`sycee cluster kill CENTRE`, `isolate`, `rejoin`, `switchover`; `sycee cluster down` stops it")


@app.command("status")
def status(
    directory: ClusterDir = DEFAULT_DIR,
    json: Json = False,
    watch: Annotated[bool, typer.Option("--watch", help="Show it again every second, until Ctrl-C.")] = False,
) -> None:
    """Show who leads, who follows and how far behind. Ends with 1 when the cluster takes no writes."""
    cluster = opened(directory)
    while True:
        state = asyncio.run(clusters.cluster_state(cluster))
        if json:
            print_json({**_plain(state), "takes_writes": state.takes_writes, "is_whole": state.is_whole})
        else:
            _show(state)
        if not watch:
            break
        time.sleep(1.0)
    if not state.takes_writes:
        raise typer.Exit(1)


def _plain(state: clusters.ClusterState) -> dict[str, Any]:
    import msgspec  # noqa: PLC0415 - for one command

    plain: dict[str, Any] = msgspec.to_builtins(state)
    return plain


def _show(state: clusters.ClusterState) -> None:
    out.print(picture(state))
    rows = [
        (
            one.name,
            one.address,
            one.role or "unknown",
            _condition(one),
            one.timeline,
            "" if one.leads or one.lag_bytes is None else f"{one.lag_bytes:,}",
            one.etcd,
            one.api,
        )
        for one in state.centres
    ]
    columns: list[str | Column] = ["centre", "address", "role", "state", Column("timeline", right=True)]
    out.print(table("", [*columns, Column("lag, bytes", right=True), "etcd", "API"], rows))
    if not state.takes_writes:
        out.print("[bold red]takes no writes[/bold red]")


def _condition(one: clusters.CentreState) -> str:
    if not one.alive:
        return "killed"
    return "isolated" if one.isolated else one.state or "unknown"


@app.command("switchover")
def switchover(
    to: Annotated[str | None, typer.Option("--to", metavar="CENTRE", help="Who is to lead.")] = None,
    directory: ClusterDir = DEFAULT_DIR,
) -> None:
    """Hand the lead to another centre, in order: clients wait a moment, nothing fails."""
    cluster = opened(directory)
    centre = cluster.plan.centre(to) if to else None
    _timed(lambda: clusters.switch_over(cluster, centre), "{leader} leads")


@app.command("kill")
def kill(
    centre: CentreName,
    directory: ClusterDir = DEFAULT_DIR,
    postgres_only: Annotated[
        bool, typer.Option("--postgres", help="Only its PostgreSQL; Patroni sees what to do.")
    ] = False,
) -> None:
    """Kill everything in a centre at once, as a loss of power would."""
    cluster = opened(directory)
    place = cluster.plan.centre(centre)
    if postgres_only:
        cluster.kill_postgres(place)
    else:
        cluster.kill(place)
        hint(f"`sycee cluster rejoin {centre}` starts it again")


@app.command("isolate")
def isolate(centre: CentreName, directory: ClusterDir = DEFAULT_DIR) -> None:
    """Cut a centre off from all others, as a broken line would: it lives on and reaches nobody."""
    cluster = opened(directory)
    cluster.network.cut_off(cluster.plan.centre(centre))
    hint(f"`sycee cluster rejoin {centre}` mends the line")


@app.command("rejoin")
def rejoin(centre: CentreName, directory: ClusterDir = DEFAULT_DIR) -> None:
    """Take a centre back in that was killed or isolated, and wait until it follows."""
    cluster = opened(directory)
    place = cluster.plan.centre(centre)
    _timed(lambda: clusters.take_back(cluster, place), f"{centre} is back")


@app.command("url")
def url(directory: ClusterDir = DEFAULT_DIR) -> None:
    """Print the URL of the bank's database, which names every centre. It holds the password."""
    out.print(opened(directory).url, soft_wrap=True, markup=False)


@app.command("down")
def down(
    directory: ClusterDir = DEFAULT_DIR,
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove the cluster's files too: the bank in it is gone.")
    ] = False,
) -> None:
    """Stop every centre."""
    cluster = opened(directory)
    cluster.stop()
    if remove:
        cluster.remove()


def _host(text: str) -> tuple[str, str]:
    name, equals, address = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r} is not NAME=ADDRESS, as beijing=10.1.0.11")
    return name.strip(), address.strip()


@app.command("render")
def render(  # noqa: PLR0917 - Typer reads a signature
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder to write into; empty or new.")],
    centre: Annotated[
        list[str],
        typer.Option("--centre", metavar="NAME=ADDRESS", help="A centre's host; three, five or seven."),
    ],
    name: Annotated[str, typer.Option("--name", help="Name of the cluster.")] = "sycee",
    network: Annotated[
        str, typer.Option("--network", metavar="CIDR", help="Network that may connect to PostgreSQL.")
    ] = "10.0.0.0/8",
    memory: Annotated[int, typer.Option("--memory", min=1, help="Memory of a database host, in GiB.")] = 16,
    programs: Annotated[
        Path, typer.Option("--programs", help="Where the hosts have PostgreSQL's programs.")
    ] = Path("/usr/lib/postgresql/18/bin"),
    tls: Annotated[
        Path, typer.Option("--tls", help="Folder on the hosts with ca.crt, server.crt and server.key.")
    ] = Path("/etc/sycee/tls"),
    storage: Annotated[
        str, typer.Option("--storage", help="Storage of each PostgreSQL on Kubernetes.")
    ] = "200Gi",
    database_image: Annotated[
        str, typer.Option("--database-image", help="Image with PostgreSQL and Patroni.")
    ] = "sycee-database:18",
    bank_image: Annotated[str, typer.Option("--bank-image", help="Image with Sycee.")] = "sycee:latest",
) -> None:
    """Write the configuration out for real hosts (Patroni, etcd, systemd) and for Kubernetes.

    It holds no secret: files named *.example say which are wanted. PORTS.md lists who has to reach whom.
    """
    place = clusters.Place(
        data_dir=Path("/var/lib/postgresql/18") / name,
        programs=programs,
        run_dir=Path("/var/run/postgresql"),
        network=network,
        memory=memory << 30,
        tls=clusters.Tls(authority=tls / "ca.crt", certificate=tls / "server.crt", key=tls / "server.key"),
    )
    images = clusters.Images(database=database_image, bank=bank_image)
    plan = clusters.plan_of(name, [_host(one) for one in centre])
    for file in clusters.render(plan, place, images, folder, storage=storage):
        out.print(str(file), soft_wrap=True, markup=False)
    hint("the documentation's page on clusters says what to do with them, step by step")
