"""Proposing, signing, suspending and cancelling direct debit mandates; every change is written down.

The payee proposes, the payer signs here, or a bank officer records the paper that it signed. The payer stops
what it allowed at any time, and at once; waiting debits of a cancelled mandate are rejected with it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from msgspec.structs import replace

from sycee import ledger, parties
from sycee.database import Transaction, as_bank
from sycee.kernel import clock
from sycee.kernel.ids import cell_of
from sycee.kernel.money import CURRENCIES, MAX_MINOR
from sycee.payments.debits.errors import (
    DebitMandateExists,
    DebitMandateNotFound,
    DebitMandateState,
    InvalidDebitMandate,
    NotTheDebtor,
)
from sycee.payments.debits.mandates import (
    DebitMandate,
    MandateState,
    NewDebitMandate,
    Side,
    get_debit_mandate,
    read_mandates,
)
from sycee.payments.debits.records import DebitState, Step, waiting_under, write_steps
from sycee.payments.orders.new_payments import Instructor
from sycee.payments.orders.parties import Payer, look_up_accounts

LONGEST_REFERENCE, LONGEST_TEXT = 35, 140
"""Characters of a mandate's reference (ISO 20022's Max35Text) and of its purpose and paper."""

MOST_DEBITS = 1_000_000


async def propose_debit_mandates(
    tx: Transaction, wanted: Sequence[NewDebitMandate], *, by: Instructor
) -> list[DebitMandate]:
    """Propose mandates, all of them or none; they wait for the payers' signatures.

    The same again is answered as it stands. Raises InvalidDebitMandate, DebitMandateExists, and ledger's
    AccountNotFound: of a customer's user the account credited is an account of that customer.
    """
    if not wanted:
        return []
    for new in wanted:
        _check(new)
    own = await look_up_accounts(tx, {new.credit_account for new in wanted})
    async with as_bank(tx):
        payers = await look_up_accounts(tx, {new.debit_account for new in wanted})
        made = await _drawn_up(tx, wanted, own, payers, by)
        return await _keep(tx, wanted, made, by)


def _check(new: NewDebitMandate) -> None:
    reference = new.reference
    if not reference.strip() or reference != reference.strip() or len(reference) > LONGEST_REFERENCE:
        raise InvalidDebitMandate(f"a reference has 1 to {LONGEST_REFERENCE} characters: {reference[:60]!r}")
    texts = reference + new.purpose
    if len(new.purpose) > LONGEST_TEXT or not texts.isprintable():
        raise InvalidDebitMandate(f"a text is printable, and has at most {LONGEST_TEXT} characters")
    if new.currency not in CURRENCIES:
        raise InvalidDebitMandate(f"{new.currency[:12]!r} is not an active ISO 4217 currency")
    if new.credit_account == new.debit_account:
        raise InvalidDebitMandate("an account is not debited for itself")
    limits = (new.per_debit, new.per_day, new.per_month)
    if any(limit is not None and not 0 < limit <= MAX_MINOR for limit in limits):
        raise InvalidDebitMandate(f"a limit is from 1 to {MAX_MINOR} minor units")
    most = new.debits_most
    if most is not None and not 0 < most <= (MOST_DEBITS if new.recurring else 1):
        raise InvalidDebitMandate(
            f"a recurring mandate allows 1 to {MOST_DEBITS} debits, a one-off mandate one"
        )


async def _drawn_up(
    tx: Transaction,
    wanted: Sequence[NewDebitMandate],
    own: dict[int, Payer],
    payers: dict[int, Payer],
    by: Instructor,
) -> list[DebitMandate]:
    sides = [_sides(new, own, payers, by) for new in wanted]
    names = await parties.customers_on(tx, list({creditor for creditor, _, _ in sides}))
    now = clock.now()
    return [
        DebitMandate(
            cell=cell_of(new.credit_account),
            id=new.id,
            creditor=creditor,
            credit_account=new.credit_account,
            creditor_name=names[creditor].name,
            debtor=debtor,
            debit_account=new.debit_account,
            reference=new.reference,
            recurring=new.recurring,
            currency=new.currency,
            purpose=new.purpose,
            valid_from=valid_from,
            valid_to=new.valid_to,
            per_debit=new.per_debit,
            per_day=new.per_day,
            per_month=new.per_month,
            debits_most=new.debits_most if new.recurring else 1,
            state=MandateState.PROPOSED,
            signed_on=None,
            paper=None,
            proposed_by=by.by,
            proposed_at=now,
            changed_at=now,
        )
        for new, (creditor, debtor, valid_from) in zip(wanted, sides, strict=True)
    ]


def _sides(
    new: NewDebitMandate, own: dict[int, Payer], payers: dict[int, Payer], by: Instructor
) -> tuple[UUID, UUID, date]:
    """The payee, the payer, and the first day."""
    payee, payer = own.get(new.credit_account), payers.get(new.debit_account)
    if payee is None or payee.customer is None or by.customer not in {None, payee.customer}:
        raise ledger.AccountNotFound(f"there is no customer's account {new.credit_account} to be credited")
    if payer is None or payer.customer is None:
        raise ledger.AccountNotFound(f"there is no customer's account {new.debit_account} to be debited")
    if {payee.currency, payer.currency} != {new.currency}:
        raise InvalidDebitMandate(f"both accounts and the mandate are in one currency, not {new.currency}")
    first = new.valid_from or payee.today
    if new.valid_to is not None and new.valid_to < first:
        raise InvalidDebitMandate(f"it would end on {new.valid_to}, before it begins on {first}")
    return payee.customer, payer.customer, first


async def _keep(
    tx: Transaction, wanted: Sequence[NewDebitMandate], made: Sequence[DebitMandate], by: Instructor
) -> list[DebitMandate]:
    """Write mandates that are new; those that are known are answered as they stand."""
    fresh: set[UUID] = set()
    for mandate in made:
        cursor = await tx.execute(_INSERT, _values(mandate))
        if cursor.rowcount:
            fresh.add(mandate.id)
    known = await read_mandates(tx, [mandate.id for mandate in made])
    for new, mandate in zip(wanted, made, strict=True):
        kept = known.get(new.id)
        if kept is None:
            raise DebitMandateExists(
                f"{mandate.creditor_name} has another mandate of reference {new.reference}"
            )
        if not (kept.says(new) and by.customer in {None, kept.creditor}):
            raise DebitMandateExists(f"the id {new.id} was used before for another mandate")
    await _note(tx, [mandate for mandate in made if mandate.id in fresh], by, "proposed")
    return [known[new.id] for new in wanted]


_FIELDS = {
    name: {"credit_account": "credit", "debit_account": "debit"}.get(name, name)
    for name in DebitMandate.__struct_fields__
}
_INSERT = (
    f"INSERT INTO debit_mandates ({', '.join(_FIELDS.values())})"  # noqa: S608 - names of ours only
    f" VALUES ({', '.join(['%s'] * len(_FIELDS))}) ON CONFLICT DO NOTHING"
).encode()


def _values(mandate: DebitMandate) -> list[object]:
    return [
        str(value) if isinstance(value, MandateState) else value
        for value in (getattr(mandate, name) for name in _FIELDS)
    ]


async def _note(tx: Transaction, mandates: Collection[DebitMandate], by: Instructor, reason: str) -> None:
    for mandate in mandates:
        await tx.execute(
            "INSERT INTO debit_mandate_events (cell, mandate, step, state, at, side, actor, reason)"
            " SELECT %(cell)s, %(id)s, 1 + count(*), %(state)s, %(at)s, %(side)s, %(actor)s, %(reason)s"
            " FROM debit_mandate_events WHERE cell = %(cell)s AND mandate = %(id)s",
            {
                "cell": mandate.cell,
                "id": mandate.id,
                "state": str(mandate.state),
                "at": mandate.changed_at,
                "side": str(mandate.side_of(by.customer)),
                "actor": by.by,
                "reason": reason,
            },
        )


async def confirm_debit_mandate(
    tx: Transaction, id: UUID, *, by: Instructor, paper: str | None = None
) -> DebitMandate:
    """Sign a proposed mandate: the payer's user does, or the bank's officer names the signed ``paper``.

    Of one that is active nothing changes. Raises DebitMandateNotFound, DebitMandateState, NotTheDebtor, and
    InvalidDebitMandate when the bank names no paper, or a customer names one.
    """
    mandate = await _held(tx, id, by)
    _only_debtor_or_bank(mandate, by, "sign")
    if (paper is not None) != (by.customer is None) or (paper is not None and not _fits(paper)):
        raise InvalidDebitMandate("the bank names the paper that the payer signed, the payer signs here")
    if mandate.state is MandateState.ACTIVE:
        return mandate
    if mandate.state is not MandateState.PROPOSED:
        raise DebitMandateState(f"the mandate is {mandate.state}: only a proposed one is signed")
    async with as_bank(tx):
        today = (await ledger.get_cell(tx, mandate.cell)).business_date
        signed = replace(mandate, signed_on=today, paper=paper)
        return await _become(tx, signed, MandateState.ACTIVE, by, paper or "signed")


async def suspend_debit_mandate(tx: Transaction, id: UUID, *, by: Instructor, reason: str) -> DebitMandate:
    """Let nothing be debited until the payer (or the bank) resumes the mandate; at once.

    Raises DebitMandateNotFound, DebitMandateState, NotTheDebtor.
    """
    return await _between(tx, id, MandateState.ACTIVE, MandateState.SUSPENDED, by, reason)


async def resume_debit_mandate(tx: Transaction, id: UUID, *, by: Instructor, reason: str) -> DebitMandate:
    """Let a suspended mandate be debited under again. Raises as ``suspend_debit_mandate``."""
    return await _between(tx, id, MandateState.SUSPENDED, MandateState.ACTIVE, by, reason)


async def cancel_debit_mandate(tx: Transaction, id: UUID, *, by: Instructor, reason: str) -> DebitMandate:
    """End a mandate for good, at once: the payer, the payee or the bank does. What waits is rejected.

    Raises DebitMandateNotFound.
    """
    mandate = await _held(tx, id, by)
    if mandate.state is MandateState.CANCELLED:
        return mandate
    async with as_bank(tx):
        waiting = await waiting_under(tx, mandate)
        steps = [
            Step(
                debit=replace(
                    debit,
                    state=DebitState.REJECTED,
                    reason_code="mandate_cancelled",
                    reason="the mandate was cancelled before the day",
                ),
                side=mandate.side_of(by.customer),
                actor=by.by,
            )
            for debit in waiting
        ]
        await write_steps(tx, steps)
        return await _become(tx, mandate, MandateState.CANCELLED, by, reason)


async def _between(
    tx: Transaction, id: UUID, source: MandateState, to: MandateState, by: Instructor, reason: str
) -> DebitMandate:
    mandate = await _held(tx, id, by)
    _only_debtor_or_bank(mandate, by, "suspend or resume")
    if mandate.state is to:
        return mandate
    if mandate.state is not source:
        raise DebitMandateState(f"the mandate is {mandate.state}, not {source}")
    async with as_bank(tx):
        return await _become(tx, mandate, to, by, reason)


async def _held(tx: Transaction, id: UUID, by: Instructor) -> DebitMandate:
    """The mandate, when it is that customer's to see, held until the commit. Raises DebitMandateNotFound."""
    seen = await get_debit_mandate(tx, id)
    if by.customer not in {None, seen.creditor, seen.debtor}:
        raise DebitMandateNotFound(f"there is no direct debit mandate {id}")
    async with as_bank(tx):
        return await get_debit_mandate(tx, id, lock=True)


def _only_debtor_or_bank(mandate: DebitMandate, by: Instructor, what: str) -> None:
    if mandate.side_of(by.customer) is Side.CREDITOR:
        raise NotTheDebtor(f"only the payer may {what} the mandate {mandate.reference}")


def _fits(text: str) -> bool:
    return bool(text.strip()) and text.isprintable() and len(text) <= LONGEST_TEXT


async def _become(
    tx: Transaction, mandate: DebitMandate, state: MandateState, by: Instructor, reason: str
) -> DebitMandate:
    changed = replace(mandate, state=state, changed_at=clock.now())
    await tx.execute(
        "UPDATE debit_mandates SET state = %s, signed_on = %s, paper = %s, changed_at = %s"
        " WHERE cell = %s AND id = %s",
        (str(state), changed.signed_on, changed.paper, changed.changed_at, changed.cell, changed.id),
    )
    await _note(tx, [changed], by, reason)
    return changed
