"""One-click signing: a list of signings, each all or nothing, in one transaction.

First everything is looked up and judged, set-wise: what was signed before, who the customers are and
whether they may sign, what the packages are today, which basic accounts exist. A signing that a rule
refuses drops out here, with nothing written. Then what is left is written, again set-wise: a list of a
hundred takes as many statements as a list of one. A preview is the same without the writing.

Two signings at the same time cannot both win what only one can have: the id of an agreement, and a
customer's one basic account, are claimed by unique keys before anything else is written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from sycee.components import Registry
from sycee.database import Transaction
from sycee.kernel.errors import SyceeError
from sycee.kernel.ids import uuid7
from sycee.products.agreements import basic_accounts, writing
from sycee.products.agreements.account_classes import check_beside, holdings_of
from sycee.products.agreements.background import with_background
from sycee.products.agreements.composing import compose_contract
from sycee.products.agreements.current import current_offers
from sycee.products.agreements.customers import Standing, standings
from sycee.products.agreements.eligibility import check_eligible
from sycee.products.agreements.errors import (
    AgreementIdReused,
    BasicAccountExists,
    PackageChanged,
    SigningDateNotCurrent,
    TooManyAgreements,
)
from sycee.products.agreements.offers import Offer, Offers
from sycee.products.agreements.rates import Rates, rates_of_day
from sycee.products.agreements.records import MAX_SIGNINGS, Signed, SignRequest
from sycee.products.agreements.writing import Writing
from sycee.products.contracts import Contract, read_contract


class Case(msgspec.Struct, kw_only=True):
    """A signing on its way: what is known of it so far, and what became of it once that is known."""

    request: SignRequest
    fingerprint: bytes
    standing: Standing | None = None
    on: date | None = None
    offer: Offer | None = None
    outcome: Signed | None = None
    error: SyceeError | None = None

    def refuse(self, error: SyceeError) -> None:
        """It ends here, with the rule that refused it."""
        self.error = error
        self.outcome = Signed(
            id=self.request.id,
            status="rejected",
            code=error.code,
            detail=error.detail,
            facts={"title": error.title(), "status": error.status, **error.facts},
        )


def fingerprint(request: SignRequest) -> bytes:
    """What makes two signings the same: all of the content but the id."""
    content = [
        request.customer,
        request.package,
        request.choices,
        request.signers,
        request.basic_elsewhere,
        request.on,
    ]
    return hashlib.sha256(msgspec.json.encode(content, order="deterministic")).digest()


async def sign(
    tx: Transaction,
    requests: Sequence[SignRequest],
    *,
    by: str,
    dry_run: bool = False,
    registry: Registry | None = None,
) -> list[Signed]:
    """Sign a list; an outcome for each comes back, in order. ``by`` is the principal who asks.

    An outcome is ``signed`` (``preview`` when ``dry_run``), ``duplicate`` with the first contract, or
    ``rejected`` with the code of the rule: an id used for something else, a customer that is unknown, not
    active or without valid due diligence, a mandate that is missing, a package, item, choice or date that
    does not hold, a second basic account. ``registry`` defaults to what is released.
    Raises TooManyAgreements.
    """
    cases = await carry_out(tx, requests, by=by, dry_run=dry_run, registry=registry)
    return [case.outcome for case in cases if case.outcome is not None]


async def carry_out(
    tx: Transaction,
    requests: Sequence[SignRequest],
    *,
    by: str,
    dry_run: bool = False,
    registry: Registry | None = None,
) -> list[Case]:
    """As ``sign``, with all that was looked up on the way; every case has its outcome."""
    if len(requests) > MAX_SIGNINGS:
        raise TooManyAgreements(
            f"{len(requests)} agreements are sent; at most {MAX_SIGNINGS} are taken at once",
            limit=MAX_SIGNINGS,
        )
    cases = [Case(request=request, fingerprint=fingerprint(request)) for request in requests]
    await _find_duplicates(tx, cases)
    await _look_up_customers(tx, cases)
    offers = Offers(registry) if registry is not None else await current_offers(tx)
    _make_offers(_open(cases), offers)
    await _judge_products(tx, _open(cases))
    rates = await _rates(tx, _open(cases))
    if dry_run:
        for case in _open(cases):
            contract = _contract(offers.registry, case, rates, {}, preview=True)
            case.outcome = Signed(id=case.request.id, status="preview", contract=contract)
    else:
        await _write(tx, offers.registry, cases, rates, by)
    _answer_repeats(cases)
    return cases


def _open(cases: Sequence[Case]) -> list[Case]:
    """The cases that nothing has ended yet; of the same id, the first."""
    first: dict[UUID, Case] = {}
    for case in cases:
        first.setdefault(case.request.id, case)
    return [case for case in first.values() if case.outcome is None]


async def _find_duplicates(tx: Transaction, cases: Sequence[Case]) -> None:
    """What was signed before is answered with its first contract, or refused when it was something else."""
    waiting = [case for case in cases if case.outcome is None]
    if not waiting:
        return
    cursor = await tx.execute(
        """
        SELECT a.id, a.fingerprint, c.document
        FROM agreements a JOIN contracts c ON c.cell = a.cell AND c.agreement = a.id AND c.revision = 1
        WHERE a.id = ANY(%s)
        """,
        ([case.request.id for case in waiting],),
    )
    known = {row[0]: row[1:] for row in await cursor.fetchall()}
    for case in waiting:
        if case.request.id in known:
            _answer_again(case, *known[case.request.id])


def _answer_again(case: Case, first: bytes, document: str | Contract | None) -> None:
    if bytes(first) != case.fingerprint:
        case.refuse(AgreementIdReused(f"{case.request.id} was signed before, with other content"))
        return
    contract = read_contract(document) if isinstance(document, str) else document
    case.outcome = Signed(id=case.request.id, status="duplicate", contract=contract)


def _answer_repeats(cases: Sequence[Case]) -> None:
    """An id that came twice in one list: the second is answered as if it had come later."""
    first = {case.request.id: case for case in cases if case.outcome is not None}
    for case in cases:
        if case.outcome is not None:
            continue
        before = first[case.request.id]
        assert before.outcome is not None
        if before.outcome.status == "signed":
            _answer_again(case, before.fingerprint, before.outcome.contract)
        elif before.fingerprint == case.fingerprint:
            case.outcome = before.outcome
        else:
            case.refuse(AgreementIdReused(f"{case.request.id} stands in the list twice, with other content"))


async def _look_up_customers(tx: Transaction, cases: Sequence[Case]) -> None:
    """Who signs, on which date, and whether they may. A refusal is that customer's alone."""
    waiting = _open(cases)
    found = await standings(tx, [(case.request.customer, case.request.signers) for case in waiting])
    for case, standing in zip(waiting, found, strict=True):
        if isinstance(standing, SyceeError):
            case.refuse(standing)
        elif case.request.on not in (None, standing.business_date):
            case.refuse(
                SigningDateNotCurrent(
                    f"cell {standing.cell} is at {standing.business_date}; the agreement is priced for"
                    f" {case.request.on}"
                )
            )
        else:
            case.standing, case.on = standing, standing.business_date


