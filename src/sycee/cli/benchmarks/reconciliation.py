"""``sycee bench reconciliation``: a rail's day of many items, from its report's first page to what was found.

The rail's report lies in files, page by page, as the line hands it over; what settled here lies in the books'
database. The clock runs from asking until the run is done. Ten items are missing here and ten there, so that
somebody looks for them.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec

from sycee import ledger, payments
from sycee.cli.benchmarks.ledger import benchmark_server
from sycee.cli.benchmarks.memory import PeakMemory
from sycee.cli.benchmarks.report import Figures, machine, medians
from sycee.cli.output import progress
from sycee.database import Database, Transaction, migrations

RECONCILIATION_TARGETS = {"growth_mb": "flat: beside what one page takes, nothing grows"}
_DAY = date(2026, 1, 5)
_RAIL, _US, _PAGE, _CELL, _ASTRAY = "BEPS", "313100000013", 5_000, 100, 10


class ReconciliationSizes(msgspec.Struct, frozen=True, kw_only=True):
    """How many items each day has that is reconciled."""

    items: tuple[int, ...]


class _Files(payments.rails.RailLink):
    """A line on which the report comes from files, and nothing is sent once more."""

    def __init__(self, connection: payments.rails.RailConnection, directory: Path) -> None:
        super().__init__(connection)
        self._pages = sorted(directory.iterdir())

    async def report_pages(self, _: date) -> int:
        return len(self._pages)

    async def report_page(self, _: date, page: int, *, max_bytes: int) -> bytes:
        body = self._pages[page - 1].read_bytes()
        assert len(body) <= max_bytes
        return body

    async def once_more(self, _: UUID) -> list[Any]:
        return []


def bench_reconciliation(sizes: ReconciliationSizes, directory: Path | None = None) -> dict[str, Any]:
    """Reconcile a day of each size: seconds, items a second and peak memory by size, and the ``machine``."""
    figures: Figures = {}
    with benchmark_server(directory) as server:
        url = server.url("sycee")
        migrations.upgrade(url)
        with progress("Measuring", len(sizes.items)) as step:
            for items in sizes.items:
                figures |= asyncio.run(_day(url, server.guard_pid, items))
                step(1)
        peaks = [figures[f"{items}_peak_mb"][0] for items in sizes.items]
        figures["growth_mb"] = [peaks[-1] - peaks[0]]
        return {
            **medians(figures),
            "rounds": figures,
            "sizes": msgspec.to_builtins(sizes),
            "machine": machine(url),
        }


async def _day(url: str, guard_pid: int, items: int) -> Figures:
    async with await Database.open(url, max_size=4) as database:
        with tempfile.TemporaryDirectory() as pages:
            await database.run(_nothing_yet)
            await database.run(partial(_settle, items=items))
            await database.run(partial(_write_report, directory=Path(pages)))
            connection = await database.run(_connected)
            async with _Files(connection, Path(pages)) as link:
                with PeakMemory(guard_pid) as memory:
                    started = time.perf_counter()
                    asked = await database.run(
                        partial(payments.rails.ask_for_reconciliation, rail=_RAIL, day=_DAY, by="benchmark")
                    )
                    run = await payments.rails.carry_out_reconciliation(database, link, asked.id)
                    seconds = time.perf_counter() - started
    if (run.done, run.missing_here, run.missing_there) != (items, _ASTRAY, _ASTRAY):
        raise RuntimeError(f"{run}: not what was put there")
    return {
        f"{items}_s": [seconds],
        f"{items}_items_per_s": [items / seconds],
        f"{items}_peak_mb": [memory.mb],
    }


async def _nothing_yet(tx: Transaction) -> None:
    await ledger.create_cell(tx, _CELL, "benchmark", _DAY)
    await tx.execute("TRUNCATE rail_items, rail_cases, rail_case_entries, rail_reports, rail_reconciliations")


async def _connected(tx: Transaction) -> payments.rails.RailConnection:
    return await payments.rails.connect_rail(tx, _RAIL, url="http://rail", participant=_US, by="benchmark")


async def _settle(tx: Transaction, items: int) -> None:
    """So many payments of 1.00 that settled on the day."""
    await tx.execute(
        "INSERT INTO rail_items (cell, rail, uetr, what, item_id, message_id, end_to_end_id, amount,"
        " currency, state, settled_on)"
        " SELECT %s, %s, u, 'payment', replace(u::text, '-', ''), 'P', 'E', 100, 'CNY', 'settled', %s"
        " FROM (SELECT gen_random_uuid() AS u FROM generate_series(1, %s)) AS made",
        (_CELL, _RAIL, _DAY, items),
    )
    await tx.execute("ANALYZE rail_items")


async def _write_report(tx: Transaction, directory: Path) -> None:
    """All but some of what settled, and as many others; never in memory at once."""
    page, written = [uuid4() for _ in range(_ASTRAY)], 0
    async with tx.cursor(name="settled") as settled:
        settled.itersize = _PAGE
        await settled.execute("SELECT uetr FROM rail_items OFFSET %s", (_ASTRAY,))
        async for (uetr,) in settled:
            page.append(uetr)
            if len(page) == _PAGE:
                written = _write_page(directory, page, written)
                page.clear()
    _write_page(directory, page, written)


def _write_page(directory: Path, page: Sequence[UUID], before: int) -> int:
    if page:
        number = before // _PAGE
        (directory / f"{number:06}.xml").write_text(_page(number, page, -before))
    return before + len(page)


def _page(number: int, uetrs: Sequence[UUID], opening: int) -> str:
    head = (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr>'
        f"<MsgId>R{number}</MsgId><CreDtTm>2026-01-05T18:00:00Z</CreDtTm></GrpHdr><Stmt><Id>R{number}</Id>"
        f"<CreDtTm>2026-01-05T18:00:00Z</CreDtTm><Acct><Id><Othr><Id>{_US}</Id></Othr></Id><Ccy>CNY</Ccy>"
        f"</Acct>{_balance('OPBD', opening)}{_balance('CLBD', opening - len(uetrs))}"
    )
    entries = "".join(
        f'<Ntry><Amt Ccy="CNY">1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt>'
        f"<Dt>{_DAY}</Dt></BookgDt><ValDt><Dt>{_DAY}</Dt></ValDt><AcctSvcrRef>{uetr.hex}</AcctSvcrRef>"
        "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>DMCT</SubFmlyCd></Fmly></Domn></BkTxCd>"
        "<NtryDtls><TxDtls><Refs><MsgId>P</MsgId><EndToEndId>E</EndToEndId>"
        f"<UETR>{uetr}</UETR><TxId>{uetr.hex}</TxId></Refs></TxDtls></NtryDtls></Ntry>"
        for uetr in uetrs
    )
    return f"{head}{entries}</Stmt></BkToCstmrStmt></Document>"


def _balance(kind: str, yuan: int) -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">{abs(yuan)}.00</Amt>'
        f"<CdtDbtInd>{'CRDT' if yuan >= 0 else 'DBIT'}</CdtDbtInd><Dt><Dt>{_DAY}</Dt></Dt></Bal>"
    )
