"""The bank as a program sees it: one object, a method for everything that can be asked of it."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from datetime import date, datetime
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import msgspec

from sycee.client.agreements import AgreementCalls
from sycee.client.approvals import ApprovalCalls
from sycee.client.bulk_orders import BulkOrderCalls
from sycee.client.components import ComponentCalls
from sycee.client.credentials import Credentials, find_credentials
from sycee.client.customers import CustomerCalls
from sycee.client.debits import DirectDebitCalls
from sycee.client.deposits import DepositCalls
from sycee.client.escrow import EscrowCalls
from sycee.client.identity import IdentityCalls
from sycee.client.interest import InterestCalls
from sycee.client.operations import OperationCalls
from sycee.client.payments import PaymentCalls
from sycee.client.rails import RailCalls
from sycee.client.receipts import ReceiptCalls
from sycee.client.records import (
    Account,
    AccountList,
    AccountPage,
    AccountStatus,
    Balance,
    Cell,
    CellList,
    Entry,
    EntryPage,
    Health,
    Money,
    NewAccount,
    NewTransfer,
    Outcome,
    OutcomeList,
    PaymentFile,
    Side,
    Statement,
    Transfer,
    TransferKind,
    TrialBalance,
)
from sycee.client.roles import RoleCalls
from sycee.client.standing_orders import StandingOrderCalls
from sycee.client.statements import StatementCalls
from sycee.client.streams import in_chunks, outcomes_in_order
from sycee.client.transport import Transport
from sycee.client.webhooks import WebhookCalls
from sycee.kernel.ids import uuid7

UNSET = msgspec.UNSET
XML = "application/xml"


class Sycee(
    AgreementCalls,
    ApprovalCalls,
    BulkOrderCalls,
    ComponentCalls,
    CustomerCalls,
    DepositCalls,
    DirectDebitCalls,
    EscrowCalls,
    IdentityCalls,
    InterestCalls,
    OperationCalls,
    PaymentCalls,
    RailCalls,
    ReceiptCalls,
    RoleCalls,
    StandingOrderCalls,
    StatementCalls,
    WebhookCalls,
):
    """A connection to a bank; use it as ``async with Sycee() as bank``.

    ``url`` and ``token`` default to ``SYCEE_URL`` and ``SYCEE_TOKEN``, then to the credentials that
    ``sycee up`` left on this machine. A request may take ``timeout_s`` seconds; while the bank does not
    answer it is repeated for ``retry_for_s`` seconds, which is safe for every method here.

    Every method raises ApiProblem (with ``code``, ``detail`` and ``facts``) when the bank refuses, and
    Unreachable when nothing answers. Account numbers are strings of 18 digits.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        timeout_s: float = 60.0,
        retry_for_s: float = 60.0,
    ) -> None:
        found = Credentials(url, token) if url and token else find_credentials(url=url)
        self._transport = Transport(
            found.url, token or found.token, timeout_s=timeout_s, retry_for_s=retry_for_s
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def url(self) -> str:
        """The address of the bank."""
        return self._transport.url

    async def close(self) -> None:
        """Close the connections; the object cannot be used afterwards."""
        await self._transport.close()

    # Accounts

    async def open_account(
        self,
        currency: str,
        subject: str,
        *,
        number: str | None = None,
        cell: int | None = None,
        normal_side: Side = "credit",
        floor: Money | str | msgspec.UnsetType | None = UNSET,
        name: str = "",
        local_name: str = "",
        customer: UUID | None = None,
    ) -> Account:
        """Open one account; ``floor`` is 0 unless given (``"-500.00 CNY"``), None for none at all."""
        account = NewAccount(
            currency=currency,
            subject=subject,
            number=number,
            cell=cell,
            normal_side=normal_side,
            floor=_money(floor) if isinstance(floor, str) else floor,
            name=name,
            local_name=local_name,
            customer=customer,
        )
        return (await self.open_accounts([account]))[0]

    async def open_accounts(self, accounts: Sequence[NewAccount]) -> list[Account]:
        """Open accounts, all or none; a number that is taken with the same content is answered again.

        Raises WaitsForApproval when others have to agree first.
        """
        body = {"accounts": accounts}
        reply = await self._transport.change("POST", "/v1/accounts", AccountList, body=body, key=_fresh_key())
        return reply.accounts

    async def account(self, number: str) -> Account:
        """The account as it stands now."""
        return await self._transport.call("GET", f"/v1/accounts/{number}", Account)

    async def accounts(
        self, *, customer: UUID | None = None, cell: int | None = None, page: int = 100
    ) -> AsyncIterator[Account]:
        """Every account, by number; ``page`` accounts are fetched at a time."""
        cursor: str | None = None
        while True:
            params = {"customer": _text(customer), "cell": cell, "cursor": cursor, "limit": page}
            reply = await self._transport.call("GET", "/v1/accounts", AccountPage, params=params)
            for account in reply.accounts:
                yield account
            if (cursor := reply.next) is None:
                return

    async def change_account(
        self,
        number: str,
        *,
        reason: str,
        status: AccountStatus | None = None,
        floor: Money | str | msgspec.UnsetType | None = UNSET,
        name: str | None = None,
        local_name: str | None = None,
    ) -> Account:
        """Change what is given and leave the rest; ``reason`` goes on record. ``floor`` None means none.

        Raises WaitsForApproval when the bank's rules ask for others' agreement first.
        """
        body: dict[str, Any] = {"reason": reason}
        given = {"status": status, "name": name, "local_name": local_name}
        body.update({field: value for field, value in given.items() if value is not None})
        if floor is not UNSET:
            body["floor"] = _money(floor) if isinstance(floor, str) else floor
        return await self._transport.change(
            "PATCH", f"/v1/accounts/{number}", Account, body=body, key=_fresh_key()
        )

    # Transfers

    async def transfer(
        self,
        debit: str,
        credit: str,
        amount: Money | str,
        *,
        kind: TransferKind = "transfer",
        transfer_id: UUID | None = None,
        value_date: date | None = None,
        expires_at: datetime | None = None,
        reference: str | None = None,
        description: str | None = None,
    ) -> Outcome:
        """Move ``amount`` (``"1234.56 CNY"``) from the debit to the credit account; the outcome is returned.

        A rejection is an outcome, not an exception: look at ``outcome.accepted`` or ``outcome.status``.
        """
        transfer = NewTransfer(
            id=transfer_id or uuid7(),
            kind=kind,
            debit=debit,
            credit=credit,
            amount=_money(amount),
            value_date=value_date,
            expires_at=expires_at,
            reference=reference,
            description=description,
        )
        return (await self.post([transfer]))[0]

    async def post(
        self, transfers: Sequence[NewTransfer], *, atomic: bool = False, dry_run: bool = False
    ) -> list[Outcome]:
        """Post a list in its order and return an outcome for each; at most as many as one request takes.

        Sending the same transfers again is safe: they are answered as duplicates with the first outcome.
        """
        body = {"transfers": transfers, "atomic": atomic, "dry_run": dry_run}
        return (await self._transport.call("POST", "/v1/transfers", OutcomeList, body=body)).outcomes

    async def post_many(
        self,
        transfers: Iterable[NewTransfer] | AsyncIterable[NewTransfer],
        *,
        chunk: int = 5_000,
        concurrency: int = 2,
    ) -> AsyncIterator[Outcome]:
        """Post a list of any length, streaming; outcomes come in the order of the list.

        Memory holds ``chunk`` × ``concurrency`` transfers. Order of effect is that of the list within a
        chunk; across chunks too with ``concurrency=1``, which a list needs whose later transfers build
        on earlier ones. Chains of linked transfers stay whole.
        """
        if chunk < 1 or concurrency < 1:
            raise ValueError("chunk and concurrency are at least 1")
        async for outcome in outcomes_in_order(in_chunks(transfers, chunk), self.post, concurrency):
            yield outcome

    async def find_transfer(self, transfer_id: UUID | str) -> Transfer:
        """The transfer with this id, as the books have it."""
        return await self._transport.call("GET", f"/v1/transfers/{transfer_id}", Transfer)

    async def post_pending(self, transfer_id: UUID | str, amount: Money | str | None = None) -> Outcome:
        """Post a pending transfer, whole or in part; the rest of the hold is given back."""
        body = {"amount": _money(amount)} if amount is not None else {}
        return await self._resolve(transfer_id, "post", body)

    async def void_pending(self, transfer_id: UUID | str) -> Outcome:
        """Give a pending transfer's hold back."""
        return await self._resolve(transfer_id, "void", {})

    async def reverse(self, transfer_id: UUID | str, *, description: str | None = None) -> Outcome:
        """Reverse a posted transfer by another the other way round."""
        return await self._resolve(
            transfer_id, "reverse", {"description": description} if description else {}
        )

    async def _resolve(self, target: UUID | str, action: str, body: dict[str, Any]) -> Outcome:
        # Without an id of ours the bank makes one of target and body: the same call again is a duplicate.
        return await self._transport.call("POST", f"/v1/transfers/{target}/{action}", Outcome, body=body)

    # Reading the books

    async def entries(
        self,
        number: str,
        *,
        start: date | None = None,
        end: date | None = None,
        newest_first: bool = True,
        page: int = 100,
    ) -> AsyncIterator[Entry]:
        """The account's entries, page after page, between two business dates (both included)."""
        cursor: str | None = None
        while True:
            params = {
                "from": _text(start),
                "to": _text(end),
                "order": "newest_first" if newest_first else "oldest_first",
                "cursor": cursor,
                "limit": page,
            }
            path = f"/v1/accounts/{number}/entries"
            reply = await self._transport.call("GET", path, EntryPage, params=params)
            for entry in reply.entries:
                yield entry
            if (cursor := reply.next) is None:
                return

    async def balance(self, number: str, *, at: datetime | date | None = None) -> Balance:
        """The balance now, at an instant (aware datetime), or at the end of a business date."""
        path = f"/v1/accounts/{number}/balance"
        return await self._transport.call("GET", path, Balance, params={"at": _text(at)})

    async def statement(self, number: str, start: date, end: date) -> Statement:
        """What happened between two business dates, both included, with opening and closing balance."""
        params = {"from": _text(start), "to": _text(end)}
        return await self._transport.call("GET", f"/v1/accounts/{number}/statement", Statement, params=params)

    async def trial_balance(self, *, on: date | None = None, cell: int | None = None) -> TrialBalance:
        """Every subject's balance, now or at the end of a business date, for the bank or one cell."""
        params = {"on": _text(on), "cell": cell}
        return await self._transport.call("GET", "/v1/trial-balance", TrialBalance, params=params)

    # Payment files

    async def send_payment_file(self, document: bytes, *, key: str | None = None) -> PaymentFile:
        """Send a pain.001 document; the bank posts what it can and says what became of each payment.

        ``key`` names this sending: the same key and document again is answered as the first time.
        """
        response = await self._transport.send(
            "POST",
            "/v1/payment-files",
            content=document,
            headers={"Content-Type": XML},
            key=key or _fresh_key(),
        )
        return self._transport.read(response, PaymentFile)

    async def payment_file(self, file_id: UUID | str) -> PaymentFile:
        """A payment file that was sent before, and what became of its payments."""
        return await self._transport.call("GET", f"/v1/payment-files/{file_id}", PaymentFile)

    async def payment_status_report(self, file_id: UUID | str) -> bytes:
        """The pain.002 status report on a payment file."""
        return await self._document(f"/v1/payment-files/{file_id}/status-report", None)

    # The bank itself

    async def cells(self) -> list[Cell]:
        """Every cell and its business date."""
        return (await self._transport.call("GET", "/v1/cells", CellList)).cells

    async def create_cell(self, cell: int, name: str, business_date: date) -> Cell:
        """Create a cell that starts at a business date."""
        body = {"cell": cell, "name": name, "business_date": business_date}
        return await self._transport.call("POST", "/v1/cells", Cell, body=body, key=_fresh_key())

    async def advance_business_date(self, cell: int, to: date) -> Cell:
        """Move a cell to a later business date; what is posted from then on belongs to it."""
        body = {"to": to}
        return await self._transport.call("POST", f"/v1/cells/{cell}/business-date", Cell, body=body)

    async def health(self) -> Health:
        """Whether the bank can serve; needs no token."""
        return await self._transport.call("GET", "/v1/health", Health)

    async def _document(self, path: str, params: dict[str, str | None] | None) -> bytes:
        response = await self._transport.send("GET", path, params=params, headers={"Accept": XML})
        return response.content


def _money(value: Money | str) -> Money:
    return Money.parse(value) if isinstance(value, str) else value


def _text(value: UUID | date | None) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, date) else str(value)


def _fresh_key() -> str:
    return str(uuid7())