def _make_offers(cases: Sequence[Case], offers: Offers) -> None:
    for case in cases:
        assert case.on is not None
        try:
            case.offer = offers.offer(case.request.package, case.on, case.request.choices)
        except SyceeError as error:
            case.refuse(error)
        else:
            priced, sold = case.request.package_version, case.offer.version
            if priced not in (None, sold):
                detail = (
                    f"{case.offer.package} was priced as of {priced}, and is sold as of {sold}: sign it anew"
                )
                case.refuse(PackageChanged(detail))


async def _judge_products(tx: Transaction, cases: Sequence[Case]) -> None:
    """Whether the products are for this customer, and what classes of accounts allow beside the others."""
    holdings = await holdings_of(tx, [case.request.customer for case in cases])
    second = []
    for case in cases:
        assert case.offer is not None
        held = holdings.setdefault(case.request.customer, {})
        products = [(item.key, item.product) for item in case.offer.items]
        assert case.standing is not None
        assert case.on is not None
        try:
            asked = [product for _, product in products]
            standing = case.standing
            applicant = await with_background(tx, standing.applicant, standing.customer, asked, case.on)
            check_eligible(products, applicant, case.on)
            check_beside(products, held, case.request.basic_elsewhere)
        except BasicAccountExists:
            second.append(case)
        except SyceeError as error:
            case.refuse(error)
        else:
            for item in case.offer.items:
                if item.account_class is not None:
                    same = (item.account_class, item.purpose)
                    held[same] = held.get(same, 0) + 1
    await _refuse_second_basic(tx, second)


