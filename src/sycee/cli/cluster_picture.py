"""A cluster drawn with characters: the leader on top, a line to each centre that follows."""

from __future__ import annotations

from rich.align import Align
from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from sycee.operations.cluster import CentreState, ClusterState

_WIDTH = 26


def picture(state: ClusterState) -> RenderableType:
    """The picture; in colours where there is a terminal."""
    width = (_WIDTH + 1) * max(len(state.centres) - 1, 1)
    leading = [_box(one) for one in state.centres if one.leads]
    others = [one for one in state.centres if not one.leads]
    top = leading[0] if leading else Text("nobody leads", style="bold red")
    return Group(
        Align.center(top, width=width),
        Text("".join(_line(one).center(_WIDTH + 1) for one in others)),
        Columns([_box(one) for one in others], width=_WIDTH, padding=(0, 1, 0, 0)),
    )


def _line(one: CentreState) -> str:
    if not one.follows or one.isolated:
        return "╳"
    lag = "" if not one.lag_bytes else f" {one.lag_bytes:,} bytes behind"
    return ("║" if one.holds_commits else "│") + lag


def _box(one: CentreState) -> Panel:
    if not one.alive:
        said, style = "killed", "red"
    elif one.isolated:
        said, style = "isolated", "red"
    elif one.leads:
        said, style = "leads", "bold green"
    elif one.holds_commits:
        said, style = "holds every commit's quorum", "green"
    else:
        said, style = one.state or "unknown", "yellow"
    lines = Text.assemble((said, style), f"\nPostgreSQL {one.state or '-'}\netcd {one.etcd}, API {one.api}")
    return Panel(lines, title=f"{one.name} {one.address}", width=_WIDTH, border_style=style)
