"""``sycee escrow``: an account put under supervision by two, a payment released, and the end asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sycee import ledger, payments
from sycee.database import Database
from sycee.identity import NewPrincipal, PrincipalKind, Scope, create_principals, issue_token
from sycee.kernel.ids import uuid7
from tests.api.listening import Listening
from tests.api.small_bank import found_bank
from tests.api.wire import BANK, PAYEE
from tests.cli.conftest import Said
from tests.cli.test_standing_order_commands import Sycee


async def test_from_the_agreement_to_the_release(
    database: Database, database_url: str, sycee: Sycee, tmp_path: Path
) -> None:
    await found_bank(database)
    async with database.transaction() as tx:
        await payments.load_screening_names(tx, [], name="own", by="test")
        maker, checker = [(await issue_token(tx, name, [Scope.ADMIN])).text for name in ("one", "two")]
        scopes = [Scope.PAYMENTS_APPROVE, Scope.PAYMENTS_READ]
        new = NewPrincipal(kind=PrincipalKind.MACHINE, login="bureau", name="Bureau", scopes=scopes)
        (releaser,) = await create_principals(tx, [new], by="test")
        bureau = (await issue_token(tx, "bureau", scopes, principal=releaser.id, by="test")).text
        (account,) = await ledger.open_accounts(
            tx, [ledger.NewAccount(currency="CNY", subject="2011", cell=101, customer=uuid7())]
        )
        funds = ledger.NewTransfer(
            id=uuid7(), debit=int(BANK), credit=account.number, amount=100_00, currency="CNY"
        )
        await ledger.post_transfers(tx, [funds])
    number = str(account.number)
    with Listening(database_url, tmp_path) as served:

        def says(token: str, *arguments: str, code: int = 0) -> Said:
            said = sycee(tmp_path, *arguments, "--url", served.url, "--token", token)
            assert said.code == code, said.err + said.out
            return said

        def json(token: str, *arguments: str) -> Any:
            return says(token, *arguments, "--json").json

        asked = json(
            maker, "escrow", "make", "--account", number, "--beneficiary", "Buyers", "--supervisor", "Bureau",
            "--document", "2026-17", "--releaser", str(releaser.id), "--total-limit", "50.00 CNY",
            "--payee", f"{PAYEE}=Silk Road Steel Ltd",
        )  # fmt: skip
        assert asked["state"] == "waiting"
        says(checker, "approval", "approve", asked["id"])
        (agreed,) = json(maker, "escrow", "list", "--account", number)["escrow_agreements"]
        assert "50.00 CNY" in says(maker, "escrow", "show", agreed["id"]).out
        pay = ("payment", "submit", "--from", number, "--to", PAYEE, "--name", "Silk Road Steel Ltd")
        (waits,) = json(maker, *pay, "--amount", "10.00 CNY")["outcomes"]
        assert waits["code"] == "awaiting_release"
        assert "10.00" in says(bureau, "escrow", "releases").out
        assert "not_a_releaser" in says(maker, "escrow", "release", waits["id"], code=1).err
        released = says(bureau, "escrow", "release", waits["id"], "--reason", "milestone")
        assert "settled" in released.out
        ending = json(maker, "escrow", "end", agreed["id"], "--reason", "handed over")
        assert ending["state"] == "waiting"
