"""Worker, API and database killed at random through a bulk run: each item is paid once, all is accounted for.

A treasurer sends files of thousands of payments, by the SDK and by the command line, which try again as they
do; a clerk makes single payments; other banks pay in; a cash desk follows the stream of steps. Meanwhile one
process after the other is killed with SIGKILL, single connections of the database too, or all of it at once,
while the payment system rejects, returns, repeats and delays. ``--long`` kills a hundred times.

The order of the victims and the pauses follow from a seed, which is printed; SYCEE_SEED gives another.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus
from itertools import count
from pathlib import Path
from random import Random

import msgspec
import pytest

from sycee import identity
from sycee.client import ApiProblem, BulkOrder, Money, NewPayment, Sycee, Unreachable
from sycee.database import Database
from sycee.kernel.ids import uuid7
from sycee.kernel.money import Amount
from sycee.payments.simulator.configuration import OTHER_BANKS, OUR_BANK
from tests.long_runs import rounds
from tests.payments.drills.accounting import THEIRS, Accounting, Expected
from tests.payments.drills.payment_files import PaymentFile, suppliers_file
from tests.payments.drills.whole_bank import VICTIMS, WholeBank
from tests.payments.rails.bank import RAIL
from tests.payments.rails.processes import PATIENCE_S

PAYERS, PAYEES, FUNDS = 3, 40, 10_000_000_00
ITEMS = rounds(1_000, 5_000)  # of which 4,096 are paid in one transaction
LONGEST_REST_S = rounds(1, 3)
FAULTS = [
    {"what": "reject", "chance": 0.02},
    {"what": "return", "chance": 0.02},
    {"what": "duplicate", "chance": 0.2},
    {"what": "reorder", "chance": 0.2},
    {"what": "delay", "at": "processing", "chance": 0.2, "polls": 3},
    {"what": "lose", "at": "request", "chance": 0.1},
    {"what": "lose", "at": "response", "chance": 0.1},
    {"what": "lose", "at": "answer", "chance": 0.1},
]
CLERK_RESTS_S, OTHERS_REST_S = 0.05, 0.2


def victims(dice: Random, kills: int) -> Iterator[str]:
    """Whom to kill: every one in turn, each time in another order."""
    left: list[str] = []
    for _ in range(kills):
        if not left:
            left = dice.sample(VICTIMS, len(VICTIMS))
        yield left.pop()


class Drill:
    """The people at work, until they are told that it is over."""

    def __init__(self, bank: WholeBank, accounts: list[int], dice: Random) -> None:
        self.bank = bank
        self.payers, self.payees = accounts[:PAYERS], accounts[PAYERS:]
        self.expected = Expected(accounts, FUNDS)
        self.over = False
        self.steps: Counter[str] = Counter()
        self._stepped = asyncio.Condition()
        self._dice = Random(dice.random())

    async def treasurer(self) -> None:
        """Send file after file, each until it is answered; one in three by the command line."""
        async with self.bank.client() as client:
            for number in count(1):
                file = suppliers_file(
                    self._dice, number, self.payers[number % PAYERS], self.payees, ITEMS,
                    all_or_nothing=number % 4 == 0,
                )  # fmt: skip
                order = await (self._by_command(file) if number % 3 == 0 else _send(client, file))
                assert (order.state, order.count, order.done) == ("done", ITEMS, ITEMS), order
                self.expected.sent.append((file, order))
                if self.over:
                    return

    async def _by_command(self, file: PaymentFile) -> BulkOrder:
        """``sycee bulk send``, again when the bank was away for longer than a person is made to wait."""
        path = self.bank.directory / f"{file.name}.xml"
        path.write_bytes(file.document())
        command = ["-m", "sycee.main", "bulk", "send", str(path), "--json"]
        command += ["--url", self.bank.url, "--token", self.bank.token]
        if file.all_or_nothing:
            command.append("--all-or-nothing")
        while True:
            process = await asyncio.create_subprocess_exec(
                sys.executable, *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
            )
            said, error = await process.communicate()
            if said:
                return msgspec.json.decode(said, type=BulkOrder)
            assert process.returncode == 1, error

    async def clerk(self) -> None:
        """Make single payments, each until it is answered; what is answered as settled has to stay so."""
        async with self.bank.client() as client:
            for number in count(1):
                debit, credit = self._dice.choice(self.payers), self._dice.choice(self.payees)
                amount, id = self._dice.randrange(1, 300), uuid7()
                new = NewPayment(
                    id=id,
                    debit_account=str(debit),
                    creditor_account=str(credit),
                    creditor_name="Payee",
                    amount=Money.of(Amount(amount, "CNY")),
                    end_to_end_id=f"S-{number}",
                )
                (outcome,) = await client.submit_payments([new])
                assert (outcome.id, outcome.state) == (id, "settled"), outcome
                self.expected.single[id] = debit, credit, amount
                if self.over:
                    return
                await asyncio.sleep(CLERK_RESTS_S)

    async def other_banks(self) -> None:
        """Pay into accounts here."""
        for number in count(1):
            account, amount = self._dice.choice(self.payees), self._dice.randrange(1, 1_000)
            reference = f"{THEIRS}{number}"
            asked = {
                "rail": RAIL, "payer": OTHER_BANKS[0], "payee": OUR_BANK, "amount": amount,
                "account": str(account), "end_to_end_id": reference,
            }  # fmt: skip
            said = await self.bank.tell_rail("POST", "/control/payments", asked)
            assert isinstance(said, dict)
            self.expected.received.append((said["uetr"], reference, account, amount))
            if self.over:
                return
            await asyncio.sleep(OTHERS_REST_S)

    async def cash_desk(self) -> None:
        """Follow the steps of all payments from the beginning, until cancelled."""
        async with self.bank.client() as client:
            async for place, _ in client.follow_payments(after="0"):
                async with self._stepped:
                    self.steps[place] += 1
                    self._stepped.notify_all()

    async def followed(self, steps: int) -> None:
        """Wait until so many steps have been followed."""
        async with asyncio.timeout(PATIENCE_S), self._stepped:
            await self._stepped.wait_for(lambda: self.steps.total() >= steps)


async def _send(client: Sycee, file: PaymentFile) -> BulkOrder:
    """Send a file until it is answered; where the bank dies again and again, patience begins anew."""
    while True:
        try:
            return await client.send_bulk_order(file.document(), all_or_nothing=file.all_or_nothing)
        except Unreachable:
            continue
        except ApiProblem as problem:
            if problem.status != HTTPStatus.SERVICE_UNAVAILABLE:
                raise


async def kill_at_random(bank: WholeBank, dice: Random, kills: int) -> Counter[str]:
    """Kill one victim after the other, each while everything is at work; how often each."""
    killed: Counter[str] = Counter()
    for victim in victims(dice, kills):
        await asyncio.sleep(dice.uniform(0, LONGEST_REST_S))
        await bank.kill(victim)
        await asyncio.sleep(dice.uniform(0, 0.3))
        await bank.revive(victim)
        killed[victim] += 1
    return killed


async def every_step_was_followed(database: Database, drill: Drill) -> None:
    """The stream brought every step once, though whoever served it was killed again and again."""
    async with database.transaction() as tx:
        cursor = await tx.execute("SELECT format('%s.%s', cell, position) FROM payment_events")
        wanted = Counter(place for (place,) in await cursor.fetchall())
    await drill.followed(wanted.total())
    assert drill.steps == wanted


async def revoked_credentials_are_refused(bank: WholeBank, database: Database) -> None:
    """The API hears again what changes, though the database that tells it died again and again."""
    async with database.transaction() as tx:
        issued = await identity.issue_token(tx, "clerk", [identity.Scope.ADMIN])
    async with bank.client(issued.text) as clerk:
        assert await clerk.cells()
        async with database.transaction() as tx:
            await identity.revoke_token(tx, issued.token.id)
        await asyncio.sleep(identity.MAY_BE_DEAF_S)
        with pytest.raises(ApiProblem) as refused:
            await clerk.cells()
    assert refused.value.status == HTTPStatus.UNAUTHORIZED


async def test_whatever_is_killed_every_payment_is_paid_once_and_every_item_accounted_for(
    data_dir: Path,
) -> None:
    seed = int(os.environ.get("SYCEE_SEED", "4"))
    dice = Random(seed)
    began = time.monotonic()
    async with WholeBank(data_dir) as bank:
        drill = Drill(bank, await bank.open(PAYERS + PAYEES, FUNDS), dice)
        await bank.tell_rail("PUT", "/control/faults", FAULTS)
        following = asyncio.create_task(drill.cash_desk())
        async with asyncio.TaskGroup() as people:
            for person in (drill.treasurer, drill.clerk, drill.other_banks):
                people.create_task(person())
            killed = await kill_at_random(bank, dice, rounds(6, 100))
            drill.over = True
        await bank.tell_rail("PUT", "/control/faults", [])
        await bank.nothing_under_way(PATIENCE_S)
        async with await Database.open(bank.database_url) as database, bank.client() as client:
            await every_step_was_followed(database, drill)
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
            await revoked_credentials_are_refused(bank, database)
            accounting = Accounting(bank, database, client, drill.expected)
            await accounting.check()
        sys.stdout.write(
            f"\nseed {seed}: {killed.total()} kills {dict(killed)} in {time.monotonic() - began:.0f} s;"
            f" {len(drill.expected.sent)} files of {ITEMS}, {len(drill.expected.single)} single payments,"
            f" {len(drill.expected.received)} received, {drill.steps.total()} steps followed;"
            f" {dict(accounting.outcomes)}\n"
        )
