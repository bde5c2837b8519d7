"""No way of paying that a customer has goes round those who have to agree to it."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from sycee import identity, ledger, payments
from sycee.database import Database
from sycee.identity import Caller, NewGrant, NewPrincipal, PrincipalKind, Scope
from sycee.kernel.ids import uuid7
from tests.api.small_bank import client_of
from tests.api.wire import BANK, PAYEE, Client, money, transfer
from tests.approvals.house import KEEPER, Keepers, a_principal
from tests.payments.market import file_of

XML, CSV = "application/xml", "text/csv"


class Firm:
    """A customer whose payments take another's yes: its account, its maker and its checker over HTTP."""

    def __init__(self, number: str, maker: Client, checker: Client, bank: Database) -> None:
        self.number, self.maker, self.checker, self.bank = number, maker, checker, bank

    def file(self, count: int = 1, **more: Any) -> bytes:
        return file_of([("10.00", "CNY")] * count, debtor=self.number, creditors=[PAYEE], **more)

    async def agree(self, approval: str) -> str:
        shown = (await self.checker.get(f"/v1/approvals/{approval}")).json()["approval"]
        said = {"approval": approval, "vote": "yes", "digest": shown["digest"]}
        response = await self.checker.post("/v1/approval-decisions", json={"decisions": [said]})
        assert response.status_code == 200, response.text
        outcome = response.json()["outcomes"][0]
        assert outcome["accepted"], outcome
        return str(outcome["state"])

    async def paid(self) -> int:
        """What the payee has, in minor units."""
        async with self.bank.transaction() as tx:
            return (await ledger.get_account(tx, int(PAYEE))).balance


@pytest_asyncio.fixture
async def firm(bank: Database) -> AsyncIterator[Firm]:
    customer = uuid7()
    async with bank.transaction() as tx:
        await payments.load_screening_names(tx, [], name="own", by="officer")
        account = ledger.NewAccount(currency="CNY", subject="2011", cell=101, customer=customer)
        (opened,) = await ledger.open_accounts(tx, [account])
        fund = ledger.NewTransfer(
            id=uuid7(), debit=int(BANK), credit=opened.number, amount=1_000_00, currency="CNY"
        )
        await ledger.post_transfers(tx, [fund])
        keepers = Keepers(await a_principal(tx, *KEEPER), await a_principal(tx, *KEEPER))
        await keepers.rule(tx, payments.SUBMIT_PAYMENTS, "scope:payments:approve", customer=customer)
        scopes = (
            (Scope.PAYMENTS_WRITE, Scope.PAYMENTS_READ, Scope.APPROVALS_READ),
            (Scope.PAYMENTS_APPROVE, Scope.APPROVALS_DECIDE, Scope.APPROVALS_READ, Scope.PAYMENTS_READ),
        )
        people = [await a_principal(tx, *some, customer=customer) for some in scopes]
        texts = [
            (await identity.issue_token(tx, "x", list(some), principal=one.principal)).text
            for one, some in zip(people, scopes, strict=True)
        ]
    async with client_of(bank, texts[0]) as maker, client_of(bank, texts[1]) as checker:
        yield Firm(str(opened.number), maker, checker, bank)


def instructions(firm: Firm) -> tuple[str, dict[str, Any]]:
    item = {
        "id": str(uuid7()),
        "debit_account": firm.number,
        "creditor_account": PAYEE,
        "creditor_name": "Jade Gate Ltd",
        "amount": money("10.00"),
    }
    return "/v1/payments", {"json": {"payments": [item]}}


def a_bulk_order(firm: Firm) -> tuple[str, dict[str, Any]]:
    return "/v1/bulk-orders", {"content": firm.file(), "headers": {"Content-Type": XML}}


def all_or_nothing(firm: Firm) -> tuple[str, dict[str, Any]]:
    path, said = a_bulk_order(firm)
    return f"{path}?all_or_nothing=true", said


