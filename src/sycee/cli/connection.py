"""Commands that speak to a running bank: through the SDK, and through nothing else.

``@remote`` turns an async function that takes the bank as its first argument into a command with the
options that say which bank and as whom.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

from sycee.cli.options import BearerToken, DataDir, Url
from sycee.cli.output import hint, out, print_json
from sycee.client import Sycee, WaitsForApproval, find_credentials

Command = ParamSpec("Command")

# A person is waiting: long enough for a restart, not for a failover.
PATIENCE_S = 8.0

_OPTIONS = [
    inspect.Parameter("url", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Url),
    inspect.Parameter("token", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=BearerToken),
    inspect.Parameter("data_dir", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=DataDir),
]


def connect(
    url: str | None, token: str | None, data_dir: Path | None, *, retry_for_s: float = PATIENCE_S
) -> Sycee:
    """A client of the bank that the options, the environment or the data directory name."""
    found = find_credentials(data_dir, url)
    return Sycee(found.url, token or found.token, retry_for_s=retry_for_s)


def _show_waiting(waiting: WaitsForApproval, *, json: bool) -> None:
    """Say that others have to agree first, and how to see whom it waits for."""
    approval = waiting.approval
    if json:
        print_json(approval)
    else:
        out.print(f"waiting: approval {approval.id}")
    hint(
        f"others have to agree first: `sycee approval approve {approval.id}` does,"
        f" `sycee approval show {approval.id}` shows who can"
    )


def remote(command: Callable[Concatenate[Sycee, Command], Awaitable[None]]) -> Callable[..., None]:
    """Make a command of an async function whose first argument is the bank."""

    async def run(url: str | None, token: str | None, data_dir: Path | None, given: dict[str, Any]) -> None:
        async with connect(url, token, data_dir) as bank:
            try:
                await command(bank, **given)  # type: ignore[call-arg]  # as typer reads its signature
            except WaitsForApproval as waiting:
                _show_waiting(waiting, json=bool(given.get("json")))

    def wrapper(**given: Any) -> None:
        asyncio.run(run(given.pop("url"), given.pop("token"), given.pop("data_dir"), given))

    signature = inspect.signature(command, eval_str=True)
    own = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in list(signature.parameters.values())[1:]
    ]
    parameters = [*own, *_OPTIONS]
    wrapper.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    wrapper.__name__ = command.__name__
    wrapper.__doc__ = command.__doc__
    wrapper.__module__ = command.__module__
    return wrapper
