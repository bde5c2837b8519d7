"""``sycee openapi``: the OpenAPI document of this version's API.

The document is made by the API, which the command line does not know; ``sycee.main`` hands over the
function that makes it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from sycee.cli.output import hint, out
from sycee.kernel.errors import Unavailable


class NoDocument(Unavailable):
    """This program was put together without the API"""

    code = "no_document"


def _nobody() -> bytes:
    raise NoDocument("the API's document is only at hand in the `sycee` program itself")


_maker: list[Callable[[], bytes]] = [_nobody]


def made_by(make: Callable[[], bytes]) -> None:
    """Say who makes the document: a function that returns it as JSON."""
    _maker[0] = make


def openapi(
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", dir_okay=False, help="Write to this file instead of standard output."),
    ] = None,
) -> None:
    """Print the OpenAPI 3.1 document of the API, or write it to a file."""
    text = msgspec.json.format(_maker[0](), indent=2).decode() + "\n"
    if output is None:
        out.file.write(text)
        out.file.flush()
    else:
        output.write_text(text, encoding="utf-8")
        hint(f"written to {output}")
