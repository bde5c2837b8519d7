"""Checking mandates: do these persons, signing together, bind the customer in this?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

import msgspec

from sycee.database import Transaction, UuidArray
from sycee.kernel.money import Amount
from sycee.parties.contacts import posts_on
from sycee.parties.customers import customers_on
from sycee.parties.errors import (
    CustomerNotFound,
    InvalidMandate,
    MandateExceeded,
    MandateMissing,
    SignaturesMissing,
    SignerNotMandated,
)
from sycee.parties.mandates import Mandate, mandates_of
from sycee.parties.signing import Rule, chosen, in_words, lacking

MOST_SIGNERS = 20

Posts = Mapping[tuple[UUID, str], set[UUID]]


class Signing(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be signed: an operation for a customer, with its amount if it has one, and by whom."""

    customer: UUID
    operation: str
    signers: tuple[UUID, ...]
    amount: Amount | None = None


class MandateDecision(msgspec.Struct, frozen=True, kw_only=True):
    """Why it is signed well: the mandate, the line of signatures that was met, and who met it."""

    mandate: UUID
    reference: str
    operation: str
    signatures: str
    signers: tuple[UUID, ...]
    up_to: Amount | None


async def check_mandate(
    tx: Transaction,
    customer: UUID,
    operation: str,
    amount: int | None,
    currency: str | None,
    signers: Iterable[UUID],
    on: date,
) -> MandateDecision:
    """Whether ``signers`` together may do ``operation`` for a customer on a date; ``amount`` in minor units.

    The customer's row is held until the transaction ends, so nobody revokes the mandate meanwhile.

    Raises CustomerNotFound; MandateMissing when nobody may do that for the customer, SignerNotMandated when
    none of these may, MandateExceeded when their limit is lower, SignaturesMissing when too few signed.
    """
    known = Amount(amount, currency) if amount is not None and currency is not None else None
    if (amount is None) is not (currency is None) or (amount is not None and amount < 0):
        raise InvalidMandate("an amount is positive and has a currency")
    signing = Signing(customer=customer, operation=operation, signers=tuple(signers), amount=known)
    return (await check_mandates(tx, [signing], on))[0]


async def check_mandates(tx: Transaction, signings: Sequence[Signing], on: date) -> list[MandateDecision]:
    """As ``check_mandate`` for a list, in five statements whatever its length; raises the first refusal."""
    customers = sorted({signing.customer for signing in signings})
    await tx.execute(
        "SELECT FROM customers WHERE id = ANY(%s::uuid[]) ORDER BY id FOR SHARE", (UuidArray(customers),)
    )
    given: dict[UUID, list[Mandate]] = defaultdict(list)
    for mandate in await mandates_of(tx, customers, on):
        given[mandate.customer].append(mandate)
    posts = await posts_on(tx, customers, on)
    names = {id: found.name for id, found in (await customers_on(tx, customers)).items()}
    for id in customers:
        if id not in names:
            raise CustomerNotFound(f"there is no customer {id}")
    return [
        decide(signing, given[signing.customer], posts, names[signing.customer], on) for signing in signings
    ]


def decide(
    signing: Signing, mandates: Iterable[Mandate], posts: Posts, name: str, on: date
) -> MandateDecision:
    """The decision on one signing, from the mandates that hold on the date and who holds which post."""
    if len(signing.signers) > MOST_SIGNERS:
        raise InvalidMandate(f"{len(signing.signers)} signers are named; at most {MOST_SIGNERS} are")
    signers = dict.fromkeys(signing.signers)
    covering = [
        (mandate, rule, groups_of(mandate, posts, signers))
        for mandate in mandates
        for rule in mandate.rules
        if rule.covers(signing.operation)
    ]
    if not covering:
        raise MandateMissing(f"nobody may {signing.operation[:60]} for {name} on {on}")
    for mandate, rule, groups in covering:
        if rule.allows(signing.amount):
            for line in rule.signatures:
                used = chosen(line, groups)
                if used is not None:
                    return _decision(signing, mandate, rule, line, used)
    raise _refusal(signing, covering, name, on)


def groups_of(mandate: Mandate, posts: Posts, signers: Iterable[UUID]) -> dict[UUID, set[str]]:
    """The groups of a mandate that each signer is in, by name or by post; those in none are left out."""
    groups: dict[UUID, set[str]] = {signer: set() for signer in signers}
    for signatory in mandate.signatories:
        holders = (
            {signatory.person}
            if signatory.person is not None
            else posts.get((mandate.customer, signatory.post or ""), set())
        )
        for signer in holders & groups.keys():
            groups[signer].add(signatory.group)
    return {signer: own for signer, own in groups.items() if own}


def _decision(
    signing: Signing, mandate: Mandate, rule: Rule, line: str, used: tuple[UUID, ...]
) -> MandateDecision:
    return MandateDecision(
        mandate=mandate.id,
        reference=mandate.reference,
        operation=signing.operation,
        signatures=line,
        signers=used,
        up_to=Amount(rule.up_to, rule.currency) if rule.up_to is not None and rule.currency else None,
    )


def _refusal(
    signing: Signing, covering: Sequence[tuple[Mandate, Rule, dict[UUID, set[str]]]], name: str, on: date
) -> Exception:
    """What to tell those who signed: the nearest thing to being right."""
    what = f"{signing.operation} for {name} on {on}"
    mandated = [(rule, groups) for _, rule, groups in covering if groups]
    if not mandated:
        return SignerNotMandated(f"none of the signers may {what}")
    within = [(rule, groups) for rule, groups in mandated if rule.allows(signing.amount)]
    if within:
        rule, groups = min(within, key=lambda one: min(lacking(line, one[1]) for line in one[0].signatures))
        missing = min(lacking(line, groups) for line in rule.signatures)
        return SignaturesMissing(
            f"{in_words(rule.signatures)} must sign together to {what}; {missing} more must sign",
            signatures=list(rule.signatures),
            missing=missing,
        )
    assert signing.amount is not None
    limits = [
        Amount(rule.up_to, rule.currency)
        for rule, _ in mandated
        if rule.up_to is not None and rule.currency == signing.amount.currency
    ]
    if not limits:
        return MandateExceeded(f"these signers hold no mandate in {signing.amount.currency} to {what}")
    highest = max(limits, key=lambda limit: limit.minor)
    return MandateExceeded(f"{signing.amount} is above {highest}, up to which these signers may {what}")
