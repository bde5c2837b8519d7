"""A cluster drawn with characters: the leader on top, a line to each centre that follows."""

from __future__ import annotations

from rich.align import Align
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from sycee.operations import cluster

_WIDTH = 26


def picture(state: cluster.ClusterState) -> RenderableType:
    """The picture; in colours where there is a terminal."""
    leading = [_box(one) for one in state.centres if one.leads]
    others = [one for one in state.centres if not one.leads]
    room = (_WIDTH + 1) * (len(others) - 1) // 2
    top = leading[0] if leading else Text("nobody leads", style="bold red")
    below = Table.grid(padding=(0, 1, 0, 0))
    below.add_row(*(Align.center(_line(one), width=_WIDTH) for one in others))
    below.add_row(*(_box(one) for one in others))
    return Group(Padding(top, (0, 0, 0, max(0, room))), below)


def _line(one: cluster.CentreState) -> str:
    if not one.follows or one.isolated:
        return "╳"
    lag = "" if not one.lag_bytes else f" {one.lag_bytes:,} bytes behind"
    return ("║" if one.holds_commits else "│") + lag


def _box(one: cluster.CentreState) -> Panel:
    if not one.alive:
        said, style = "killed", "red"
    elif one.isolated:
        said, style = "isolated", "red"
    elif one.leads:
        said, style = "leads", "bold green"
    elif one.holds_commits:
        said, style = "follows, holds commits", "green"
    else:
        said, style = one.state or "unknown", "yellow"
    lines = Text.assemble((said, style), f"\nPostgreSQL {one.state or '-'}\netcd {one.etcd}, API {one.api}")
    return Panel(lines, title=f"{one.name} {one.address}", width=_WIDTH, border_style=style)