async def _refuse_second_basic(tx: Transaction, cases: Sequence[Case]) -> None:
    """Refuse, unless the basic account is that of this very agreement, signed a moment ago."""
    if not cases:
        return
    await _find_duplicates(tx, cases)
    taken = await basic_accounts.existing(tx, [case.request.customer for case in cases])
    for case in cases:
        if case.outcome is None:
            customer = case.request.customer
            account = taken.get(customer)
            where = f": {account}" if account is not None else ", elsewhere or in this signing already"
            case.refuse(BasicAccountExists(f"customer {customer} has a basic account{where}"))


async def _rates(tx: Transaction, cases: Sequence[Case]) -> Rates:
    wanted = {
        (tier.rate_key, case.on)
        for case in cases
        if case.offer is not None and case.on is not None
        for item in case.offer.items
        if item.terms is not None
        for tier in (*item.terms.tiers, item.terms.overdraft)
        if tier is not None and tier.rate_key is not None
    }
    return await rates_of_day(tx, wanted)


def _contract(
    components: Registry, case: Case, rates: Rates, accounts: Mapping[str, int], *, preview: bool = False
) -> Contract:
    assert case.standing is not None
    assert case.offer is not None
    assert case.on is not None
    return compose_contract(
        components,
        case.request.id,
        case.offer,
        case.standing.customer,
        case.standing.signers,
        rates,
        accounts,
        signed_on=case.on,
        made_on=case.on,
        basic_elsewhere=case.request.basic_elsewhere,
        kind="preview" if preview else "contract",
    )


async def _write(tx: Transaction, components: Registry, cases: Sequence[Case], rates: Rates, by: str) -> None:
    """Claim, then write. Whoever loses a claim has written nothing."""
    await _claim_basic_accounts(tx, _open(cases))
    writings = await _insert_agreements(tx, _open(cases), by)
    if not writings:
        return
    numbers = await writing.open_accounts(tx, list(writings.values()))
    contracts = []
    for case in _open(cases):
        made = writings[case.request.id]
        contract = _contract(components, case, rates, numbers[made.id])
        contracts.append((made.cell, contract))
        case.outcome = Signed(id=made.id, status="signed", contract=contract)
    await writing.write_arrangements(tx, list(writings.values()), numbers)
    await writing.insert_contracts(tx, contracts)
    await writing.start_interest(tx, list(writings.values()), numbers)


async def _claim_basic_accounts(tx: Transaction, cases: Sequence[Case]) -> None:
    opening = [case for case in cases if case.offer is not None and case.offer.opens_basic]
    claims = [
        (case.standing.cell, case.request.customer, case.request.id)
        for case in opening
        if case.standing is not None
    ]
    won = await basic_accounts.claim(tx, claims)
    await _refuse_second_basic(tx, [case for case in opening if case.request.customer not in won])


async def _insert_agreements(tx: Transaction, cases: Sequence[Case], by: str) -> dict[UUID, Writing]:
    """The agreements that are ours; an id that somebody else signed under meanwhile is answered as theirs."""
    writings = {}
    for case in cases:
        assert case.standing is not None
        assert case.offer is not None
        assert case.on is not None
        writings[case.request.id] = Writing(
            request=case.request,
            offer=case.offer,
            fingerprint=case.fingerprint,
            cell=case.standing.cell,
            country=case.standing.customer.country,
            on=case.on,
            by=by,
            arrangements={item.key: uuid7() for item in case.offer.items},
        )
    inserted = await writing.insert_agreements(tx, list(writings.values()))
    lost = [case for case in cases if case.request.id not in inserted]
    if lost:
        await basic_accounts.give_up(tx, [case.request.id for case in lost])
        await _find_duplicates(tx, lost)
    return {id: made for id, made in writings.items() if id in inserted}


def as_data(signed: Signed) -> dict[str, Any]:
    """An outcome as JSON-like values."""
    found: dict[str, Any] = msgspec.to_builtins(signed)
    return found
