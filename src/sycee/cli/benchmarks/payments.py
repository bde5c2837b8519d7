"""``sycee bench payments``: a file of many payments against the same sent singly, and single ones by HTTP.

A file is what a customer sends: pain.001.001.09 from one account to thousands of others of this bank. The
clock runs from its first byte to the last one of the pain.002 that answers it: kept, checked against its
schema, its count and its sum, screened, paid, reported. Files a tenth and, when asked for, ten times as long
show whether memory depends on length. What is sent singly is submitted in a transaction each.
"""

from __future__ import annotations

import asyncio
import tempfile
import threading
import time
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

import msgspec
import psutil

from sycee import payments
from sycee.cli.api_process import ApiProcess, free_port
from sycee.cli.benchmarks.api import send_load
from sycee.cli.benchmarks.http_load import Order, Result
from sycee.cli.benchmarks.ledger import Books, LedgerSizes, benchmark_server
from sycee.cli.benchmarks.report import Figures, machine, medians
from sycee.cli.output import progress
from sycee.database import Database, EmbeddedServer, migrations
from sycee.identity import Scope, issue_token
from sycee.kernel.ids import uuid7
from sycee.kernel.settings import Settings

PAYMENT_TARGETS = {
    "file_s": "≤ 25 on 2 cores for 100,000",
    "peak_rss_mb": "< 400",
    "rss_growth": "1 is flat",
    "http_per_s": "≥ 1,500 on 2 cores",
}
_EVERY_S = 0.05
_WARM_UP = 1_000
_REQUESTS_PER_S = 10_000  # made beforehand: more than will be sent
_TODAY = date(2026, 1, 1)


class PaymentSizes(msgspec.Struct, frozen=True, kw_only=True):
    """``payments`` of the file that is measured; ``single`` are sent singly; HTTP for ``seconds``."""

    rounds: int
    payments: int
    single: int
    seconds: float
    connections: int
    large: bool = False


class _PeakRss:
    """The most memory that this process takes while a block runs, in MB."""

    def __init__(self) -> None:
        self.mb = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        process = psutil.Process()
        while True:
            self.mb = max(self.mb, process.memory_info().rss / 1e6)
            if self._stop.wait(_EVERY_S):
                return


def bench_payments(sizes: PaymentSizes, directory: Path | None = None) -> dict[str, Any]:
    """Run it all; returns medians by name, ``rounds`` with every figure, ``sizes`` and ``machine``."""
    figures: Figures = {}
    with benchmark_server(directory) as server:
        url = server.url("sycee")
        migrations.upgrade(url)
        books = Books(url, LedgerSizes(rounds=1, transfers=0, books=0))
        token = asyncio.run(_found(books))
        with progress("Measuring", sizes.rounds) as step:
            for number in range(sizes.rounds):
                asyncio.run(_round(books, sizes, figures, number))
                step(1)
        if sizes.seconds:
            result = _http(server, books, token, sizes)
            figures["http_per_s"] = [result.requests / result.seconds]
            figures["http_p99_ms"] = [result.p99_ms]
        return {
            **medians(figures),
            "rounds": figures,
            "sizes": msgspec.structs.asdict(sizes),
            "machine": machine(url),
        }


async def _found(books: Books) -> str:
    await books.fill()
    async with await Database.open(books.url, max_size=1) as database, database.transaction() as tx:
        await payments.load_screening_names(tx, [], name="own", by="benchmark")
        return (await issue_token(tx, "benchmark", [Scope.PAYMENTS_WRITE])).text


