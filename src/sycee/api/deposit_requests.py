"""What all requests about a deposit have in common: how they are read, done once, and refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from litestar.types import ASGIApp

from sycee import parties, products
from sycee.api import deposit_conversions as conversions
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body, read_uuid
from sycee.api.conversions import AmountCurrencyMismatch
from sycee.api.edge import caller_of, edge_of, require
from sycee.api.errors import InvalidIdentifier
from sycee.api.idempotency import Answer, once
from sycee.api.operations import JSON
from sycee.api.reach import Concern
from sycee.database import Transaction
from sycee.kernel.ids import InvalidAccountNumber
from sycee.kernel.money import Amount, InvalidAmount, UnknownCurrency
from sycee.ledger import AccountNotFound

Body = TypeVar("Body", bound=msgspec.Struct)
Work = Callable[[Transaction, Any, products.Deposit, str], Awaitable[products.DepositChange]]

AMOUNTS = (InvalidAmount, UnknownCurrency, AmountCurrencyMismatch)
SIGNING = (
    parties.MandateMissing,
    parties.SignerNotMandated,
    parties.MandateExceeded,
    parties.SignaturesMissing,
    parties.InvalidMandate,
)
FITNESS = (
    parties.CustomerNotFound,
    parties.CustomerNotActive,
    parties.DueDiligenceMissing,
    parties.DueDiligenceFailed,
    parties.DueDiligenceExpired,
)
MOVING = (
    products.DepositMovementRefused,
    products.InterestNotSettled,
    products.RateNotFound,
    AccountNotFound,
    InvalidAccountNumber,
    products.NotOwnAccount,
)
ONE = (products.DepositNotFound, InvalidIdentifier)
ASKED = (*ONE, products.DepositIdReused, products.DepositClosed)
"""What can be wrong with whatever is asked of a deposit."""


async def read(request: AnyRequest, decoder: msgspec.json.Decoder[Body]) -> tuple[bytes, Body]:
    """The body of a request, as it came and as it is meant."""
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    return body, decode_json(body, decoder)


def answered(change: products.DepositChange, *, status: int = 200, preview: bool = False) -> Answer:
    """What became of a request, as it is stored for the idempotency key."""
    shown = conversions.change(change, preview=preview)
    return Answer(body=msgspec.json.encode(shown), status=200 if preview or change.repeated else status)


async def ask(
    request: AnyRequest, deposit_id: str, decoder: msgspec.json.Decoder[Any], work: Work
) -> ASGIApp:
    """Ask something of a deposit: the body is read, and the work done once."""
    wanted = read_uuid(deposit_id)
    body, said = await read(request, decoder)
    by = caller_of(request).id

    async def act(tx: Transaction) -> Answer:
        found = await products.get_deposit(tx, wanted)
        amount = getattr(said, "amount", None)
        if amount is not None:
            moved = Amount(conversions.minor(amount, found.currency), found.currency)
            concern = Concern(customer=found.customer, product=found.product.id, amount=moved)
            await require(request, [concern], tx)
        change = await work(tx, said, found, by)
        return answered(change, preview=getattr(said, "dry_run", False))

    return await once(request, body, act)
