"""Roles, who has been given which, and the branch of a customer.

An administrator of a customer gives and takes away the roles of its own people here, and sees no others.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath
from litestar.types import ASGIApp

from sycee import approvals, identity, parties
from sycee.api import role_examples as examples
from sycee.api.approval_shapes import ASKING
from sycee.api.asking import WAITS, waiting
from sycee.api.bodies import AnyRequest, decode_json, need_content_type, read_body, read_uuid
from sycee.api.conversions import money
from sycee.api.edge import answer, caller_of, customer_of, edge_of, transaction
from sycee.api.errors import InvalidIdentifier
from sycee.api.examples import CUSTOMER
from sycee.api.idempotency import Answer, once
from sycee.api.operations import JSON, describe
from sycee.api.schemas import roles as wire
from sycee.database import Transaction, as_bank
from sycee.identity import Scope
from sycee.kernel.ids import uuid7
from sycee.kernel.money import Amount, InvalidAmount, UnknownCurrency
from sycee.parties import CustomerNotFound

TAG = "Roles"
_NEW_ROLE = msgspec.json.Decoder(wire.NewRole)
_NEW_GRANT = msgspec.json.Decoder(wire.NewGrant)
_REVOCATION = msgspec.json.Decoder(wire.Revocation)
_BRANCH = msgspec.json.Decoder(wire.BranchChange)
_PRINCIPAL = (identity.PrincipalNotFound, InvalidIdentifier)


@get(
    "/v1/roles",
    opt=describe(
        id="list_roles",
        summary="List roles",
        description="Every role with its title in both languages and what it allows. People of a customer "
        "see those that are for them.",
        tag=TAG,
        scope=Scope.IDENTITY_READ,
        customers=True,
        response=wire.Roles,
        example={"roles": [examples.ROLE]},
    ),
)
async def list_roles(request: AnyRequest) -> ASGIApp:
    """List roles."""
    async with transaction(request) as tx, as_bank(tx):
        found = await identity.list_roles(tx)
    if customer_of(request) is not None:
        found = [one for one in found if one.audience is identity.Audience.CUSTOMER]
    return answer(wire.Roles(roles=[_role(one) for one in found]))


@post(
    "/v1/roles",
    opt=describe(
        id="define_role",
        summary="Define a role",
        description="Makes a role, or changes what one allows: that holds at once for all who have it. "
        "A role for people of customers allows only what they can do with their own things. What a person "
        "asks for waits for another (202).",
        tag=TAG,
        scope=Scope.IDENTITY_WRITE,
        command="identity.grants",
        request=wire.NewRole,
        request_example=examples.NEW_ROLE,
        response=wire.Role,
        example=examples.ROLE,
        others=WAITS,
        errors=(identity.InvalidRole, identity.UnknownScope, *ASKING),
        idempotency_key=True,
    ),
    status_code=200,
)
async def define_role(request: AnyRequest) -> ASGIApp:
    """Define a role."""
    body, said = await _read(request, _NEW_ROLE)
    wanted = identity.NewRole(
        id=said.id,
        audience=identity.Audience(said.audience),
        title=said.title,
        local_title=said.local_title,
        permissions=said.permissions,
    )

    async def work(tx: Transaction) -> Answer:
        caller = caller_of(request)
        if not caller.is_machine:
            act = approvals.RoleToDefine(role=wanted)
            return waiting(await approvals.ask_for_role(tx, act, by=caller, id=uuid7()))
        made = await identity.define_role(tx, wanted, by=caller.id)
        return Answer(body=msgspec.json.encode(_role(made)))

    done = await once(request, body, work)
    edge_of(request).authenticator.forget(None)
    return done


@get(
    "/v1/principals/{principal_id:str}/grants",
    opt=describe(
        id="list_grants",
        summary="See what a principal was given",
        description="Every role that was given, how far it reaches, from when to when, by whom and why; "
        "those that ended or were revoked too.",
        tag=TAG,
        scope=Scope.IDENTITY_READ,
        customers=True,
        response=wire.Grants,
        example={"grants": [examples.GRANT]},
        errors=_PRINCIPAL,
    ),
)
async def list_grants(request: AnyRequest, principal_id: FromPath[str]) -> ASGIApp:
    """See what a principal was given."""
    wanted = read_uuid(principal_id)
    async with transaction(request) as tx, as_bank(tx):
        await _own_principal(request, tx, wanted)
        found = await identity.grant_history(tx, wanted)
    return answer(wire.Grants(grants=[_grant(one) for one in found]))


@post(
    "/v1/principals/{principal_id:str}/grants",
    opt=describe(
        id="give_role",
        summary="Give a role",
        description="Gives a role to a person, from an instant to another, limited to a customer, cell, "
        "branch, product or amount. Nobody gives one to himself or herself. What a person asks for, and all "
        "that a customer's own ask for, waits for another (202).",
        tag=TAG,
        scope=Scope.IDENTITY_WRITE,
        command="identity.grants",
        customers=True,
        request=wire.NewGrant,
        request_example=examples.NEW_GRANT,
        response=wire.Grant,
        status=201,
        example=examples.GRANT,
        others=WAITS,
        errors=(
            *_PRINCIPAL,
            *ASKING,
            identity.RoleNotFound,
            identity.InvalidGrant,
            identity.OwnGrant,
            InvalidAmount,
            UnknownCurrency,
        ),
        idempotency_key=True,
    ),
)
async def give_role(request: AnyRequest, principal_id: FromPath[str]) -> ASGIApp:
    """Give a role."""
    wanted = read_uuid(principal_id)
    body, said = await _read(request, _NEW_GRANT)
    new = identity.NewGrant(
        principal=wanted,
        role=said.role,
        valid_from=said.valid_from,
        valid_until=said.valid_until,
        customer=said.customer,
        cell=said.cell,
        branch=said.branch,
        product=said.product,
        amount=None if said.amount is None else Amount.parse(said.amount.value, said.amount.currency),
    )

    async def work(tx: Transaction) -> Answer:
        caller = caller_of(request)
        async with as_bank(tx):
            await _own_principal(request, tx, wanted)
        if caller.customer is not None or not caller.is_machine:
            act = approvals.RoleToGive(grant=new, reason=said.reason)
            return waiting(await approvals.ask_for_role(tx, act, by=caller, id=uuid7()))
        async with as_bank(tx):
            made = await identity.grant_role(tx, new, by=caller.id, reason=said.reason)
        return Answer(body=msgspec.json.encode(_grant(made)), status=201)

    done = await once(request, body, work)
    edge_of(request).authenticator.forget(wanted)
    return done


@post(
    "/v1/grants/{grant_id:str}/revoke",
    opt=describe(
        id="revoke_grant",
        summary="Take a role away",
        description="From this instant on it allows nothing more, on what is waiting neither. Again is "
        "harmless.",
        tag=TAG,
        scope=Scope.IDENTITY_WRITE,
        customers=True,
        request=wire.Revocation,
        request_example={"reason": "Moved to another post"},
        response=wire.Grant,
        example=examples.REVOKED,
        errors=(identity.GrantNotFound, identity.InvalidGrant, InvalidIdentifier),
        idempotency_key=True,
    ),
    status_code=200,
)
async def revoke_grant(request: AnyRequest, grant_id: FromPath[str]) -> ASGIApp:
    """Take a role away."""
    wanted = read_uuid(grant_id)
    body, said = await _read(request, _REVOCATION)
    whose: list[UUID] = []

    async def work(tx: Transaction) -> Answer:
        async with as_bank(tx):
            try:
                await _own_principal(request, tx, (await identity.get_grant(tx, wanted)).principal)
            except identity.PrincipalNotFound:
                raise identity.GrantNotFound(f"there is no grant {wanted}") from None
            gone = await identity.revoke_grant(tx, wanted, by=caller_of(request).id, reason=said.reason)
        whose.append(gone.principal)
        return Answer(body=msgspec.json.encode(_grant(gone)))

    done = await once(request, body, work)
    for principal in whose:
        edge_of(request).authenticator.forget(principal)
    return done


@get(
    "/v1/customers/{customer_id:str}/branch",
    opt=describe(
        id="get_branch",
        summary="See the branch of a customer",
        description="The branch that keeps the relation with the customer, which the roles of staff may be "
        "limited to.",
        tag=TAG,
        scope=Scope.CUSTOMERS_READ,
        response=wire.CustomerBranch,
        example={"customer": CUSTOMER, "branch": "SH-PUDONG"},
        errors=(CustomerNotFound, InvalidIdentifier),
    ),
)
async def get_branch(request: AnyRequest, customer_id: FromPath[str]) -> ASGIApp:
    """See the branch of a customer."""
    wanted = read_uuid(customer_id)
    async with transaction(request) as tx:
        _, branch = await parties.place_of_customer(tx, wanted)
    return answer(wire.CustomerBranch(customer=wanted, branch=branch))


@post(
    "/v1/customers/{customer_id:str}/branch",
    opt=describe(
        id="set_branch",
        summary="Put a customer with a branch",
        description="From now on; what was and why stands among the customer's changes. What a person asks "
        "for waits for those whom the rules name (202).",
        tag=TAG,
        command="customers.branch",
        scope=Scope.CUSTOMERS_WRITE,
        request=wire.BranchChange,
        request_example={"branch": "SH-PUDONG", "reason": "Moved its offices"},
        response=wire.CustomerBranch,
        example={"customer": CUSTOMER, "branch": "SH-PUDONG"},
        others=WAITS,
        errors=(CustomerNotFound, InvalidIdentifier, parties.InvalidCustomer, *ASKING),
        idempotency_key=True,
    ),
    status_code=200,
)
async def set_branch(request: AnyRequest, customer_id: FromPath[str]) -> ASGIApp:
    """Put a customer with a branch."""
    wanted = read_uuid(customer_id)
    body, said = await _read(request, _BRANCH)

    async def work(tx: Transaction) -> Answer:
        caller = caller_of(request)
        if caller.is_machine:
            await parties.set_branch(tx, wanted, said.branch, by=caller.id, reason=said.reason)
        else:
            move = parties.BranchToSet(customer=wanted, branch=said.branch, reason=said.reason)
            asked = await parties.ask_for_branch(tx, move, by=caller, id=uuid7())
            if asked.result is None:
                return waiting(asked)
        shown = wire.CustomerBranch(customer=wanted, branch=said.branch)
        return Answer(body=msgspec.json.encode(shown))

    return await once(request, body, work)


async def _read(request: AnyRequest, decoder: msgspec.json.Decoder[Any]) -> tuple[bytes, Any]:
    need_content_type(request, JSON)
    body = await read_body(request, edge_of(request).settings.max_body_bytes)
    return body, decode_json(body, decoder)


async def _own_principal(request: AnyRequest, tx: Transaction, wanted: UUID) -> None:
    """Refuse a customer's administrator who asks for somebody else's people. Raises PrincipalNotFound."""
    found = await identity.get_principal(tx, wanted)
    customer = customer_of(request)
    if customer is not None and found.customer != customer:
        raise identity.PrincipalNotFound(f"there is no principal {wanted}")


def _role(role: identity.Role) -> wire.Role:
    return wire.Role(
        id=role.id,
        audience=role.audience.value,
        title=role.title,
        local_title=role.local_title,
        permissions=sorted(role.permissions),
        created_at=role.created_at,
        created_by=role.created_by,
        changed_at=role.changed_at,
        changed_by=role.changed_by,
    )


def _grant(grant: identity.Grant) -> wire.Grant:
    return wire.Grant(
        id=grant.id,
        principal=grant.principal,
        role=grant.role,
        permissions=sorted(grant.permissions),
        valid_from=grant.valid_from,
        valid_until=grant.valid_until,
        customer=grant.customer,
        cell=grant.cell,
        branch=grant.branch,
        product=grant.product,
        amount=None if grant.amount is None else money(grant.amount.minor, grant.amount.currency),
        reason=grant.reason,
        granted_at=grant.granted_at,
        granted_by=grant.granted_by,
        revoked_at=grant.revoked_at,
        revoked_by=grant.revoked_by,
        revoke_reason=grant.revoke_reason,
    )


HANDLERS = [list_roles, define_role, list_grants, give_role, revoke_grant, get_branch, set_branch]
