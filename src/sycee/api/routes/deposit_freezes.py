"""Freezes on deposits, deductions under them, and the obligations that margins secure."""

from __future__ import annotations

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp

from sycee import products
from sycee.api import deposit_conversions as conversions
from sycee.api import deposit_examples as examples
from sycee.api.bodies import AnyRequest, read_uuid
from sycee.api.conversions import money, read_account
from sycee.api.deposit_requests import AMOUNTS, ASKED, MOVING, ONE, ask
from sycee.api.edge import answer, transaction
from sycee.api.examples import money as example_money
from sycee.api.operations import describe
from sycee.api.schemas import deposits as wire
from sycee.api.schemas.common import EXAMPLE_PAYEE
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.kernel.ids import uuid7

_FREEZE = msgspec.json.Decoder(wire.NewFreeze)
_LIFT = msgspec.json.Decoder(wire.FreezeLift)
_DEDUCTION = msgspec.json.Decoder(wire.NewDeduction)
_OBLIGATION = msgspec.json.Decoder(wire.ObligationChange)
_EXAMPLE = {
    "id": examples.FREEZE_ID,
    "authority": "Shanghai No. 1 Intermediate Court",
    "document": "2026-114",
    "amount": example_money("1000000.00"),
    "deducted": example_money("0.00"),
    "frozen_on": "2026-03-02",
    "lifted_on": None,
}


@post(
    "/v1/deposits/{deposit_id:str}/freezes",
    opt=describe(
        id="freeze_deposit",
        summary="Freeze an amount of a deposit",
        description="Under the number of an authority's document; when it is more than the deposit holds, "
        "later interest is caught. What is frozen is not paid out.",
        tag="Deposits",
        scope=Scope.AGREEMENTS_WRITE,
        request=wire.NewFreeze,
        request_example={key: _EXAMPLE[key] for key in ("id", "authority", "document", "amount")},
        response=wire.DepositChange,
        example=examples.change("frozen", frozen=100_000_000, document="2026-114"),
        errors=(*ASKED, *AMOUNTS, products.InvalidDeposit),
        idempotency_key=True,
    ),
)
async def freeze_deposit(request: AnyRequest, deposit_id: FromPath[str]) -> ASGIApp:
    """Freeze an amount of a deposit."""

    async def work(
        tx: Transaction, said: wire.NewFreeze, deposit: products.Deposit, by: str
    ) -> products.DepositChange:
        asked = products.FreezeOrder(
            id=said.id or uuid7(),
            deposit=deposit.id,
            amount=conversions.minor(said.amount, deposit.currency),
            authority=said.authority,
            document=said.document,
        )
        return await products.freeze(tx, asked, by=by)

    return await ask(request, deposit_id, _FREEZE, work)


@get(
    "/v1/deposits/{deposit_id:str}/freezes",
    opt=describe(
        id="list_freezes",
        summary="See the freezes of a deposit",
        description="In the order in which they were served, with what was deducted, and when lifted.",
        tag="Deposits",
        scope=Scope.AGREEMENTS_READ,
        response=wire.Freezes,
        example={"freezes": [_EXAMPLE]},
        errors=ONE,
    ),
)
async def list_freezes(request: AnyRequest, deposit_id: FromPath[str]) -> ASGIApp:
    """See the freezes of a deposit."""
    wanted = read_uuid(deposit_id)
    async with transaction(request) as tx:
        currency = (await products.get_deposit(tx, wanted)).currency
        found = await products.deposit_freezes(tx, wanted)
    return answer(
        wire.Freezes(
            freezes=[
                wire.Freeze(
                    id=one.id,
                    authority=one.authority,
                    document=one.document,
                    amount=money(one.amount, currency),
                    deducted=money(one.deducted, currency),
                    frozen_on=one.frozen_on,
                    lifted_on=one.lifted_on,
                )
                for one in found
            ]
        )
    )


