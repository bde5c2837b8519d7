"""What the SDK does when the connection is cut, the server restarts, or nobody is there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from sycee.cli.api_process import free_port
from sycee.client import Account, NewAccount, Sycee, Unreachable
from sycee.kernel.ids import uuid7

if TYPE_CHECKING:
    from tests.client.conftest import Service


class CuttingProxy:
    """A relay that lets requests through whole and cuts the connection in place of the first answers."""

    def __init__(self, target_port: int, cuts: int) -> None:
        self.target_port = target_port
        self.cuts_left = cuts
        self.requests = 0
        self.url = ""

    async def serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", self.target_port)

        async def forward() -> None:
            while data := await reader.read(65536):
                upstream_writer.write(data)
                await upstream_writer.drain()

        forwarding = asyncio.create_task(forward())
        try:
            while data := await upstream_reader.read(65536):
                self.requests += 1
                if self.cuts_left:
                    self.cuts_left -= 1  # the bank has done the work; its answer is lost
                    break
                writer.write(data)
                await writer.drain()
        finally:
            forwarding.cancel()
            upstream_writer.close()
            writer.close()


@asynccontextmanager
async def cutting_proxy(target_port: int, cuts: int) -> AsyncIterator[CuttingProxy]:
    proxy = CuttingProxy(target_port, cuts)
    server = await asyncio.start_server(proxy.serve_one, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()


async def test_a_transfer_whose_answer_was_lost_is_posted_once(
    service: Service, bank: Sycee, treasury: Account, customer: Account
) -> None:
    async with (
        cutting_proxy(service.api.settings.port, cuts=2) as proxy,
        Sycee(proxy.url, service.token) as shaken,
    ):
        outcome = await shaken.transfer(treasury.number, customer.number, "10 CNY")
    assert (outcome.status, outcome.first) == ("duplicate", "posted")
    assert outcome.accepted
    assert proxy.cuts_left == 0
    assert (await bank.balance(customer.number)).balance.value == "10.00"


async def test_an_account_whose_answer_was_lost_is_opened_once(service: Service, bank: Sycee) -> None:
    owner = uuid7()
    async with (
        cutting_proxy(service.api.settings.port, cuts=1) as proxy,
        Sycee(proxy.url, service.token) as shaken,
    ):
        wanted = NewAccount(currency="CNY", subject="2011", cell=101, customer=owner)
        (opened,) = await shaken.open_accounts([wanted])
    assert [account.number async for account in bank.accounts(customer=owner)] == [opened.number]


async def test_a_call_lives_through_a_restart_of_the_server(
    service: Service, bank: Sycee, treasury: Account, customer: Account
) -> None:
    assert (await bank.health()).status == "ready"
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(service.hands, service.api.stop)
    posting = asyncio.create_task(bank.transfer(treasury.number, customer.number, "10 CNY"))
    await asyncio.sleep(0.5)
    assert not posting.done()
    await loop.run_in_executor(service.hands, service.api.start)
    assert (await posting).accepted
    assert (await bank.balance(customer.number)).balance.value == "10.00"


async def test_a_bank_that_was_never_there_is_reported_within_seconds() -> None:
    started = time.monotonic()
    async with Sycee(f"http://127.0.0.1:{free_port('127.0.0.1')}", "none") as nobody:
        with pytest.raises(Unreachable) as refused:
            await nobody.health()
    assert time.monotonic() - started < 5
    assert "no bank answers at http://127.0.0.1:" in refused.value.detail
    assert refused.value.code == "unreachable"


async def test_an_address_that_is_none_is_reported_at_once() -> None:
    async with Sycee("ftp:/nowhere", "none") as nobody:
        with pytest.raises(Unreachable, match="not an address"):
            await nobody.health()
