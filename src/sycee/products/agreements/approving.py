"""Signing as a command that may wait for approval: ``agreements.sign``, one request an agreement.

The request has the agreement's id, and its payload is the signing with the version of the package that it
was priced for. Who may sign, what the customer is eligible for and what the package is are judged again when
it is carried out: what no longer holds has failed then, and says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from uuid import UUID

import msgspec
from msgspec.structs import replace

from sycee.approvals import (
    Actor,
    Approval,
    ApprovalEnded,
    ApprovalState,
    Facts,
    NewApproval,
    Stage,
    get_approvals,
    register_command,
    request_approvals,
)
from sycee.components import Registry
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.parties import branches_of
from sycee.products.agreements.current import current_offers
from sycee.products.agreements.errors import AgreementIdReused
from sycee.products.agreements.reading import contract
from sycee.products.agreements.records import MAX_SIGNINGS, Signed, SignRequest
from sycee.products.agreements.signing import Case, carry_out, fingerprint
from sycee.products.agreements.summaries import customer_line, package_line, signers_line, signing_lines

SIGN_AGREEMENT = "agreements.sign"
"""The name of the command."""

ANOTHER_OF_THE_BANK = (Stage(who="bank:approvals:decide"),)
"""One other person of the bank, whosever the agreement is."""

_request = msgspec.json.Decoder(SignRequest)


async def ask_to_sign(
    tx: Transaction, requests: Sequence[SignRequest], *, by: Actor, registry: Registry | None = None
) -> list[Signed]:
    """Ask for signings that others may have to agree to; an outcome for each comes back, in order.

    Each waits by itself under its own id, and one that a rule refuses is ``rejected`` as by ``sign``. The
    same again is answered as it stands; what was turned down is asked for anew under another id. Raises
    TooManyAgreements, and what ``request_approvals`` raises.
    """
    cases = await carry_out(tx, requests, by=str(by.principal), dry_run=True, registry=registry)
    asked = {one.id: one for one in await get_approvals(tx, [one.id for one in requests])}
    new: dict[UUID, NewApproval] = {}
    for case in cases:
        assert case.outcome is not None
        if case.request.id in asked:
            _answer_asked(case, asked[case.request.id], by)
        elif case.outcome.status == "preview" and case.request.id not in new:
            new[case.request.id] = NewApproval(
                id=case.request.id, command=SIGN_AGREEMENT, payload=_payload(case)
            )
    found = {one.id: one for one in await request_approvals(tx, list(new.values()), by=by)} if new else {}
    return [await _answered(tx, case, found) for case in cases]


def _payload(case: Case) -> bytes:
    assert case.offer is not None
    return msgspec.json.encode(replace(case.request, package_version=case.offer.version))


def _answer_asked(case: Case, before: Approval, by: Actor) -> None:
    """What was asked for before is answered as it stands, to who asked."""
    same = before.command == SIGN_AGREEMENT and before.maker == by.principal
    if not same or fingerprint(_request.decode(before.payload)) != case.fingerprint:
        case.refuse(
            AgreementIdReused(f"{case.request.id} was asked for before, by somebody else or otherwise")
        )
    elif before.state is ApprovalState.WAITING:
        case.outcome = Signed(id=case.request.id, status="waiting")
    elif before.state is not ApprovalState.EXECUTED:
        why = f": {before.reason}" if before.reason else ""
        case.refuse(ApprovalEnded(f"it was asked for and {before.state}{why}; sign under another id"))


async def _answered(tx: Transaction, case: Case, found: dict[UUID, Approval]) -> Signed:
    assert case.outcome is not None
    if case.outcome.status != "preview":
        return case.outcome
    if found[case.request.id].state is ApprovalState.WAITING:
        return Signed(id=case.request.id, status="waiting")
    return Signed(id=case.request.id, status="signed", contract=await contract(tx, case.request.id))


async def _describe_many(tx: Transaction, payloads: Sequence[bytes]) -> list[Facts]:
    requests = [_request.decode(payload) for payload in payloads]
    cases = [case for some in _lists(requests) for case in await carry_out(tx, some, by="", dry_run=True)]
    for case in cases:
        _raise_if_refused(case)
    branches = await branches_of(tx, sorted({request.customer for request in requests}))
    components = (await current_offers(tx)).registry
    return [_facts(components, case, branches.get(case.request.customer)) for case in cases]


async def _describe(tx: Transaction, payload: bytes) -> Facts:
    return (await _describe_many(tx, [payload]))[0]


def _raise_if_refused(case: Case) -> None:
    if case.error is not None:
        raise case.error
    assert case.outcome is not None
    if case.outcome.status == "duplicate":
        raise AgreementIdReused(f"{case.request.id} is signed already")


def _facts(components: Registry, case: Case, branch: str | None) -> Facts:
    assert case.standing is not None
    assert case.offer is not None
    assert case.on is not None
    assert case.outcome is not None
    assert case.outcome.contract is not None
    customer, offer = case.standing.customer, case.offer
    definition = components.package(offer.package, case.on)
    return Facts(
        customer=customer.id,
        cell=customer.cell,
        products=tuple(dict.fromkeys(item.product.id for item in offer.items)),
        package=offer.package,
        things=(f"agreement:{case.request.id}", f"customer:{customer.id}"),
        lines=(
            customer_line(customer, branch),
            package_line(offer),
            *signing_lines(components, offer, case.outcome.contract, case.on, definition),
            signers_line(case.standing.signers),
        ),
    )


async def _execute(tx: Transaction, payload: bytes, approval: Approval) -> bytes:
    (case,) = await carry_out(tx, [_request.decode(payload)], by=str(approval.maker))
    return _result(case)


async def _execute_many(tx: Transaction, approvals: Sequence[Approval]) -> list[bytes]:
    """Many in few statements, those of one maker together; raises when one of them is refused."""
    results = []
    for maker, own in groupby(approvals, key=lambda one: one.maker):
        for some in _lists([_request.decode(one.payload) for one in own]):
            results += [_result(case) for case in await carry_out(tx, some, by=str(maker))]
    return results


def _lists(requests: Sequence[SignRequest]) -> Iterator[Sequence[SignRequest]]:
    for start in range(0, len(requests), MAX_SIGNINGS):
        yield requests[start : start + MAX_SIGNINGS]


def _result(case: Case) -> bytes:
    _raise_if_refused(case)
    assert case.outcome is not None
    assert case.outcome.contract is not None
    return msgspec.json.encode({"agreement": case.request.id, "contract": case.outcome.contract.digest()})


register_command(
    SIGN_AGREEMENT,
    execute=_execute,
    execute_many=_execute_many,
    describe=_describe,
    describe_many=_describe_many,
    title_en="Sign an agreement",
    title_zh="签约",
    maker=Scope.AGREEMENTS_WRITE,
    default=ANOTHER_OF_THE_BANK,
)