async def _round(books: Books, sizes: PaymentSizes, figures: Figures, number: int) -> None:
    async with await Database.open(books.url, max_size=4) as database:
        await _file(database, books, _WARM_UP, f"W{number}")
        small, _ = await _file(database, books, sizes.payments // 10, f"S{number}")
        peak, seconds = await _file(database, books, sizes.payments, f"M{number}")
        singly = await _singly(database, books, sizes.single)
        found = {
            "file_s": seconds,
            "file_payments_per_s": sizes.payments / seconds,
            "peak_rss_mb": peak,
            "rss_growth": peak / small,
            "singly_per_s": singly,
            "singly_ratio": sizes.payments / seconds / singly,
        }
        if sizes.large:
            large, seconds = await _file(database, books, sizes.payments * 10, f"L{number}")
            found |= {"large_file_s": seconds, "large_peak_rss_mb": large, "rss_growth": large / small}
        for name, value in found.items():
            figures.setdefault(name, []).append(value)


async def _file(database: Database, books: Books, count: int, name: str) -> tuple[float, float]:
    """Peak memory in MB and seconds that a file of so many payments takes."""
    with tempfile.TemporaryFile() as source:
        write_file(source, books.cells[0], count, name)
        with _PeakRss() as memory:
            started = time.perf_counter()

            async def receive(tx: Any) -> payments.BulkOrder:
                return await payments.receive_bulk_order(tx, cast("Any", source), by="benchmark")

            order = await database.run(receive)
            order = await payments.carry_out_bulk_order(database, order.id)
            with tempfile.TemporaryFile() as report:
                async with database.transaction() as tx:
                    async for piece in payments.bulk_status_report(tx, order):
                        report.write(piece)
            seconds = time.perf_counter() - started
    if (order.done, order.refused) != (count, 0):
        raise RuntimeError(f"{order.refused} of {order.done} payments were refused: none should be")
    return memory.mb, seconds


def write_file(target: IO[bytes], accounts: list[int], count: int, name: str) -> None:
    """A pain.001.001.09 file of payments of 1.00 from the first account to the others in turn."""
    target.write(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn>'
        f"<GrpHdr><MsgId>{name}</MsgId><CreDtTm>2026-01-01T09:00:00</CreDtTm><NbOfTxs>{count}</NbOfTxs>"
        f"<CtrlSum>{count}.00</CtrlSum><InitgPty><Nm>Silk Road Steel Ltd</Nm></InitgPty></GrpHdr>"
        f"<PmtInf><PmtInfId>{name}-1</PmtInfId><PmtMtd>TRF</PmtMtd>"
        f"<ReqdExctnDt><Dt>{_TODAY}</Dt></ReqdExctnDt><Dbtr><Nm>Silk Road Steel Ltd</Nm></Dbtr>"
        f"<DbtrAcct><Id><Othr><Id>{accounts[0]}</Id></Othr></Id></DbtrAcct>"
        "<DbtrAgt><FinInstnId><BICFI>SYCECNB0</BICFI></FinInstnId></DbtrAgt>\n".encode()
    )
    for number in range(count):
        target.write(
            f"<CdtTrfTxInf><PmtId><InstrId>I-{number}</InstrId><EndToEndId>E-{number}</EndToEndId></PmtId>"
            f'<Amt><InstdAmt Ccy="CNY">1.00</InstdAmt></Amt><Cdtr><Nm>Employee {number}</Nm></Cdtr><CdtrAcct>'
            f"<Id><Othr><Id>{accounts[1 + number % (len(accounts) - 1)]}</Id></Othr></Id></CdtrAcct>"
            f"<RmtInf><Ustrd>Invoice {number}</Ustrd></RmtInf></CdtTrfTxInf>\n".encode()
        )
    target.write(b"</PmtInf></CstmrCdtTrfInitn></Document>\n")


async def _singly(database: Database, books: Books, count: int) -> float:
    """Payments a second when each is submitted in a transaction of its own."""
    accounts = books.cells[0]

    def payment(number: int) -> payments.NewPayment:
        return payments.NewPayment(
            id=uuid7(),
            debit_account=accounts[0],
            creditor_account=str(accounts[1 + number % (len(accounts) - 1)]),
            creditor_name=f"Employee {number}",
            amount=1_00,
            currency="CNY",
            remittance=f"Invoice {number}",
        )

    async def pay(number: int) -> None:
        wanted = [payment(number)]

        async def submit(tx: Any) -> None:
            (told,) = await payments.submit_payments(tx, wanted, by="benchmark")
            if told.state is not payments.PaymentState.SETTLED:
                raise RuntimeError(f"{told.code}: nothing should be refused here")

        await database.run(submit)

    started = time.perf_counter()
    for number in range(count):
        await pay(number)
    return count / (time.perf_counter() - started)


def _http(server: EmbeddedServer, books: Books, token: str, sizes: PaymentSizes) -> Result:
    """Start the API, warm it up, and put single payments on it."""
    settings = Settings(data_dir=server.data_dir, port=free_port("127.0.0.1"))
    api = ApiProcess(settings, books.url, server.data_dir / "api.log")

    def order(seconds: float) -> Order:
        return Order(
            host=settings.host,
            port=settings.port,
            token=token,
            connections=sizes.connections,
            seconds=seconds,
            accounts=[number for cell in books.cells for number in cell],
            requests=round(seconds * _REQUESTS_PER_S),
            payments=True,
        )

    api.start()
    try:
        send_load(order(1.0))
        return send_load(order(sizes.seconds))
    finally:
        api.stop()
