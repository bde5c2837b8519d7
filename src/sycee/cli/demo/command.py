"""``sycee demo``, and the demo's part of ``sycee up --demo``."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from sycee.cli.api_process import free_port
from sycee.cli.demo.bank import SILK_EUROPE
from sycee.cli.demo.job import DemoFailed, current_accounts, finished_before, run_job
from sycee.cli.demo.report import show_accounts, show_next_steps, show_result
from sycee.cli.demo.results import DemoResult
from sycee.cli.options import Json, local_settings
from sycee.cli.output import err, hint, out, print_json
from sycee.cli.serving import RunningBank, serving
from sycee.cli.signals import stop_by_signal
from sycee.client import Sycee
from sycee.kernel.errors import SyceeError
from sycee.kernel.settings import Settings

Say = Callable[[str], None]


def run_in(bank: RunningBank, output: Path, say: Say) -> None:
    """Set the demo bank up in a running bank and show what happened; or find it, and say so."""
    token = bank.token or os.environ.get("SYCEE_TOKEN")
    if token is None:
        raise DemoFailed(
            "this machine has no token for this database",
            hint="`sycee token issue` makes one; leave it in SYCEE_TOKEN",
        )

    async def work() -> tuple[DemoResult | None, DemoResult | None]:
        async with Sycee(bank.url, token) as client:
            before = await finished_before(client, output)
            if before is not None:
                return msgspec.structs.replace(before, accounts=await current_accounts(client)), None
            return None, await run_job(client, bank.database_url, output, say)

    before, fresh = asyncio.run(work())
    if before is not None:
        show_accounts(before.accounts)
        when = before.finished_at.strftime("%Y-%m-%d %H:%M UTC")
        out.print(f"The demo bank is here since {when}: nothing was posted again.", soft_wrap=True)
    elif fresh is not None:
        show_result(fresh)
        if not fresh.passed:
            raise DemoFailed("the demo did not end as it must; the tables above say where")
    show_next_steps(SILK_EUROPE.number, bank.settings.data_dir, output)


def demo(
    output: Annotated[
        Path | None,
        typer.Option("--output", file_okay=False, help="Keep the reports in this directory."),
    ] = None,
    json: Json = False,
) -> None:
    """Run the whole demo in a throw-away bank: set it up, pay real files, check the books, clean up.

    Everything runs on free ports in a temporary directory that is removed afterwards.
    """
    started = time.perf_counter()
    directory = Path(tempfile.mkdtemp(prefix="sycee-demo-"))
    say: Say = _silent if json else _say
    with stop_by_signal():
        try:
            result = _run_apart(directory, output, say)
        except SyceeError:
            _keep_log(directory)
            raise
        finally:
            shutil.rmtree(directory, ignore_errors=True)
    result.timings_s["all"] = round(time.perf_counter() - started, 3)
    if json:
        print_json(result)
    else:
        show_result(result)
        out.print("The bank is gone again; `sycee up --demo` starts one that stays.")
    if not result.passed:
        raise DemoFailed("the demo did not end as it must")


def _run_apart(directory: Path, output: Path | None, say: Say) -> DemoResult:
    home = local_settings()
    settings: Settings = msgspec.structs.replace(
        home,
        data_dir=directory,
        database_url=None,
        embedded_port=None,
        host="127.0.0.1",
        port=free_port("127.0.0.1"),
        workers=1,
    )
    with serving(settings, say, worker=False) as bank:

        async def work() -> DemoResult:
            async with Sycee(bank.url, bank.token) as client:
                return await run_job(client, bank.database_url, output or directory / "reports", say)

        result = asyncio.run(work())
    return result if output else msgspec.structs.replace(result, output=None)


def _keep_log(directory: Path) -> None:
    """Save what the API said from the directory that is about to go."""
    log = directory / "api.log"
    if log.exists():
        kept = directory.with_suffix(".log")
        shutil.copyfile(log, kept)
        hint(f"the API's log is kept in {kept}")


def _say(step: str) -> None:
    err.print(f"[dim]· {step}[/dim]", soft_wrap=True)


def _silent(_: str) -> None:
    return None
