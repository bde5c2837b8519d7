"""Putting an account under supervision, and ending that: two persons of the bank, on a signed agreement.

From then on the account takes what comes and pays only what its releasers release (releasing.py).
"""

from __future__ import annotations

from typing import TypeAlias
from uuid import UUID

import msgspec
from psycopg.errors import UniqueViolation

from sycee import ledger
from sycee.approvals import Approval, Facts, Line, Stage, register_command
from sycee.database import Transaction, UuidArray
from sycee.identity import Scope, Standing, standings
from sycee.kernel import clock
from sycee.kernel.money import MAX_MINOR
from sycee.ledger import AccountStatus
from sycee.payments.errors import EscrowState, InvalidEscrow
from sycee.payments.escrow.records import Escrow, NewEscrow, get_escrow

ESCROW_AGREEMENT = "escrow.agreement"
"""The name of the command."""


class MakeEscrow(msgspec.Struct, frozen=True, tag="make"):
    """Put an account under supervision."""

    escrow: NewEscrow


class EndEscrow(msgspec.Struct, frozen=True, tag="end"):
    """End a supervision."""

    id: UUID
    reason: str


EscrowAct: TypeAlias = MakeEscrow | EndEscrow
_act: msgspec.json.Decoder[EscrowAct] = msgspec.json.Decoder(EscrowAct)


def escrow_act(act: EscrowAct) -> bytes:
    """The payload of an act on a supervision."""
    return msgspec.json.encode(act)


async def make_escrow(tx: Transaction, new: NewEscrow, *, by: str) -> Escrow:
    """Put an account under supervision. Raises AccountNotFound, InvalidEscrow, EscrowState."""
    account = await _check(tx, new)
    try:
        async with tx.transaction():
            await _write(tx, new, account, by)
    except UniqueViolation as error:
        raise EscrowState(
            f"account {new.account} is supervised already, or {new.id} was used before"
        ) from error
    await ledger.change_account(
        tx, new.account, status=AccountStatus.SUPERVISED, reason=new.document, supervision=True
    )
    return await get_escrow(tx, new.id)


async def end_escrow(tx: Transaction, id: UUID, *, by: str, reason: str) -> Escrow:
    """End a supervision: the account is open again. Raises EscrowNotFound, EscrowState."""
    escrow = await _ending(tx, id)
    await tx.execute(
        "UPDATE escrow_agreements SET ended_by = %s, ended_at = %s, reason = %s WHERE cell = %s AND id = %s",
        (by, clock.now(), reason, escrow.cell, id),
    )
    await ledger.change_account(
        tx,
        escrow.account,
        status=AccountStatus.OPEN,
        reason=reason or f"{escrow.document} has ended",
        supervision=True,
    )
    return await get_escrow(tx, id)


async def _ending(tx: Transaction, id: UUID) -> Escrow:
    """The agreement, held, if it can be ended now."""
    escrow = await get_escrow(tx, id, lock=True)
    if escrow.ended_at is not None:
        raise EscrowState(f"the supervision ended on {escrow.ended_at:%Y-%m-%d}")
    cursor = await tx.execute(
        "SELECT count(*) FROM escrow_releases WHERE cell = %s AND agreement = %s AND state = 'waiting'",
        (escrow.cell, id),
    )
    row = await cursor.fetchone()
    if row is not None and row[0]:
        raise EscrowState(f"{row[0]} payments wait for release: decide on them first")
    account = await ledger.get_account(tx, escrow.account)
    if account.status is not AccountStatus.SUPERVISED:
        raise EscrowState(f"account {escrow.account} is {account.status}: restore it to supervised first")
    return escrow


async def _check(tx: Transaction, new: NewEscrow) -> ledger.Account:
    """The account that is to be supervised, if it can be like that."""
    if not all(text.strip() for text in (new.beneficiary_name, new.supervisor_name, new.document)):
        raise InvalidEscrow("an agreement names the beneficiary, the supervisor and the signed document")
    for limit in (new.single_limit, new.total_limit):
        if limit is not None and not 0 < limit <= MAX_MINOR:
            raise InvalidEscrow(f"a limit is from 1 to {MAX_MINOR} minor units, not {limit}")
    if not all(payee.creditor_account.strip() and payee.creditor_name.strip() for payee in new.payees):
        raise InvalidEscrow("a payee has an account and a name")
    account = await ledger.get_account(tx, new.account)
    if account.customer is None:
        raise InvalidEscrow(f"account {new.account} is the bank's own: only a customer's is supervised")
    if account.status is not AccountStatus.OPEN:
        raise EscrowState(
            f"account {new.account} is {account.status}: only an open one is put under supervision"
        )
    if new.supervisor == account.customer:
        raise InvalidEscrow("the payer does not supervise itself")
    await _check_releasers(tx, new, account.customer)
    return account