def a_table(firm: Firm) -> tuple[str, dict[str, Any]]:
    text = io.StringIO()
    csv.writer(text).writerow([firm.number, PAYEE, "Jade Gate Ltd", "", "CNY", "10.00", "", "", "", ""])
    template = payments.spreadsheet_template(payments.SpreadsheetFormat.CSV)
    return "/v1/bulk-orders", {
        "content": template + text.getvalue().encode(),
        "headers": {"Content-Type": CSV},
    }


WAYS: dict[str, Callable[[Firm], tuple[str, dict[str, Any]]]] = {
    "payments": instructions,
    "bulk order": a_bulk_order,
    "bulk order, all or nothing": all_or_nothing,
    "bulk order in a table": a_table,
}
each_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


@each_way
async def test_a_way_of_paying_waits_for_those_whom_rules_name(
    firm: Firm, way: Callable[[Firm], tuple[str, dict[str, Any]]]
) -> None:
    path, said = way(firm)
    asked = await firm.maker.post(path, **said)
    assert asked.status_code == 202, asked.text
    assert await firm.paid() == 0
    found = asked.json()
    approval = found.get("approval") or found["id"]
    assert await firm.agree(approval) == "executed"
    if "statuses" in found:  # its items are paid beside the requests, or by who asks for it
        await firm.maker.post(f"/v1/bulk-orders/{found['id']}/carry-out")
    assert await firm.paid() == 10_00


async def test_an_order_that_was_only_taken_in_is_not_carried_out_without_agreement(firm: Firm) -> None:
    path, said = a_bulk_order(firm)
    order = (await firm.maker.post(f"{path}?carry_out=false", **said)).json()
    assert (order["state"], order["approval"]) == ("received", None)
    carry_out = f"/v1/bulk-orders/{order['id']}/carry-out"
    asked = [await firm.maker.post(carry_out) for _ in range(2)]
    assert [one.status_code for one in asked] == [202, 202]
    assert asked[0].json()["approval"] == asked[1].json()["approval"] is not None
    again = await firm.maker.post(path, **said)
    assert (again.status_code, again.json()["approval"]) == (202, asked[0].json()["approval"])
    assert (await payments.carry_out_bulk_order(firm.bank, order["id"])).done == 0
    assert await firm.paid() == 0


async def test_an_order_that_was_turned_down_is_not_asked_for_again(firm: Firm) -> None:
    path, said = a_bulk_order(firm)
    order = (await firm.maker.post(path, **said)).json()
    shown = (await firm.checker.get(f"/v1/approvals/{order['approval']}")).json()["approval"]
    no = {"approval": shown["id"], "vote": "no", "digest": shown["digest"], "reason": "not ours"}
    await firm.checker.post("/v1/approval-decisions", json={"decisions": [no]})
    for again in (
        await firm.maker.post(path, **said),
        await firm.maker.post(f"/v1/bulk-orders/{order['id']}/carry-out"),
    ):
        found = again.json()
        assert (found["state"], found["code"]) == ("rejected", "approval_rejected")
        assert set(found["statuses"]) == {"RJCT"}
    assert (await firm.checker.get("/v1/approvals?state=waiting")).json()["approvals"] == []
    assert await firm.paid() == 0


async def test_who_agrees_sees_what_the_file_pays_but_no_single_salary(firm: Firm) -> None:
    plain = (await firm.maker.post("/v1/bulk-orders", **a_bulk_order(firm)[1])).json()
    salaries = firm.file(2, message_id="SALARIES").replace(
        b"<PmtMtd>TRF</PmtMtd>",
        b"<PmtMtd>TRF</PmtMtd><PmtTpInf><CtgyPurp><Cd>SALA</Cd></CtgyPurp></PmtTpInf>",
    )
    confidential = (
        await firm.maker.post("/v1/bulk-orders", content=salaries, headers={"Content-Type": XML})
    ).json()
    shown = [
        (await firm.checker.get(f"/v1/approvals/{one['approval']}")).text for one in (plain, confidential)
    ]
    assert ["Creditor 0" in text for text in shown] == [True, False]
    assert "2 payments, 20.00 CNY" in shown[1]


