"""Between agreements on the wire and agreements of the bank."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping, Sequence

import msgspec

from sycee import products
from sycee.api.bodies import sane_date
from sycee.api.conversions import money
from sycee.api.schemas import agreements as wire


def choices(given: Mapping[str, wire.ItemChoice]) -> dict[str, products.ItemChoice]:
    """Choices of a body. Raises DateOutOfRange."""
    for choice in given.values():
        sane_date(choice.ends_on, "ends_on")
    return {key: msgspec.convert(msgspec.to_builtins(one), products.ItemChoice) for key, one in given.items()}


def sign_request(given: wire.NewAgreement) -> products.SignRequest:
    """A signing of a body. Raises DateOutOfRange."""
    sane_date(given.on, "on")
    return products.SignRequest(
        id=given.id,
        customer=given.customer,
        package=given.package,
        choices=choices(given.choices),
        signers=tuple(given.signers),
        basic_elsewhere=given.basic_elsewhere,
        on=given.on,
    )


async def outcomes(signed: Sequence[products.Signed], *, pdf: bool) -> wire.SigningOutcomes:
    """Outcomes as they are answered; their PDF documents are drawn beside the event loop."""
    return wire.SigningOutcomes(outcomes=[await _outcome(one, pdf=pdf) for one in signed])


async def _outcome(signed: products.Signed, *, pdf: bool) -> wire.SigningOutcome:
    drawn = None
    if pdf and signed.contract is not None:
        drawn = await asyncio.to_thread(products.contract_pdf, signed.contract)
    return wire.SigningOutcome(
        id=signed.id,
        status=signed.status,
        approval=signed.id if signed.status == "waiting" else None,
        code=signed.code,
        detail=signed.detail,
        item=signed.facts.get("item"),
        contract=signed.contract,
        digest=None if signed.contract is None else signed.contract.digest(),
        pdf=None if drawn is None else base64.b64encode(drawn).decode(),
    )


def agreement(found: products.Agreement) -> wire.Agreement:
    """An agreement as it is answered."""
    return wire.Agreement(
        id=found.id,
        cell=found.cell,
        customer=found.customer,
        package=found.package,
        package_version=found.package_version,
        state=found.state,
        signed_on=found.signed_on,
        signed_at=found.signed_at,
        signed_by=found.signed_by,
        signers=list(found.signers),
        choices={
            key: msgspec.convert(msgspec.to_builtins(one), wire.ItemChoice)
            for key, one in found.choices.items()
        },
        revision=found.revision,
        ended_on=found.ended_on,
        arrangements=[_arrangement(one) for one in found.arrangements],
    )


def _number(account: int | None) -> str | None:
    return None if account is None else str(account)


def _arrangement(found: products.Arrangement) -> wire.Arrangement:
    form = found.product.get("form")
    return wire.Arrangement(
        id=found.id,
        key=found.key,
        product=found.product.id,
        product_version=found.product.version,
        title={"en": found.product.title.en, "zh": found.product.title.zh},
        form="" if form is None else form.form,
        currency=found.currency,
        account=_number(found.account),
        lies_over=found.lies_over,
        account_class=found.account_class,
        purpose=found.purpose,
        negotiated=found.product.negotiated,
        started_on=found.started_on,
        ends_on=found.ends_on,
        ended_on=found.ended_on,
    )


def ending(found: products.Ending) -> wire.EndedAgreement:
    """The end of an agreement as it is answered."""
    return wire.EndedAgreement(
        agreement=found.agreement,
        ended=[
            wire.EndedArrangement(
                key=one.key,
                id=one.arrangement,
                account=_number(one.account),
                moved_out=money(one.moved_out, one.currency),
                pay_to=_number(one.pay_to),
            )
            for one in found.ended
        ],
        contract=found.contract,
    )


def event(found: products.AgreementEvent) -> wire.AgreementEvent:
    """An event as it is answered."""
    return wire.AgreementEvent(**msgspec.structs.asdict(found))


def condition(found: products.ArrangementCondition) -> wire.ArrangementCondition:
    """A limit, channel or fee as it is answered."""
    return msgspec.convert(
        {
            **{name: value for name, value in msgspec.structs.asdict(found).items() if name != "arrangement"},
            "account": _number(found.account),
        },
        wire.ArrangementCondition,
    )


def package_customer(found: products.CustomerOnVersion) -> wire.PackageCustomer:
    """A customer on a version as it is answered."""
    return wire.PackageCustomer(
        customer=found.customer, agreement=found.agreement, version=found.version, signed_on=found.signed_on
    )


def move(found: products.Move) -> wire.AgreementMove:
    """A move as it is answered."""
    return msgspec.convert(msgspec.to_builtins(found), wire.AgreementMove)
