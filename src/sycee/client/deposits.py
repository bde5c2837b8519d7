"""What can be asked of a bank about deposits held in units."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sycee.client.deposit_records import (
    Deposit,
    DepositChange,
    DepositEvent,
    DepositEventList,
    DepositForm,
    DepositFreeze,
    DepositFreezeList,
    DepositNotice,
    DepositNoticeList,
    DepositPage,
    DepositState,
    DueDeposit,
    DueDepositList,
    RenewalMode,
)
from sycee.client.records import Money
from sycee.client.transport import Transport
from sycee.kernel.ids import uuid7

_DEPOSITS = "/v1/deposits"


class DepositCalls:
    """The part of the client that is about deposits. Amounts may be texts (``"500000.00 CNY"``).

    Each request has an ``id``, made here unless given: sent again, it is answered with the first outcome.
    """

    _transport: Transport

    async def place_deposit(
        self,
        source: str,
        amount: Money | str,
        *,
        product: str | None = None,
        arrangement: UUID | None = None,
        choices: Mapping[str, Any] | None = None,
        renewal: RenewalMode | None = None,
        maturity: date | None = None,
        obligation: str | None = None,
        obliged: Money | str | None = None,
        signers: Sequence[UUID] = (),
        id: UUID | None = None,
        dry_run: bool = False,
    ) -> DepositChange:
        """Place money of a settlement account; with ``dry_run`` tell how the deposit would stand."""
        body = {
            "source": source,
            "amount": _money(amount),
            "product": product,
            "arrangement": arrangement,
            "choices": dict(choices or {}),
            "renewal": renewal,
            "maturity": maturity,
            "obligation": obligation,
            "obliged": _money(obliged),
            "signers": list(signers),
            "dry_run": dry_run,
        }
        return await self._ask(_DEPOSITS, id, body)

    async def deposit(self, id: UUID) -> Deposit:
        """The deposit as it stands now."""
        return await self._transport.call("GET", f"{_DEPOSITS}/{id}", Deposit)

    async def deposits(
        self,
        *,
        customer: UUID | None = None,
        cell: int | None = None,
        form: DepositForm | None = None,
        state: DepositState | None = None,
        arrangement: UUID | None = None,
        page: int = 100,
    ) -> AsyncIterator[Deposit]:
        """Deposits by id; ``page`` of them are fetched at a time."""
        cursor: str | None = None
        while True:
            params = {
                "customer": _text(customer),
                "cell": cell,
                "form": form,
                "state": state,
                "arrangement": _text(arrangement),
                "cursor": cursor,
                "limit": page,
            }
            reply = await self._transport.call("GET", _DEPOSITS, DepositPage, params=params)
            for deposit in reply.deposits:
                yield deposit
            if (cursor := reply.next) is None:
                return

    async def deposit_events(self, deposit: UUID) -> list[DepositEvent]:
        """What happened to a deposit, oldest first."""
        reply = await self._transport.call("GET", f"{_DEPOSITS}/{deposit}/events", DepositEventList)
        return reply.events

    async def withdraw_deposit(
        self,
        deposit: UUID,
        to: str,
        amount: Money | str | None = None,
        *,
        signers: Sequence[UUID] = (),
        id: UUID | None = None,
        dry_run: bool = False,
    ) -> DepositChange:
        """Pay principal (all of it without an amount, closing) with its interest to an account."""
        body = {"to": to, "amount": _money(amount), "signers": list(signers), "dry_run": dry_run}
        return await self._ask(f"{_DEPOSITS}/{deposit}/withdrawals", id, body)

    async def give_notice(
        self,
        deposit: UUID,
        amount: Money | str | None = None,
        *,
        pay_on: date | None = None,
        signers: Sequence[UUID] = (),
        id: UUID | None = None,
    ) -> DepositChange:
        """Notice that an amount (None: all) will be withdrawn on a day (None: the first possible)."""
        body = {"amount": _money(amount), "pay_on": pay_on, "signers": list(signers)}
        return await self._ask(f"{_DEPOSITS}/{deposit}/notices", id, body)

    async def cancel_notice(
        self, deposit: UUID, notice: UUID, *, signers: Sequence[UUID] = (), id: UUID | None = None
    ) -> DepositChange:
        """Take a notice back."""
        path = f"{_DEPOSITS}/{deposit}/notices/{notice}/cancel"
        return await self._ask(path, id, {"signers": list(signers)})

    async def notices(self, deposit: UUID) -> list[DepositNotice]:
        """The notices on a deposit, oldest first."""
        reply = await self._transport.call("GET", f"{_DEPOSITS}/{deposit}/notices", DepositNoticeList)
        return reply.notices

    async def instruct_renewal(
        self,
        deposit: UUID,
        renewal: RenewalMode,
        *,
        signers: Sequence[UUID] = (),
        id: UUID | None = None,
    ) -> DepositChange:
        """Say what is to happen at maturity."""
        body = {"renewal": renewal, "signers": list(signers)}
        return await self._ask(f"{_DEPOSITS}/{deposit}/renewal", id, body)

    async def transfer_certificate(
        self,
        deposit: UUID,
        price: Money | str,
        *,
        pay_from: str,
        pay_to: str,
        signers: Sequence[UUID] = (),
        buyer_signers: Sequence[UUID] = (),
        id: UUID | None = None,
    ) -> DepositChange:
        """A large CD against its price; the deposit that comes back is the new holder's."""
        body = {
            "price": _money(price),
            "pay_from": pay_from,
            "pay_to": pay_to,
            "signers": list(signers),
            "buyer_signers": list(buyer_signers),
        }
        return await self._ask(f"{_DEPOSITS}/{deposit}/transfers", id, body)

    async def freeze_deposit(
        self, deposit: UUID, amount: Money | str, *, authority: str, document: str, id: UUID | None = None
    ) -> DepositChange:
        """Freeze an amount for an authority; the id of the event is the id of the freeze."""
        body = {"amount": _money(amount), "authority": authority, "document": document}
        return await self._ask(f"{_DEPOSITS}/{deposit}/freezes", id, body)

    async def lift_freeze(self, deposit: UUID, freeze: UUID, *, id: UUID | None = None) -> DepositChange:
        """Lift a freeze."""
        return await self._ask(f"{_DEPOSITS}/{deposit}/freezes/{freeze}/lift", id, {})

    async def deduct_margin(
        self, deposit: UUID, freeze: UUID, amount: Money | str, to: str, *, id: UUID | None = None
    ) -> DepositChange:
        """Take, for the authority, some of what it has frozen of a margin."""
        body = {"amount": _money(amount), "to": to}
        return await self._ask(f"{_DEPOSITS}/{deposit}/freezes/{freeze}/deductions", id, body)

    async def freezes(self, deposit: UUID) -> list[DepositFreeze]:
        """The freezes of a deposit, oldest first."""
        reply = await self._transport.call("GET", f"{_DEPOSITS}/{deposit}/freezes", DepositFreezeList)
        return reply.freezes

    async def change_obligation(
        self, deposit: UUID, obliged: Money | str, *, id: UUID | None = None
    ) -> DepositChange:
        """Say what stands of the obligation that a margin secures; 0 discharges it."""
        return await self._ask(f"{_DEPOSITS}/{deposit}/obligation", id, {"obliged": _money(obliged)})

    async def due_deposits(self, cell: int, *, by: date | None = None, limit: int = 100) -> list[DueDeposit]:
        """What is due on deposits of a cell by a day (None: its business date), the overdue first."""
        params = {"cell": cell, "by": by.isoformat() if by else None, "limit": limit}
        reply = await self._transport.call("GET", "/v1/due-deposits", DueDepositList, params=params)
        return reply.events

    async def _ask(self, path: str, id: UUID | None, body: Mapping[str, Any]) -> DepositChange:
        said = {"id": id or uuid7(), **{name: value for name, value in body.items() if value is not None}}
        return await self._transport.call("POST", path, DepositChange, body=said)


def _money(amount: Money | str | None) -> Money | None:
    return Money.parse(amount) if isinstance(amount, str) else amount


def _text(id: UUID | None) -> str | None:
    return str(id) if id is not None else None
