"""Rules of approval: those in force, and changes of them that one asks for and another releases."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp
from msgspec import Meta

from sycee import approvals, parties
from sycee.api import approval_examples as examples
from sycee.api import approval_shapes as shapes
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body, read_query, read_uuid
from sycee.api.edge import answer, caller_of, edge_of, transaction
from sycee.api.errors import DateOutOfRange, InvalidIdentifier
from sycee.api.examples import CUSTOMER
from sycee.api.idempotency import Answer, once
from sycee.api.operations import JSON, describe
from sycee.api.schemas import approvals as wire
from sycee.api.schemas.common import Wire
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.kernel.clock import now
from sycee.kernel.ids import InvalidAccountNumber
from sycee.kernel.money import InvalidAmount, UnknownCurrency

_CHANGE = msgspec.json.Decoder(wire.ApprovalRuleChange)
_ERRORS = (
    approvals.InvalidRule,
    approvals.RuleNotFound,
    approvals.ForeignCustomer,
    approvals.ActorNotActive,
    approvals.MakerNotEntitled,
    approvals.DutiesSegregated,
    approvals.ApprovalIdReused,
    InvalidAmount,
    InvalidAccountNumber,
    UnknownCurrency,
    DateOutOfRange,
)


class RuleQuery(Wire):
    """Of which command."""

    command: Annotated[
        Annotated[str, Meta(max_length=100)] | None,
        Meta(description="Written for this command or beginning only."),
    ] = None


@get(
    "/v1/approval-rules",
    opt=describe(
        id="list_approval_rules",
        summary="List the bank's rules of approval",
        description="The bank's rules that are in force, and the duties that nobody may join on one thing.",
        tag="Approvals",
        scope=Scope.APPROVALS_READ,
        query=RuleQuery,
        response=wire.ApprovalRuleList,
        example={"rules": [examples.RULE], "segregations": [examples.SEGREGATION]},
    ),
)
async def list_approval_rules(request: AnyRequest) -> ASGIApp:
    """List the bank's rules of approval."""
    query = read_query(request, RuleQuery)
    async with transaction(request) as tx:
        rules = await approvals.rules_in_force(tx, now(), ())
        pairs = await approvals.segregations_in_force(tx, now())
    return answer(
        wire.ApprovalRuleList(
            rules=[shapes.rule(one) for one in rules if query.command in (None, one.command)],
            segregations=[shapes.segregation(one) for one in pairs],
        )
    )


@post(
    "/v1/approval-rules",
    opt=describe(
        id="propose_approval_rules",
        summary="Propose rules of approval",
        description="Asks for rules to be put in force and others to be ended. It is a request like any "
        "other: "
        "somebody else who keeps the rules says yes to it. A rule takes the place of the one with the same "
        "selectors and limit.",
        tag="Approvals",
        scope=Scope.APPROVALS_RULES,
        command="approvals.rules",
        request=wire.ApprovalRuleChange,
        request_example=examples.RULE_CHANGE,
        response=wire.Approval,
        status=201,
        example=examples.RULE_CHANGE_ASKED,
        errors=_ERRORS,
        idempotency_key=True,
    ),
)
async def propose_approval_rules(request: AnyRequest) -> ASGIApp:
    """Propose rules of approval."""
    return await _propose(request, None)


@get(
    "/v1/customers/{customer_id:str}/approval-rules",
    opt=describe(
        id="list_customer_approval_rules",
        summary="List a customer's own rules of approval",
        description="The rules that are in force for this customer alone; they go before the bank's.",
        tag="Approvals",
        scope=Scope.APPROVALS_READ,
        customers=True,
        response=wire.ApprovalRuleList,
        example={"rules": [{**examples.RULE, "customer": CUSTOMER}], "segregations": []},
        errors=(parties.CustomerNotFound, InvalidIdentifier),
    ),
)
async def list_customer_approval_rules(request: AnyRequest, customer_id: FromPath[str]) -> ASGIApp:
    """List a customer's own rules of approval."""
    customer = _own(request, customer_id)
    async with transaction(request) as tx:
        rules = await approvals.rules_in_force(tx, now(), [customer])
    shown = [shapes.rule(one) for one in rules if one.customer == customer]
    return answer(wire.ApprovalRuleList(rules=shown, segregations=[]))


@post(
    "/v1/customers/{customer_id:str}/approval-rules",
    opt=describe(
        id="propose_customer_approval_rules",
        summary="Propose a customer's own rules of approval",
        description="As for the bank's rules. Somebody else who keeps the rules, of the customer or of "
        "the bank, "
        "says yes to it.",
        tag="Approvals",
        scope=Scope.APPROVALS_RULES,
        command="approvals.rules",
        customers=True,
        request=wire.ApprovalRuleChange,
        request_example=examples.RULE_CHANGE,
        response=wire.Approval,
        status=201,
        example={**examples.RULE_CHANGE_ASKED, "customer": CUSTOMER},
        errors=(*_ERRORS, parties.CustomerNotFound, InvalidIdentifier),
        idempotency_key=True,
    ),
)
async def propose_customer_approval_rules(request: AnyRequest, customer_id: FromPath[str]) -> ASGIApp:
    """Propose a customer's own rules of approval."""
    return await _propose(request, _own(request, customer_id))


def _own(request: AnyRequest, customer_id: str) -> UUID:
    customer = read_uuid(customer_id)
    if caller_of(request).customer not in (None, customer):
        raise parties.CustomerNotFound(f"there is no customer {customer}")
    return customer


async def _propose(request: AnyRequest, customer: UUID | None) -> ASGIResponse:
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    wanted = decode_json(body, _CHANGE)
    payload = shapes.rule_change(wanted, customer)

    async def work(tx: Transaction) -> Answer:
        asked = await approvals.request_approval(
            tx, approvals.CHANGE_RULES, payload, by=caller_of(request), id=wanted.id
        )
        return Answer(body=msgspec.json.encode(shapes.approval(asked)), status=201)

    return await once(request, body, work)


HANDLERS = [
    list_approval_rules,
    propose_approval_rules,
    list_customer_approval_rules,
    propose_customer_approval_rules,
]
