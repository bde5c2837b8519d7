"""The demo's work: set the bank up, pay the files, write the reports, check the books.

The bank is spoken to through the SDK, as any customer's system would; only the aliases of the accounts
and the checks of the books are a matter between the operator and the database.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from sycee.cli.books import opened
from sycee.cli.checks import check_all
from sycee.cli.demo import bank as demo_bank
from sycee.cli.demo.files import FILES, DemoFile, aliases
from sycee.cli.demo.results import Check, DemoResult, PaidFile, Report
from sycee.client import Account, NothingThere, Sycee
from sycee.kernel.clock import now
from sycee.kernel.errors import SyceeError
from sycee.payments import CAMT053_MESSAGES, PAIN002_MESSAGES, add_account_aliases, read_message

RESULT_FILE = "result.json"
_STATEMENT_OF = demo_bank.SILK_EUROPE
_SUPPORTED = (*PAIN002_MESSAGES, *CAMT053_MESSAGES)

Say = Callable[[str], None]


class DemoFailed(SyceeError):
    """The demo did not end as it must"""

    code = "demo_failed"


async def finished_before(bank: Sycee, output: Path) -> DemoResult | None:
    """The result of an earlier run on this very bank; None when there was none, or on another one."""
    try:
        result = msgspec.json.decode((output / RESULT_FILE).read_bytes(), type=DemoResult)
    except (OSError, msgspec.DecodeError):
        return None
    try:
        for file in result.files:
            await bank.payment_file(file.result.id)
    except NothingThere:
        return None
    return result


async def run_job(bank: Sycee, database_url: str, output: Path, say: Say) -> DemoResult:
    """Do all of it and leave the reports and ``result.json`` in ``output``."""
    output.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240 - nothing else runs in this loop
    timings: dict[str, float] = {}
    with _timed(timings, "bank", say, "opening the accounts of three groups, and funding them"):
        await _set_up(bank, database_url)
        opening = await _fund(bank)
        await _freeze(bank)
    with _timed(timings, "payment_files", say, f"paying {len(FILES)} pain.001 files"):
        files = [await _pay(bank, file) for file in FILES]
    with _timed(timings, "reports", say, "writing pain.002 status reports and a camt.053 statement"):
        reports = [await _status_report(bank, file, output) for file in files]
        reports.append(await _statement(bank, output))
    with _timed(timings, "checks", say, "checking the books and their seals"):
        checks = [Check(check.name, check.passed, check.detail) for check in await check_all(database_url)]
    accounts = [await bank.account(account.number) for account in demo_bank.CUSTOMER_ACCOUNTS]
    result = DemoResult(
        passed=all(
            [
                *(file.as_expected for file in files),
                *(report.valid for report in reports),
                *(check.passed for check in checks),
            ]
        ),
        finished_at=now(),
        accounts=accounts,
        opening_transfers=opening,
        files=files,
        outcomes={
            "accepted": sum(file.result.accepted_count for file in files),
            "rejected": sum(file.result.rejected_count for file in files),
        },
        reports=reports,
        checks=checks,
        trial_balance=await bank.trial_balance(),
        timings_s=timings,
        output=str(output),
    )
    (output / RESULT_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2))
    return result


async def current_accounts(bank: Sycee) -> list[Account]:
    """The customers' accounts as they stand now."""
    return [await bank.account(account.number) for account in demo_bank.CUSTOMER_ACCOUNTS]


async def _set_up(bank: Sycee, database_url: str) -> None:
    there = {cell.cell for cell in await bank.cells()}
    for cell, name in demo_bank.CELLS.items():
        if cell not in there:
            await bank.create_cell(cell, name, now().date())
    await bank.open_accounts(list(demo_bank.accounts()))
    await bank.load_screening_list("demo", [])
    async with opened(database_url) as database, database.transaction() as tx:
        await add_account_aliases(tx, aliases())


async def _fund(bank: Sycee) -> dict[str, int]:
    outcomes = await bank.post(list(demo_bank.opening_transfers()))
    for outcome in outcomes:
        if not outcome.accepted:
            raise DemoFailed(f"an opening deposit was rejected: {outcome.detail} [{outcome.code}]")
    return dict(Counter(outcome.status for outcome in outcomes))


async def _freeze(bank: Sycee) -> None:
    for account in demo_bank.CUSTOMER_ACCOUNTS:
        if account.frozen and (await bank.account(account.number)).status != "frozen":
            await bank.change_account(account.number, status="frozen", reason="Court order 2026-114 法院冻结")


async def _pay(bank: Sycee, file: DemoFile) -> PaidFile:
    result = await bank.send_payment_file(file.read(), key=f"demo-{file.name}")
    codes = {payment.code for payment in result.payments}
    return PaidFile(name=file.name, result=result, as_expected=codes == {file.expected})


async def _status_report(bank: Sycee, file: PaidFile, output: Path) -> Report:
    document = await bank.payment_status_report(file.result.id)
    name = file.name.partition(".pain.001")[0] + f".{file.result.format[-2:]}.pain.002.xml"
    (output / name).write_bytes(document)
    return _validated(name, document, file.result.message_id)


async def _statement(bank: Sycee, output: Path) -> Report:
    cell = next(cell for cell in await bank.cells() if cell.cell == _STATEMENT_OF.group.cell)
    document = await bank.statement_camt053(_STATEMENT_OF.number, cell.business_date, cell.business_date)
    name = f"statement.{_STATEMENT_OF.number}.{cell.business_date}.camt.053.xml"
    (output / name).write_bytes(document)
    return _validated(name, document, f"{_STATEMENT_OF.number} {_STATEMENT_OF.full_name}")


def _validated(name: str, document: bytes, about: str) -> Report:
    """Read the document back through its schema, as its receiver would."""
    try:
        message = read_message(document, _SUPPORTED)
    except SyceeError as error:
        return Report(path=name, kind="unknown", about=about, valid=False, problem=error.detail)
    return Report(path=name, kind=message.name, about=about, valid=True)


@contextmanager
def _timed(timings: dict[str, float], name: str, say: Say, text: str) -> Iterator[None]:
    say(text)
    started = time.perf_counter()
    yield
    timings[name] = round(time.perf_counter() - started, 3)