async def _check_releasers(tx: Transaction, new: NewEscrow, payer: UUID) -> None:
    found = await standings(tx, new.releasers)
    for id in new.releasers:
        releaser = found.get(id)
        if releaser is None or not releaser.active:
            raise InvalidEscrow(f"{id} is nobody who can release payments")
        if releaser.customer == payer or releaser.customer not in {None, new.supervisor}:
            raise InvalidEscrow(f"{releaser.name} is neither the supervisor's nor the bank's")
    persons = _persons(list(found.values()))
    if not 0 < new.releases_needed <= persons:
        raise InvalidEscrow(f"{new.releases_needed} releasers are needed, and {persons} persons are named")


def _persons(releasers: list[Standing]) -> int:
    return len({releaser.human for releaser in releasers})


async def _write(tx: Transaction, new: NewEscrow, account: ledger.Account, by: str) -> None:
    await tx.execute(
        "INSERT INTO escrow_agreements (cell, id, account, currency, customer, beneficiary, beneficiary_name,"
        " supervisor, supervisor_name, document, purposes, single_limit, total_limit, releases_needed,"
        " made_by, made_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            account.cell,
            new.id,
            new.account,
            account.currency,
            account.customer,
            new.beneficiary,
            new.beneficiary_name,
            new.supervisor,
            new.supervisor_name,
            new.document,
            list(new.purposes),
            new.single_limit,
            new.total_limit,
            new.releases_needed,
            by,
            clock.now(),
        ),
    )
    await tx.execute(
        "INSERT INTO escrow_releasers (cell, agreement, principal) SELECT %s, %s, unnest(%b)",
        (account.cell, new.id, UuidArray(sorted(set(new.releasers)))),
    )
    async with tx.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO escrow_payees (cell, agreement, creditor_account, creditor_agent, creditor_name)"
            " VALUES (%s, %s, %s, %s, %s)",
            [
                (account.cell, new.id, one.creditor_account, one.creditor_agent or "", one.creditor_name)
                for one in new.payees
            ],
        )


async def _describe(tx: Transaction, payload: bytes) -> Facts:
    act = _act.decode(payload)
    if isinstance(act, MakeEscrow):
        new = act.escrow
        account = await _check(tx, new)
        lines: tuple[Line, ...] = (
            Line(f"Account {new.account} comes under supervision", f"账户{new.account}纳入监管"),
            Line(f"Agreement: {new.document}", f"监管协议：{new.document}"),
            Line(
                f"Supervisor: {new.supervisor_name}; beneficiary: {new.beneficiary_name}",
                f"监管方：{new.supervisor_name}；受益方：{new.beneficiary_name}",
            ),
            Line(
                f"{new.releases_needed} of {len(new.releasers)} releasers agree to each payment",
                f"每笔付款须经{len(new.releasers)}名放款人中{new.releases_needed}名同意",
            ),
        )
        id = new.id
    else:
        escrow, id = await _ending(tx, act.id), act.id
        account = await ledger.get_account(tx, escrow.account)
        lines = (
            Line(f"Supervision of account {escrow.account} ends", f"账户{escrow.account}解除监管"),
            Line(f"Reason: {act.reason}", f"原因：{act.reason}"),
        )
    return Facts(
        customer=account.customer,
        cell=account.cell,
        accounts=(account.number,),
        things=(f"escrow:{id}",),
        lines=lines,
    )


async def _execute(tx: Transaction, payload: bytes, approval: Approval) -> bytes:
    act, by = _act.decode(payload), str(approval.maker)
    if isinstance(act, MakeEscrow):
        found = await make_escrow(tx, act.escrow, by=by)
    else:
        found = await end_escrow(tx, act.id, by=by, reason=act.reason)
    return msgspec.json.encode({"escrow": found.id})


register_command(
    ESCROW_AGREEMENT,
    execute=_execute,
    describe=_describe,
    title_en="Supervision of an account",
    title_zh="账户监管",
    maker=Scope.PAYMENTS_OPERATE,
    default=(Stage(who="bank:approvals:decide"),),
    least=1,
)
