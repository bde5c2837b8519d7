"""Giving somebody the say over a customer's money as a command that waits: ``customers.mandates``.

That is a mandate, or a post at the customer, since mandates name posts too. One person of the bank asks,
another agrees, whatever the rules say. Taking such authority away waits for nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias
from uuid import UUID

import msgspec

from sycee.approvals import Actor, Approval, Facts, Line, Stage, register_command, request_approval
from sycee.database import Transaction
from sycee.identity import Scope
from sycee.kernel.money import Amount
from sycee.parties.branches import branches_of
from sycee.parties.contacts import Contact, NewContact, add_contact
from sycee.parties.customers import get_customer
from sycee.parties.mandates import Mandate, NewMandate, give_mandates
from sycee.parties.persons import Person, get_persons
from sycee.parties.signing import Rule

GIVE_MANDATES = "customers.mandates"
"""The name of the command."""

_ANY = "–"


class MandatesToGive(msgspec.Struct, frozen=True, kw_only=True, tag="mandates"):
    """Mandates of one customer: see ``give_mandates``."""

    customer: UUID
    mandates: tuple[NewMandate, ...]
    reason: str


class PostToHold(msgspec.Struct, frozen=True, kw_only=True, tag="post"):
    """A post that a person is to hold: see ``add_contact``."""

    contact: NewContact
    reason: str

    @property
    def customer(self) -> UUID:
        """At whom."""
        return self.contact.customer


AuthorityToGive: TypeAlias = MandatesToGive | PostToHold
_act: msgspec.json.Decoder[AuthorityToGive] = msgspec.json.Decoder(AuthorityToGive)


async def ask_to_give(tx: Transaction, act: AuthorityToGive, *, by: Actor, id: UUID) -> Approval:
    """Ask for a mandate or a post, which always waits.

    Raises what giving it raises, and what ``request_approval`` raises.
    """
    return await request_approval(tx, GIVE_MANDATES, msgspec.json.encode(act), by=by, id=id)


async def _give(tx: Transaction, act: AuthorityToGive, by: str) -> list[Mandate] | Contact:
    if isinstance(act, MandatesToGive):
        return await give_mandates(tx, act.mandates, by=by, reason=act.reason)
    return await add_contact(tx, act.contact, by=by, reason=act.reason)


async def _describe(tx: Transaction, payload: bytes) -> Facts:
    act = _act.decode(payload)
    async with tx.transaction(force_rollback=True):  # what could never be given is refused at once
        given = await _give(tx, act, "")
    customer = await get_customer(tx, act.customer)
    branch = (await branches_of(tx, [customer.id])).get(customer.id)
    amount = _highest(given) if isinstance(given, list) else None
    return Facts(
        customer=customer.id,
        cell=customer.cell,
        amount=None if amount is None else amount.minor,
        currency=None if amount is None else amount.currency,
        things=(f"customer:{customer.id}", f"mandates:{customer.id}"),
        lines=(
            Line(
                f"Customer: {customer.name}{f', branch {branch}' if branch else ''}",
                f"客户：{customer.local_name or customer.name}{f'（{branch}）' if branch else ''}",
            ),
            *(await _lines(tx, given)),
            Line(f"Reason: {act.reason or _ANY}", f"原因：{act.reason or _ANY}"),
        ),
    )


def _highest(mandates: Sequence[Mandate]) -> Amount | None:
    """The largest amount that could be signed for; None where there is no limit, or in several currencies."""
    limits = [(rule.up_to, rule.currency) for mandate in mandates for rule in mandate.rules]
    known = [Amount(up_to, currency) for up_to, currency in limits if up_to is not None and currency]
    if len(known) < len(limits) or len({one.currency for one in known}) > 1:
        return None
    return max(known, key=lambda one: one.minor)


async def _lines(tx: Transaction, given: Sequence[Mandate] | Contact) -> list[Line]:
    if isinstance(given, Contact):
        person = (await get_persons(tx, [given.person]))[given.person]
        until = f" until {given.valid_to}" if given.valid_to else ""
        return [
            Line(
                f"{person.name} holds the post {given.post} from {given.valid_from}{until}",
                f"{person.local_name or person.name}自{given.valid_from}起任{given.post}"
                f"{f'，至{given.valid_to}' if given.valid_to else ''}",
            )
        ]
    ids = {one.person for mandate in given for one in mandate.signatories if one.person is not None}
    persons = await get_persons(tx, ids) if ids else {}
    return [line for mandate in given for line in _mandate_lines(mandate, persons)]


def _mandate_lines(mandate: Mandate, persons: dict[UUID, Person]) -> list[Line]:
    until = mandate.valid_to
    said, local = mandate.reference or _ANY, mandate.reference or _ANY
    lines = [
        Line(
            f"Mandate {said} from {mandate.valid_from}{f' until {until}' if until else ''}",
            f"授权书{local}，自{mandate.valid_from}起{f'，至{until}' if until else ''}",
        )
    ]
    for one in mandate.signatories:
        if one.person is None:
            lines.append(Line(f"{one.group}: whoever is {one.post}", f"{one.group}组：任{one.post}者"))
        else:
            person = persons[one.person]
            local = person.local_name or person.name
            lines.append(Line(f"{one.group}: {person.name}", f"{one.group}组：{local}"))
    return [*lines, *(_rule_line(rule) for rule in mandate.rules)]


def _rule_line(rule: Rule) -> Line:
    what = ", ".join(rule.operations)
    who = " / ".join(rule.signatures)
    if rule.up_to is not None and rule.currency is not None:
        limit = str(Amount(rule.up_to, rule.currency))
        return Line(f"{what} up to {limit}: {who} sign", f"{what}，{limit}以内：{who}签字")
    kind = rule.currency or "any currency"
    local = rule.currency or "任何货币"
    return Line(f"{what}, any amount in {kind}: {who} sign", f"{what}，{local}不限金额：{who}签字")


async def _execute(tx: Transaction, payload: bytes, approval: Approval) -> bytes:
    return msgspec.json.encode(await _give(tx, _act.decode(payload), str(approval.maker)))


register_command(
    GIVE_MANDATES,
    execute=_execute,
    describe=_describe,
    title_en="Give the say over a customer's accounts",
    title_zh="客户签字授权",
    maker=Scope.CUSTOMERS_WRITE,
    default=(Stage(who="bank:approvals:decide"),),
    least=1,
)