async def test_a_customer_has_no_other_door_to_its_money(firm: Firm) -> None:
    for path, said in (
        ("/v1/payment-files", {"content": firm.file(), "headers": {"Content-Type": XML}}),
        ("/v1/transfers", {"json": {"transfers": [{**transfer(), "debit": firm.number}]}}),
    ):
        refused = await firm.maker.post(path, **said)
        assert (refused.status_code, refused.json()["code"]) == (403, "bank_only")
    assert await firm.paid() == 0


async def a_teller(bank: Database) -> Caller | str:
    """The token of somebody at a counter of the bank."""
    async with bank.transaction() as tx:
        new = NewPrincipal(kind=PrincipalKind.STAFF, login=f"t{uuid7().hex}", name="Wang Fang")
        (made,) = await identity.create_principals(tx, [new], by="officer")
        await identity.grant_role(
            tx, NewGrant(principal=made.id, role="teller"), by="officer", reason="counter"
        )
        return (await identity.issue_token(tx, "x", list(Scope), principal=made.id)).text


async def test_a_teller_pays_one_customer_from_anothers_account_by_payments_alone(
    firm: Firm, bank: Database
) -> None:
    async with bank.transaction() as tx:
        other = ledger.NewAccount(currency="CNY", subject="2011", cell=101, customer=uuid7())
        (payee,) = await ledger.open_accounts(tx, [other])
    async with client_of(bank, str(await a_teller(bank))) as teller:
        moved = {**transfer(), "debit": firm.number, "credit": str(payee.number)}
        for wanted in (moved, {**moved, "kind": "pending"}):
            refused = await teller.post("/v1/transfers", json={"transfers": [wanted]})
            assert (refused.status_code, refused.json()["code"]) == (403, "payment_needed")
        refused = await teller.post("/v1/payment-files", content=firm.file(), headers={"Content-Type": XML})
        assert (refused.status_code, refused.json()["code"]) == (403, "not_granted")
        cash = {**transfer(), "debit": firm.number, "credit": BANK}
        booked = await teller.post("/v1/transfers", json={"transfers": [cash]})
        assert booked.json()["outcomes"][0]["status"] == "posted"
        sent = await teller.post("/v1/bulk-orders", content=firm.file(), headers={"Content-Type": XML})
        assert sent.status_code == 202, sent.text
    assert await firm.paid() == 0


async def test_a_payload_of_approval_names_the_very_file(firm: Firm) -> None:
    order = (await firm.maker.post("/v1/bulk-orders", **a_bulk_order(firm)[1])).json()
    shown = (await firm.checker.get(f"/v1/approvals/{order['approval']}")).json()
    async with firm.bank.transaction() as tx:
        await tx.execute("UPDATE bulk_orders SET digest = sha256('another')")
    said = {"approval": order["approval"], "vote": "yes", "digest": shown["approval"]["digest"]}
    outcome = await firm.checker.post("/v1/approval-decisions", json={"decisions": [said]})
    assert outcome.json()["outcomes"][0]["state"] == "failed", outcome.text
    assert msgspec.json.decode(outcome.content)["outcomes"][0]["code"] == "invalid_payment"
    assert await firm.paid() == 0


async def test_who_agrees_to_single_salaries_sees_their_total_alone(firm: Firm) -> None:
    path, said = instructions(firm)
    (item,) = said["json"]["payments"]
    salaries = [{**item, "id": str(uuid7()), "purpose": "SALA"} for _ in range(2)]
    asked = (await firm.maker.post(path, json={"payments": salaries})).json()
    shown = await firm.checker.get(f"/v1/approvals/{asked['id']}")
    assert "Jade Gate" not in shown.text
    assert shown.json()["payload"] is None
    assert [line["en"] for line in shown.json()["approval"]["lines"]] == ["2 payments, 20.00 CNY"]
    assert await firm.agree(asked["id"]) == "executed"
    assert await firm.paid() == 20_00
