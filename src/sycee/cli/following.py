"""Following what the bank does: to its end, or step by step; leaving it, when the person has enough."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, NamedTuple, TypeAlias, TypeVar

import typer

from sycee.cli.output import err, out, print_line, progress
from sycee.client import Unreachable

EVERY_S = 0.5
"""How often it is looked how far it is."""

Thing = TypeVar("Thing")

After: TypeAlias = Annotated[
    str | None, typer.Option("--after", help="Place to go on from; 0 from the beginning. Default: now.")
]
Count: TypeAlias = Annotated[
    int | None, typer.Option("--count", min=1, help="End after so many steps. Default: go on.")
]


class Seen(NamedTuple):
    """How far something is: whether it is at its end, done of total, and in words."""

    ended: bool
    done: int
    total: int | None
    text: str = ""


@contextmanager
def said_when_left(what: str) -> Iterator[None]:
    """Tell whoever leaves before the end (Ctrl-C), or loses the line, what happens now."""
    try:
        yield
    except (asyncio.CancelledError, Unreachable):
        err.print(what, soft_wrap=True, highlight=False)
        raise


async def followed(
    title: str, thing: Thing, look: Callable[[], Awaitable[Thing]], seen: Callable[[Thing], Seen]
) -> Thing:
    """Look again and again until it is at its end; the thing as it is then."""
    shown = 0
    with progress(title, seen(thing).total) as step:
        while not (now := seen(thing)).ended:
            step(now.done - shown, text=f"{title}: {now.text}", total=now.total)
            shown = now.done
            await asyncio.sleep(EVERY_S)
            thing = await look()
    return thing


async def show_steps(
    steps: AsyncIterator[tuple[str, Thing]], line: Callable[[Thing], str], *, count: int | None, json: bool
) -> None:
    """Show steps as they happen, each as a line or as JSON with its place; ends after ``count``."""
    seen = 0
    async for place, step in steps:
        if json:
            print_line({"place": place, "step": step})
        else:
            out.print(line(step))
        seen += 1
        if seen == count:
            return
