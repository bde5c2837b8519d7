"""A bank with two customers who each have one of everything, and people with every kind of credential.

What is silk's is told by ``ids`` (what a path or body can name of it) and by ``secrets``: texts that stand in
silk's things, and that nobody else's answer may hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from typing import Any
from uuid import UUID

import msgspec

from sycee import identity, ledger, operations, parties, payments, products
from sycee.database import Database, Transaction
from sycee.identity import Grant, NewGrant, NewPrincipal, PrincipalKind, Scope
from sycee.identity.sessions import open_session
from sycee.kernel.ids import uuid7
from tests.api.walled_approvals import approvals_of
from tests.api.walled_debits import debits_of
from tests.api.walled_payments import a_standing_order, a_supervised_account
from tests.api.walled_webhooks import webhooks_of
from tests.payments.market import file_of
from tests.products.deposits.counter import Counter, Holder, yuan

OFFICER = "security officer"
SILK_NAME, SILK_REFERENCE, SILK_AMOUNT = "Silk Road Trading Ltd", "SILK-ONLY-4711", yuan("777777.77")
CUSTOMER_ROLES = ("customer_maker", "customer_checker", "customer_viewer", "customer_administrator")
# Where an operation keeps something of the caller's own account of things, or of nobody's.
_VOLATILE = {"idempotency_keys", "tokens", "principals", "grants", "security_events", "security_log_head"}


class Owned(msgspec.Struct):
    """What a customer has: by the names that paths give to it."""

    holder: Holder
    ids: dict[str, str]
    user: UUID
    secrets: set[str]


class WalledBank:
    """The bank and its two customers."""

    def __init__(self, database: Database, counter: Counter, silk: Owned, jade: Owned) -> None:
        self.database, self.counter = database, counter
        self.silk, self.jade = silk, jade

    @classmethod
    async def open(cls, database: Database) -> WalledBank:
        """Two customers, each with one of everything, after a quarter that was closed."""
        counter = await Counter.open(database)
        async with database.transaction() as tx:
            for holder in (counter.silk, counter.jade):
                await parties.add_contact(
                    tx,
                    parties.NewContact(
                        customer=holder.id, person=holder.signer, post="treasurer", phone="+86 21 5555 0101"
                    ),
                    by=OFFICER,
                )
            await _trade(tx, counter)
        for cell in (101, 102):
            for month in (2, 3, 4):
                run = await operations.close_day(database, cell, by="test", to=date(2026, month, 1))
                assert run.state == "finished", run
        made = [await _own(counter, holder) for holder in (counter.silk, counter.jade)]
        return cls(database, counter, *made)

    async def token(
        self,
        kind: PrincipalKind,
        *roles: str,
        of: UUID | None = None,
        scopes: Sequence[str] = tuple(Scope),
        **limits: Any,
    ) -> str:
        """The credential of somebody new, of a customer or the bank, who was given roles within limits."""
        async with self.database.transaction() as tx:
            login = f"p{uuid7().hex}"
            held = scopes if kind is PrincipalKind.MACHINE else ()
            new = NewPrincipal(kind=kind, login=login, name=login, customer=of, scopes=held)
            (made,) = await identity.create_principals(tx, [new], by=OFFICER)
            for role in roles:
                await give(tx, made.id, role, **limits)
            return (await identity.issue_token(tx, login, scopes, principal=made.id, by=OFFICER)).text

    async def state(self) -> dict[str, tuple[int, int]]:
        """How many rows every table has that an operation could change, and a sum over their versions.

        A row that is written has a new place and a new transaction: their hashes tell what the content would.
        """
        async with self.database.transaction() as tx:
            cursor = await tx.execute(
                "SELECT string_agg(format("
                "'SELECT %%L, count(*),"
                " coalesce(sum(hashtextextended(ctid::text || xmin::text, 0)::numeric), 0)"
                " FROM %%I', relname, relname), ' UNION ALL ' ORDER BY relname) FROM pg_class"
                " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> ALL(%s)",
                (sorted(_VOLATILE),),
            )
            row = await cursor.fetchone()
            assert row is not None
            found = await (await tx.execute(str(row[0]).encode())).fetchall()
        return {table: (count, int(versions)) for table, count, versions in found}


async def give(tx: Transaction, principal: UUID, role: str, **limits: Any) -> Grant:
    """Give a role."""
    new = NewGrant(principal=principal, role=role, **limits)
    return await identity.grant_role(tx, new, by=OFFICER, reason="for the tests")


async def _trade(tx: Transaction, counter: Counter) -> None:
    """What the customers do on the first day: money from the vault, with a text that only its owner reads."""
    outcomes = await ledger.post_transfers(
        tx,
        [
            ledger.NewTransfer(
                id=uuid7(),
                debit=counter.vault,
                credit=holder.general,
                amount=amount,
                currency="CNY",
                reference=reference,
            )
            for holder, amount, reference in (
                (counter.silk, SILK_AMOUNT, SILK_REFERENCE),
                (counter.jade, yuan("1.00"), "JADE-ONLY"),
            )
        ],
    )
    assert {one.status for one in outcomes} == {"posted"}


_SURPLUS = products.ItemChoice(negotiated={"interest.quota": "200000.00", "interest.spread": "0.10"})


async def _own(counter: Counter, holder: Holder) -> Owned:
    """One of everything for a customer."""
    signing: dict[str, Any] = {"source": holder.general, "signers": (holder.signer,)}
    deposit = await counter.place("notice-7d", yuan(1_000_000), **signing)
    notice = await counter.give_notice(deposit, yuan(1_000_000), signers=(holder.signer,))
    async with counter.database.transaction() as tx:
        frozen = await products.freeze(
            tx,
            products.FreezeOrder(
                id=uuid7(), deposit=deposit.id, amount=yuan(1), authority="Court", document="2026-114"
            ),
            by=OFFICER,
        )
        (agreement,) = await products.list_agreements(tx, customer=holder.id)
        await products.extend_agreement(
            tx, agreement.id, {"surplus": _SURPLUS}, signers=(holder.signer,), by=OFFICER, reason="more"
        )
        paid, bulk = await _files(tx, holder)
        instructed = await _paid(tx, holder)
        collected = await debits_of(tx, holder)
        comes_again = await a_standing_order(tx, holder)
        supervised = await a_supervised_account(tx, holder, counter.vault)
        ids = await _ids(tx, holder, deposit.id)
        assert paid.outcomes[0].transfer is not None, paid
        (receipt,) = await operations.issue_receipts(
            tx, holder.general, [paid.outcomes[0].transfer], by=OFFICER
        )
        new = NewPrincipal(
            kind=PrincipalKind.CUSTOMER_USER, login=f"u{holder.id.hex}", name="Wang Fang", customer=holder.id
        )
        (user,) = await identity.create_principals(tx, [new], by=OFFICER)
        grant = await give(tx, user.id, "customer_viewer")
        ids |= await approvals_of(tx, holder, user.id)
        webhooks, webhook_secret = await webhooks_of(tx, holder)
        erp = NewPrincipal(
            kind=PrincipalKind.MACHINE,
            login=f"m{holder.id.hex}",
            name="ERP",
            customer=holder.id,
            scopes=["accounts:read"],
        )
        (machine,) = await identity.create_principals(tx, [erp], by=OFFICER)
        issued = await identity.create_client(tx, machine.id, "ERP", ["accounts:read"], by=OFFICER)
        session, _ = await open_session(
            tx, user.id, second_factor=True, address="198.51.100.7", agent="a browser"
        )
    ids |= webhooks | {
        "transfer_id": str(paid.outcomes[0].transfer),
        "receipt_number": receipt.content.number,
        "notice_id": str(notice.deposit.notice.id if notice.deposit.notice else ""),
        "freeze_id": str(frozen.event.id),
        "file_id": str(paid.id),
        "payment_id": str(instructed),
        **collected,
        "bulk_order_id": str(bulk.id),
        "standing_order_id": str(comes_again),
        "escrow_id": str(supervised),
        "principal_id": str(user.id),
        "grant_id": str(grant.id),
        "session_id": str(session.id),
        "machine": str(machine.id),
        "client_id": issued.client.id,
    }
    secrets = {*ids.values(), str(holder.basic), str(holder.general), str(deposit.account)}
    secrets |= {webhook_secret, receipt.content.code, operations.written_code(receipt.content.code)}
    return Owned(holder, ids, user.id, secrets - {""})


async def _files(tx: Transaction, holder: Holder) -> tuple[payments.PaymentFileResult, payments.BulkOrder]:
    """A payment file, and a bulk order that is received and not paid yet."""

    def file(message_id: str) -> bytes:
        accounts: dict[str, Any] = {"debtor": str(holder.general), "creditors": (str(holder.basic),)}
        return file_of([("10.00", "CNY")], message_id=message_id, **accounts)

    await payments.load_screening_names(tx, [], name="own", by=OFFICER)
    paid = await payments.receive_payment_file(tx, file(f"M-{holder.id.hex[:20]}"))
    bulk = BytesIO(file(f"BULK-{holder.id.hex[:20]}"))
    return paid, await payments.receive_bulk_order(tx, bulk, by=OFFICER, customer=holder.id, pay=False)


async def _paid(tx: Transaction, holder: Holder) -> UUID:
    """A payment between two accounts of a customer."""
    instructed = payments.NewPayment(
        id=uuid7(),
        debit_account=holder.general,
        creditor_account=str(holder.basic),
        creditor_name="Itself",
        amount=yuan("3.00"),
        currency="CNY",
    )
    (settled,) = await payments.submit_payments(tx, [instructed], by="treasurer")
    assert settled.state is payments.PaymentState.SETTLED
    return instructed.id


async def _ids(tx: Transaction, holder: Holder, deposit: UUID) -> dict[str, str]:
    (agreement,) = await products.list_agreements(tx, customer=holder.id)
    (contact,) = await parties.contacts(tx, holder.id)
    (mandate,) = await parties.mandates(tx, holder.id)
    documents = await operations.list_documents(tx, holder.general)
    postings = await products.interest_postings(tx, holder.basic)
    assert documents and postings
    return {
        "customer_id": str(holder.id),
        "person_id": str(holder.signer),
        "contact_id": str(contact.id),
        "mandate_id": str(mandate.id),
        "number": str(holder.general),
        "interest_number": str(holder.basic),
        "agreement_id": str(agreement.id),
        "arrangement_id": str(agreement.arrangements[0].id),
        "deposit_id": str(deposit),
        "document_id": str(documents[0].id),
        "posting_id": str(postings[0].id),
    }
