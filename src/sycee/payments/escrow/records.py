"""An agreement on supervision, and the payments that wait for release under it: as records, and read back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from sycee.database import Transaction
from sycee.payments.errors import EscrowNotFound

ReleaseState = Literal["waiting", "released", "refused", "cancelled"]


class Payee(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a supervised account may pay; without ``creditor_agent`` at this bank."""

    creditor_account: str
    creditor_name: str
    creditor_agent: str | None = None


class NewEscrow(msgspec.Struct, frozen=True, kw_only=True):
    """An agreement on supervision as it is drawn up; amounts are minor units of the account's currency.

    ``supervisor`` is the customer who supervises, None the bank. ``releasers`` are principals of the
    supervisor or the bank, of whom ``releases_needed`` have to agree to each payment. Without ``purposes`` or
    ``payees`` any will do that they agree to. ``document`` names the signed agreement.
    """

    id: UUID
    account: int
    beneficiary_name: str
    supervisor_name: str
    document: str
    releasers: tuple[UUID, ...]
    releases_needed: int = 1
    beneficiary: UUID | None = None
    supervisor: UUID | None = None
    purposes: tuple[str, ...] = ()
    payees: tuple[Payee, ...] = ()
    single_limit: int | None = None
    total_limit: int | None = None


class Escrow(msgspec.Struct, frozen=True, kw_only=True):
    """An agreement on supervision as it stands. ``customer`` is the payer, whose account it is."""

    id: UUID
    cell: int
    account: int
    currency: str
    customer: UUID | None
    beneficiary: UUID | None
    beneficiary_name: str
    supervisor: UUID | None
    supervisor_name: str
    document: str
    purposes: tuple[str, ...]
    payees: tuple[Payee, ...]
    single_limit: int | None
    total_limit: int | None
    releasers: tuple[UUID, ...]
    releases_needed: int
    made_by: str
    made_at: datetime
    ended_by: str | None
    ended_at: datetime | None
    reason: str | None


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """A payment from a supervised account: what it is, and whether it waits, was released, or was refused.

    ``votes`` are who said yes or no so far, with their reasons.
    """

    payment: UUID
    agreement: UUID
    account: int
    amount: int
    currency: str
    creditor_account: str
    creditor_name: str
    creditor_agent: str | None
    purpose: str
    remittance: str
    asked_by: str
    asked_at: datetime
    state: ReleaseState
    decided_at: datetime | None
    votes: tuple[Vote, ...]


class Vote(msgspec.Struct, frozen=True, kw_only=True):
    """What a releaser said on a payment."""

    principal: UUID
    vote: Literal["yes", "no"]
    reason: str
    voted_at: datetime


_ESCROWS = """
    SELECT a.id, a.cell, a.account, a.currency, a.customer, a.beneficiary, a.beneficiary_name, a.supervisor,
           a.supervisor_name, a.document, a.purposes,
           ARRAY(SELECT ARRAY[y.creditor_account, y.creditor_name, y.creditor_agent] FROM escrow_payees y
                 WHERE y.cell = a.cell AND y.agreement = a.id ORDER BY 1),
           a.single_limit, a.total_limit,
           ARRAY(SELECT x.principal FROM escrow_releasers x
                 WHERE x.cell = a.cell AND x.agreement = a.id ORDER BY 1),
           a.releases_needed, a.made_by, a.made_at, a.ended_by, a.ended_at, a.reason
    FROM escrow_agreements a
"""
_RELEASES = """
    SELECT r.payment, r.agreement, a.account, r.amount, r.currency, r.creditor_account, r.creditor_name,
           r.creditor_agent, r.purpose, r.remittance, r.asked_by, r.asked_at, r.state, r.decided_at,
           coalesce((SELECT jsonb_agg(jsonb_build_object('principal', v.principal, 'vote', v.vote,
                                      'reason', v.reason, 'voted_at', v.voted_at) ORDER BY v.voted_at)
                     FROM escrow_votes v WHERE v.cell = r.cell AND v.payment = r.payment), '[]')::text
    FROM escrow_releases r JOIN escrow_agreements a ON a.cell = r.cell AND a.id = r.agreement
"""
_votes = msgspec.json.Decoder(tuple[Vote, ...])


def _escrow(row: Sequence[Any]) -> Escrow:
    named = dict(zip(Escrow.__struct_fields__, row, strict=True))
    payees = tuple(
        Payee(creditor_account=account, creditor_name=name, creditor_agent=agent or None)
        for account, name, agent in named["payees"]
    )
    more = {"payees": payees, "purposes": tuple(named["purposes"]), "releasers": tuple(named["releasers"])}
    return Escrow(**{**named, **more})


async def get_escrow(tx: Transaction, id: UUID, *, lock: bool = False) -> Escrow:
    """The agreement with this id. Raises EscrowNotFound."""
    held = " FOR NO KEY UPDATE OF a" if lock else ""
    cursor = await tx.execute((_ESCROWS + "WHERE a.id = %s" + held).encode(), (id,))
    row = await cursor.fetchone()
    if row is None:
        raise EscrowNotFound(f"there is no agreement {id} on supervision")
    return _escrow(row)


async def list_escrows(
    tx: Transaction,
    *,
    customer: UUID | None = None,
    account: int | None = None,
    before: UUID | None = None,
    limit: int = 100,
) -> list[Escrow]:
    """Agreements, the greatest id (of UUIDs of version 7: the newest) first, those before ``before``.

    Of one account, or of those to which a customer is a party, if given.
    """
    conditions, values = ["true"], []
    for condition, value in (
        ("%s IN (a.customer, a.beneficiary, a.supervisor)", customer),
        ("a.account = %s", account),
        ("a.id < %s", before),
    ):
        if value is not None:
            conditions.append(condition)
            values.append(value)
    where = " AND ".join(conditions)
    cursor = await tx.execute(
        (_ESCROWS + f"WHERE {where} ORDER BY a.id DESC LIMIT %s").encode(), [*values, limit]
    )
    return [_escrow(row) for row in await cursor.fetchall()]


async def list_releases(
    tx: Transaction,
    *,
    agreement: UUID | None = None,
    state: ReleaseState | None = None,
    before: UUID | None = None,
    limit: int = 100,
) -> list[Release]:
    """Payments from supervised accounts, the greatest id first, those before ``before``."""
    given = {"r.agreement = %s": agreement, "r.state = %s": state, "r.payment < %s": before}
    wanted = {condition: value for condition, value in given.items() if value is not None}
    where = " AND ".join(wanted) or "true"
    cursor = await tx.execute(
        (_RELEASES + f"WHERE {where} ORDER BY r.payment DESC LIMIT %s").encode(), (*wanted.values(), limit)
    )
    found = []
    for row in await cursor.fetchall():
        named = dict(zip(Release.__struct_fields__, row, strict=True))
        found.append(Release(**{**named, "votes": _votes.decode(named["votes"])}))
    return found
