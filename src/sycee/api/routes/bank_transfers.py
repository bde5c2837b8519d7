"""Transfers of the bank's own money to other banks, which somebody else agrees to."""

from __future__ import annotations

import msgspec
from litestar import post
from litestar.types import ASGIApp

from sycee import approvals, payments
from sycee.api import approval_examples as examples
from sycee.api import approval_shapes, conversions
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body
from sycee.api.edge import answer, caller_of, edge_of, require, run
from sycee.api.operations import JSON, describe
from sycee.api.reach import Concern
from sycee.api.schemas import approvals as approval_wire
from sycee.api.schemas import bank_transfers as wire
from sycee.approvals import Approval
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.kernel.ids import InvalidAccountNumber
from sycee.kernel.money import Amount, InvalidAmount
from sycee.ledger import AccountNotFound

_NEW = msgspec.json.Decoder(wire.NewBankTransfer)


@post(
    "/v1/bank-transfers",
    opt=describe(
        id="ask_for_bank_transfer",
        summary="Transfer to another bank",
        description="Asks for a transfer of the bank's own money to another bank through HVPS (pacs.009). "
        "Somebody else has to agree (202, the request). From then on it is a payment like others, under its "
        "id: screened, held, sent, settled. The same again is answered with the same request.",
        tag="Payments",
        command="payments.bank_transfer",
        scope=Scope.PAYMENTS_OPERATE,
        request=wire.NewBankTransfer,
        request_example={
            "id": "0199a5c0-1c00-7000-8000-0000000000b7",
            "debit_account": "101000000000000013",
            "bank": "102100099996",
            "bank_name": "Industrial and Commercial Bank of China",
            "amount": {"currency": "CNY", "value": "50000000.00"},
            "remittance": "Liquidity",
        },
        concerns_body=True,
        response=approval_wire.Approval,
        status=202,
        example=examples.APPROVAL,
        errors=(
            payments.InvalidPayment,
            InvalidAmount,
            AccountNotFound,
            InvalidAccountNumber,
            approvals.ActorNotActive,
            approvals.MakerNotEntitled,
            approvals.NoRuleCovers,
            approvals.DutiesSegregated,
            approvals.ApprovalIdReused,
        ),
    ),
)
async def ask_for_bank_transfer(request: AnyRequest) -> ASGIApp:
    """Transfer to another bank."""
    need_content_type(request, JSON)
    wanted = decode_json(await read_body(request, edge_of(request).settings.max_body_bytes), _NEW)
    caller = caller_of(request)
    amount = conversions.read_amount(wanted.amount)
    transfer = payments.BankTransfer(
        id=wanted.id,
        debit_account=conversions.read_account(wanted.debit_account),
        bank=wanted.bank,
        bank_name=wanted.bank_name,
        amount=amount.minor,
        currency=amount.currency,
        end_to_end_id=wanted.end_to_end_id,
        remittance=wanted.remittance,
    )
    concern = Concern(account=transfer.debit_account, amount=Amount(amount.minor, amount.currency))
    await require(request, [concern])

    async def command(tx: Transaction) -> Approval:
        return await approvals.request_approval(
            tx,
            payments.BANK_TRANSFER,
            payments.bank_transfer(transfer),
            by=caller,
            id=payments.bank_transfer_approval_id(transfer.id, caller.principal),
        )

    return answer(approval_shapes.approval(await run(request, command)), status=202)


HANDLERS = [ask_for_bank_transfer]
