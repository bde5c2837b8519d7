"""Notice on deposits: give it, see it, take it back."""

from __future__ import annotations

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp

from sycee import products
from sycee.api import deposit_conversions as conversions
from sycee.api import deposit_examples as examples
from sycee.api.bodies import AnyRequest, read_uuid, sane_date
from sycee.api.conversions import money
from sycee.api.deposit_requests import AMOUNTS, ASKED, ONE, SIGNING, ask
from sycee.api.edge import answer, transaction
from sycee.api.errors import DateOutOfRange
from sycee.api.examples import money as example_money
from sycee.api.operations import describe
from sycee.api.schemas import deposits as wire
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.kernel.ids import uuid7

_NOTICE = msgspec.json.Decoder(wire.NewNotice)
_CANCELLATION = msgspec.json.Decoder(wire.NoticeCancellation)


@post(
    "/v1/deposits/{deposit_id:str}/notices",
    opt=describe(
        id="give_notice",
        summary="Give notice of a withdrawal",
        description="One or seven days ahead, as the product has it; one notice stands at a time. A notice "
        "whose day has passed counts as not used when the next is given.",
        tag="Deposits",
        scope=Scope.AGREEMENTS_WRITE,
        request=wire.NewNotice,
        request_example={
            "id": examples.NOTICE_ID,
            "amount": example_money("5000000.00"),
            "pay_on": "2026-02-19",
            "signers": [examples.SIGNER],
        },
        response=wire.DepositChange,
        example=examples.change("notice_given", notified=500_000_000, pay_on="2026-02-19"),
        errors=(
            *ASKED,
            *AMOUNTS,
            *SIGNING,
            DateOutOfRange,
            products.WrongDepositForm,
            products.NoticeStanding,
            products.NoticeRefused,
        ),
        idempotency_key=True,
    ),
)
async def give_notice(request: AnyRequest, deposit_id: FromPath[str]) -> ASGIApp:
    """Give notice of a withdrawal."""

    async def work(
        tx: Transaction, said: wire.NewNotice, deposit: products.Deposit, by: str
    ) -> products.DepositChange:
        sane_date(said.pay_on, "pay_on")
        asked = products.NoticeRequest(
            id=said.id or uuid7(),
            deposit=deposit.id,
            amount=conversions.minor(said.amount, deposit.currency) if said.amount else None,
            pay_on=said.pay_on,
            signers=tuple(said.signers),
        )
        return await products.give_notice(tx, asked, by=by)

    return await ask(request, deposit_id, _NOTICE, work)


@get(
    "/v1/deposits/{deposit_id:str}/notices",
    opt=describe(
        id="list_notices",
        summary="See the notices on a deposit",
        description="Those that stand, were used, were cancelled, or whose day passed without a withdrawal.",
        tag="Deposits",
        scope=Scope.AGREEMENTS_READ,
        customers=True,
        response=wire.Notices,
        example={
            "notices": [
                {**examples.NOTICE, "state": "used", "given_by": "8c41f0a27b93", "resolved_on": "2026-02-19"}
            ]
        },
        errors=ONE,
    ),
)
async def list_notices(request: AnyRequest, deposit_id: FromPath[str]) -> ASGIApp:
    """See the notices on a deposit."""
    wanted = read_uuid(deposit_id)
    async with transaction(request) as tx:
        currency = (await products.get_deposit(tx, wanted)).currency
        found = await products.deposit_notices(tx, wanted)
    return answer(
        wire.Notices(
            notices=[
                wire.Notice(
                    id=one.id,
                    given_on=one.given_on,
                    pay_on=one.pay_on,
                    amount=money(one.amount, currency),
                    state=one.state,  # type: ignore[arg-type]  # the table allows no other
                    given_by=one.given_by,
                    resolved_on=one.resolved_on,
                )
                for one in found
            ]
        )
    )


@post(
    "/v1/deposits/{deposit_id:str}/notices/{notice_id:str}/cancel",
    opt=describe(
        id="cancel_notice",
        summary="Take a notice back",
        description="What it was given for bears no interest for the notice period.",
        tag="Deposits",
        scope=Scope.AGREEMENTS_WRITE,
        request=wire.NoticeCancellation,
        request_example={"signers": [examples.SIGNER]},
        response=wire.DepositChange,
        example=examples.change("notice_cancelled", notice=examples.NOTICE_ID),
        errors=(
            *ASKED,
            *SIGNING,
            products.WrongDepositForm,
            products.NoticeNotFound,
            products.NoticeResolved,
        ),
        idempotency_key=True,
    ),
)
async def cancel_notice(request: AnyRequest, deposit_id: FromPath[str], notice_id: FromPath[str]) -> ASGIApp:
    """Take a notice back."""
    notice = read_uuid(notice_id)

    async def work(
        tx: Transaction, said: wire.NoticeCancellation, deposit: products.Deposit, by: str
    ) -> products.DepositChange:
        asked = products.NoticeCancellation(
            id=said.id or uuid7(), deposit=deposit.id, notice=notice, signers=tuple(said.signers)
        )
        return await products.cancel_notice(tx, asked, by=by)

    return await ask(request, deposit_id, _CANCELLATION, work)


HANDLERS = [give_notice, list_notices, cancel_notice]
