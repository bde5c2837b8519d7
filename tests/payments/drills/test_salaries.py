"""A treasurer sends salaries, two people approve them, all is killed meanwhile, and each payee is paid once.

The customer's people are principals with the standard roles; the rule that two checkers agree to whatever it
pays is released by two of the bank's people. ``--long`` pays 100,000 salaries and kills the whole bank again
and again.
"""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from uuid import UUID

import pytest

from sycee import identity, payments
from sycee.approvals import Stage
from sycee.client import ApiProblem, ApprovalDecision, BulkOrder, Sycee
from sycee.database import Database
from sycee.identity import NewGrant, NewPrincipal, PrincipalKind, Scope
from sycee.kernel.ids import uuid7
from tests.approvals.house import KEEPER, Keepers, a_principal
from tests.long_runs import rounds
from tests.payments.drills.accounting import Accounting, Expected
from tests.payments.drills.payment_files import PaymentFile, salaries_file
from tests.payments.drills.whole_bank import ALL, WholeBank
from tests.payments.rails.processes import PATIENCE_S

SALARIES = rounds(2_000, 100_000)
PAYEES, FUNDS = 200, 1_000_000_000_00
TWO_CHECKERS = Stage(who="scope:payments:approve", count=2)
OFFICER = "security officer"


@dataclass
class Company:
    """A customer's people, by their tokens."""

    id: UUID
    treasurer: str
    checkers: list[str]


async def found_company(database: Database) -> Company:
    """A customer with a treasurer and two checkers, who have to agree to whatever it pays."""
    company = uuid7()
    async with database.transaction() as tx:
        keepers = Keepers(await a_principal(tx, *KEEPER), await a_principal(tx, *KEEPER))
        await keepers.rule(tx, payments.SUBMIT_PAYMENTS, TWO_CHECKERS, customer=company)
        treasurer, *checkers = [
            await _user(tx, company, *roles)
            for roles in (
                ("customer_maker", "customer_payroll_viewer"),
                ("customer_checker",),
                ("customer_checker",),
            )
        ]
    return Company(company, treasurer, checkers)


async def _user(tx: object, company: UUID, *roles: str) -> str:
    login = f"user-{uuid7().hex}"
    new = NewPrincipal(kind=PrincipalKind.CUSTOMER_USER, login=login, name=login, customer=company)
    (made,) = await identity.create_principals(tx, [new], by=OFFICER)  # type: ignore[arg-type]
    for role in roles:
        grant = NewGrant(principal=made.id, role=role)
        await identity.grant_role(tx, grant, by=OFFICER, reason="hired")  # type: ignore[arg-type]
    issued = await identity.issue_token(tx, login, list(Scope), principal=made.id, by=OFFICER)  # type: ignore[arg-type]
    return issued.text


async def says_yes(checker: Sycee, order: BulkOrder) -> str:
    """Agree to what waits in the inbox, by the digest that is shown; how the request stands then."""
    (item,) = [item async for item in checker.approval_inbox()]
    asked = item.approval
    assert asked.id == order.approval
    (outcome,) = await checker.decide([ApprovalDecision(approval=asked.id, vote="yes", digest=asked.digest)])
    return outcome.state or outcome.code or ""


async def pay_by_killing(bank: WholeBank, treasurer: Sycee, order: BulkOrder, kills: int) -> BulkOrder:
    """Wait until the salaries are paid, while the whole bank is killed again and again."""
    dice = Random(4)
    for _ in range(kills):
        await asyncio.sleep(dice.uniform(0, 1))
        await bank.kill(ALL)
        await bank.revive(ALL)
    return await treasurer.carry_out_bulk_order(order.id)


async def test_a_file_of_salaries_is_approved_by_two_and_every_payee_is_paid_once(data_dir: Path) -> None:
    async with WholeBank(data_dir) as bank:
        async with await Database.open(bank.database_url) as database:
            company = await found_company(database)
        accounts = await bank.open(1 + PAYEES, FUNDS, company.id)
        payer, payees = accounts[0], accounts[1:]
        file = salaries_file(Random(4), "SALARIES-2026-01", payer, payees, SALARIES)
        document = file.document()
        began = time.monotonic()
        treasurer = bank.client(company.treasurer)
        one, other = map(bank.client, company.checkers)
        async with treasurer, one, other, bank.client() as auditor:
            sent = await treasurer.send_bulk_order(document)
            again = await treasurer.send_bulk_order(document)
            assert (sent.state, sent.count, sent.done) == ("received", SALARIES, 0)
            assert (again.id, again.approval, again.duplicate) == (sent.id, sent.approval, True)
            await nobody_pays_alone(treasurer, sent)
            assert await says_yes(one, sent) == "waiting"
            assert [item async for item in one.approval_inbox()] == []
            assert (await treasurer.bulk_order(sent.id)).state == "received"
            assert await says_yes(other, sent) == "executed"
            approved = time.monotonic()
            order = await pay_by_killing(bank, treasurer, sent, rounds(1, 10))
            assert (order.state, order.done, order.refused) == ("done", SALARIES, 0)
            await bank.nothing_under_way(PATIENCE_S * rounds(1, 5))
            paid = time.monotonic()
            await accounted_for(bank, auditor, accounts, file, order)
    sys.stdout.write(
        f"\n{SALARIES} salaries: sent and approved in {approved - began:.0f} s,"
        f" paid in {paid - approved:.0f} s through {rounds(1, 10)} deaths of the whole bank\n"
    )


async def nobody_pays_alone(treasurer: Sycee, order: BulkOrder) -> None:
    """Who sent the file can neither pay it nor agree to it."""
    assert (await treasurer.carry_out_bulk_order(order.id)).state == "received"
    assert order.approval is not None
    asked = (await treasurer.approval(order.approval)).approval
    decision = ApprovalDecision(approval=asked.id, vote="yes", digest=asked.digest)
    with pytest.raises(ApiProblem) as refused:
        await treasurer.decide([decision])
    assert refused.value.status == 403


async def accounted_for(
    bank: WholeBank, auditor: Sycee, accounts: list[int], file: PaymentFile, order: BulkOrder
) -> None:
    """Every salary is settled, within the bank and at others, entry by entry and by the rail's own report."""
    async with await Database.open(bank.database_url) as database:
        expected = Expected(accounts, FUNDS, sent=[(file, order)])
        accounting = Accounting(bank, database, auditor, expected)
        await accounting.check()
    assert accounting.outcomes.total() == SALARIES
    assert {outcome.rpartition(" ")[2] for outcome in accounting.outcomes} == {"ACSC"}
