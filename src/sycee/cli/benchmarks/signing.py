"""``sycee bench sign``: packages signed a second, in lists and one by one over HTTP, and how long one takes.

The package is ``treasury`` of the library: a settlement account with an agreement deposit over it and two
notice deposits, with interest, limits, channels, fees and a contract; each signing opens an account. Lists go
down the path that the API's lists take; single ones come over HTTP, from clients that each wait for an answer
before they ask again, first many of them and then one alone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import msgspec

from sycee import ledger, parties, products
from sycee.cli.api_process import ApiProcess, free_port
from sycee.cli.benchmarks.ledger import benchmark_server
from sycee.cli.benchmarks.report import Figures, machine, medians
from sycee.cli.output import progress
from sycee.client import NewAgreement, Sycee
from sycee.database import Database, migrations
from sycee.identity import Scope, issue_token
from sycee.kernel.errors import SyceeError
from sycee.kernel.ids import uuid7
from sycee.kernel.settings import Settings

SIGN_TARGETS: dict[str, str] = {}
"""None was set: what is measured is told."""

PACKAGE, PERMIT = "treasury", "J2900012345601"
LIST = 100
_TODAY = date(2026, 3, 31)
_CELLS = (101, 102)
_EACH = 10  # agreements of a customer: as many general accounts as one may have
_BY = "benchmark"


class SignSizes(msgspec.Struct, frozen=True, kw_only=True):
    """How much is measured in each round: signings in lists, by many clients, and by one alone."""

    rounds: int
    in_lists: int
    single: int
    alone: int
    clients: int


class SigningFailed(SyceeError):
    """A package of the benchmark was not signed"""

    code = "signing_failed"


class _Buyers:
    """Customers that may sign, each a few times, and who signs for them."""

    def __init__(self, customers: list[tuple[UUID, UUID]]) -> None:
        self._turns: Iterator[tuple[UUID, UUID]] = iter([pair for pair in customers for _ in range(_EACH)])

    def take(self, count: int) -> list[tuple[UUID, UUID]]:
        """The next so many customers with their signers."""
        return [next(self._turns) for _ in range(count)]


def bench_sign(sizes: SignSizes, directory: Path | None = None) -> dict[str, Any]:
    """Run it all; returns medians by name, ``rounds`` with every figure, ``sizes`` and ``machine``."""
    figures: Figures = {}
    with benchmark_server(directory) as server:
        url = server.url("sycee")
        migrations.upgrade(url)
        signings = sizes.rounds * (sizes.in_lists + sizes.single + sizes.alone) + LIST
        buyers, token = asyncio.run(_found(url, -(-signings // _EACH)))
        settings = Settings(data_dir=server.data_dir, port=free_port("127.0.0.1"))
        api = ApiProcess(settings, url, server.data_dir / "api.log")
        api.start()
        try:
            with progress("Measuring", sizes.rounds) as step:
                asyncio.run(_single(settings, token, buyers.take(LIST), clients=10))  # uncounted: warms up
                for _ in range(sizes.rounds):
                    asyncio.run(_round(url, settings, token, buyers, sizes, figures))
                    step(1)
        finally:
            api.stop()
        return {
            **medians(figures),
            "rounds": figures,
            "sizes": {**msgspec.structs.asdict(sizes), "list": LIST, "package": PACKAGE},
            "machine": machine(url),
        }


async def _found(url: str, count: int) -> tuple[_Buyers, str]:
    """Two cells, rates, customers with due diligence and mandates, and a token."""
    async with await Database.open(url, max_size=1) as database:
        async with database.transaction() as tx:
            for cell in _CELLS:
                await ledger.create_cell(tx, cell, f"Benchmark {cell}", _TODAY)
            keys = ("CNY.demand", "CNY.agreement", "CNY.notice.1d", "CNY.notice.7d")
            rates = [products.NewRate(key, date(2026, 1, 1), Decimal("0.50")) for key in keys]
            proposal = await products.propose_rates(tx, rates, by="anna")
            await products.release_rates(tx, proposal.id, by="bo")
            token = (await issue_token(tx, _BY, [Scope.AGREEMENTS_WRITE])).text
        found: list[tuple[UUID, UUID]] = []
        with progress("Registering customers", count) as step:
            for start in range(0, count, 100):
                async with database.transaction() as tx:
                    found += await _customers(tx, range(start, min(start + 100, count)))
                step(min(100, count - start))
    return _Buyers(found), token


async def _customers(tx: Any, serials: range) -> list[tuple[UUID, UUID]]:
    customers = await parties.register_customers(
        tx,
        [
            parties.NewCustomer(
                name=f"Customer {serial}",
                local_name=f"客户{serial}",
                uscc=_credit_code(serial),
                status=parties.CustomerStatus.ACTIVE,
                cell=_CELLS[serial % len(_CELLS)],
            )
            for serial in serials
        ],
        by=_BY,
    )
    persons = await parties.register_persons(
        tx,
        [
            parties.NewPerson(
                name=f"Signer {serial}",
                document_kind=parties.DocumentKind.PASSPORT,
                document_number=f"E{serial:08d}",
            )
            for serial in serials
        ],
        by=_BY,
    )
    pairs = [(customer.id, person.id) for customer, person in zip(customers, persons, strict=True)]
    for customer, _ in pairs:
        passed, low = parties.DueDiligenceOutcome.PASSED, parties.RiskGrade.LOW
        await parties.record_due_diligence(tx, customer, passed, date(2027, 3, 31), low, by=_BY)
    await parties.give_mandates(tx, [parties.sole_mandate(*pair) for pair in pairs], by=_BY)
    return pairs


_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def _credit_code(serial: int) -> str:
    """A unified social credit code of an enterprise, with its check character (GB 32100-2015)."""
    body = f"91310000{serial:09d}"
    total = sum(_ALPHABET.index(character) * 3**place % 31 for place, character in enumerate(body))
    return body + _ALPHABET[-total % 31]


async def _round(
    url: str, settings: Settings, token: str, buyers: _Buyers, sizes: SignSizes, figures: Figures
) -> None:
    def note(name: str, value: float) -> None:
        figures.setdefault(name, []).append(value)

    note("in_lists_per_s", await _in_lists(url, buyers.take(sizes.in_lists)))
    taken, latencies = await _single(settings, token, buyers.take(sizes.single), clients=sizes.clients)
    note("single_per_s", len(latencies) / taken)
    note("single_p50_ms", _quantile(latencies, 0.50))
    note("single_p99_ms", _quantile(latencies, 0.99))
    _, latencies = await _single(settings, token, buyers.take(sizes.alone), clients=1)
    note("alone_p50_ms", 1000 * median(latencies))
    note("alone_p99_ms", _quantile(latencies, 0.99))


def _quantile(latencies: list[float], share: float) -> float:
    ordered = sorted(latencies)
    return 1000 * ordered[min(len(ordered) - 1, int(len(ordered) * share))]


async def _in_lists(url: str, customers: list[tuple[UUID, UUID]]) -> float:
    """Agreements a second in lists, one after another on one connection."""
    requests = [
        products.SignRequest(
            id=uuid7(), customer=customer, package=PACKAGE, signers=(signer,), basic_elsewhere=PERMIT
        )
        for customer, signer in customers
    ]
    async with await Database.open(url, max_size=1) as database:
        async with database.transaction() as tx:  # uncounted: this process resolves the package once
            await products.sign(tx, requests[:1], by=_BY, dry_run=True)
        started = time.perf_counter()
        for start in range(0, len(requests), LIST):
            async with database.transaction() as tx:
                outcomes = await products.sign(tx, requests[start : start + LIST], by=_BY)
            for outcome in outcomes:
                _check(outcome.status, outcome.detail)
        return len(requests) / (time.perf_counter() - started)


async def _single(
    settings: Settings, token: str, customers: list[tuple[UUID, UUID]], *, clients: int
) -> tuple[float, list[float]]:
    """Sign one by one over HTTP; seconds in all, and of each."""
    waiting = iter(customers)
    latencies: list[float] = []

    async def client() -> None:
        async with Sycee(f"http://{settings.host}:{settings.port}", token) as bank:
            for customer, signer in waiting:
                agreement = NewAgreement(
                    customer=customer, package=PACKAGE, signers=[signer], basic_elsewhere=PERMIT
                )
                started = time.perf_counter()
                (outcome,) = await bank.sign([agreement])
                latencies.append(time.perf_counter() - started)
                _check(outcome.status, outcome.detail)

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return time.perf_counter() - started, latencies


def _check(status: str, detail: str | None) -> None:
    if status != "signed":
        raise SigningFailed(f"an agreement is {status}: {detail}")