@post(
    "/v1/deposits/{deposit_id:str}/freezes/{freeze_id:str}/lift",
    opt=describe(
        id="lift_freeze",
        summary="Lift a freeze",
        description="What it held is free again, unless another freeze holds it.",
        tag="Deposits",
        scope=Scope.AGREEMENTS_WRITE,
        request=wire.FreezeLift,
        request_example={},
        response=wire.DepositChange,
        example=examples.change("unfrozen", freeze=examples.FREEZE_ID),
        errors=(*ONE, products.DepositIdReused, products.FreezeNotFound, products.FreezeLifted),
        idempotency_key=True,
    ),
)
async def lift_freeze(request: AnyRequest, deposit_id: FromPath[str], freeze_id: FromPath[str]) -> ASGIApp:
    """Lift a freeze."""
    freeze = read_uuid(freeze_id)

    async def work(
        tx: Transaction, said: wire.FreezeLift, deposit: products.Deposit, by: str
    ) -> products.DepositChange:
        asked = products.FreezeLift(id=said.id or uuid7(), deposit=deposit.id, freeze=freeze)
        return await products.lift_freeze(tx, asked, by=by)

    return await ask(request, deposit_id, _LIFT, work)


@post(
    "/v1/deposits/{deposit_id:str}/freezes/{freeze_id:str}/deductions",
    opt=describe(
        id="deduct_margin",
        summary="Deduct what is frozen of a margin",
        description="For the authority that froze it, no more than it froze; never while the obligation that "
        "the margin secures stands.",
        tag="Deposits",
        scope=Scope.AGREEMENTS_WRITE,
        request=wire.NewDeduction,
        request_example={"amount": example_money("600000.00"), "to": EXAMPLE_PAYEE},
        response=wire.DepositChange,
        example=examples.change("deducted", freeze=examples.FREEZE_ID),
        errors=(
            *ASKED,
            *AMOUNTS,
            *MOVING,
            products.InvalidDeposit,
            products.WrongDepositForm,
            products.FreezeNotFound,
            products.FreezeLifted,
            products.ObligationStands,
            products.DepositFrozen,
            products.MoreThanDeposited,
        ),
        idempotency_key=True,
    ),
)
async def deduct_margin(request: AnyRequest, deposit_id: FromPath[str], freeze_id: FromPath[str]) -> ASGIApp:
    """Deduct what is frozen of a margin."""
    freeze = read_uuid(freeze_id)

    async def work(
        tx: Transaction, said: wire.NewDeduction, deposit: products.Deposit, by: str
    ) -> products.DepositChange:
        asked = products.Deduction(
            id=said.id or uuid7(),
            deposit=deposit.id,
            freeze=freeze,
            amount=conversions.minor(said.amount, deposit.currency),
            to=read_account(said.to),
        )
        return await products.deduct(tx, asked, by=by)

    return await ask(request, deposit_id, _DEDUCTION, work)


@post(
    "/v1/deposits/{deposit_id:str}/obligation",
    opt=describe(
        id="change_obligation",
        summary="Say what stands of an obligation",
        description="What a margin secures becomes less until it is discharged; then it may be released.",
        tag="Deposits",
        scope=Scope.AGREEMENTS_WRITE,
        request=wire.ObligationChange,
        request_example={"obliged": example_money("0.00")},
        response=wire.DepositChange,
        example=examples.change("obligation_changed", before=1_000_000_000, after=0),
        errors=(*ASKED, *AMOUNTS, products.InvalidDeposit, products.WrongDepositForm),
        idempotency_key=True,
    ),
)
async def change_obligation(request: AnyRequest, deposit_id: FromPath[str]) -> ASGIApp:
    """Say what stands of an obligation."""

    async def work(
        tx: Transaction, said: wire.ObligationChange, deposit: products.Deposit, by: str
    ) -> products.DepositChange:
        asked = products.ObligationChange(
            id=said.id or uuid7(),
            deposit=deposit.id,
            obliged=conversions.minor(said.obliged, deposit.currency),
        )
        return await products.change_obligation(tx, asked, by=by)

    return await ask(request, deposit_id, _OBLIGATION, work)


HANDLERS = [freeze_deposit, list_freezes, lift_freeze, deduct_margin, change_obligation]
